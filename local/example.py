"""`make example`: serves examples/student_app on an origin of its own, for the running stack."""

from pathlib import Path

from aiohttp import web

from local.stack_file import StackFile
from local.state import PROJECT
from tools import clients
from tools.openapi import DOCUMENT

FOLDER = PROJECT / "examples" / "student_app"


def application(stack: StackFile, client: Path) -> web.Application:
    """The app with the addresses of a stack; `client` is the folder of the TypeScript package.

    A team would install the package and let its own web server answer every page with index.html.
    """
    configuration = {
        "baseUrl": stack.base_url,
        "cognitoUrl": stack.aws_endpoint_url,
        "clientId": stack.cognito.client_id,
        "webSocketUrl": stack.web_socket_url,
        "checkoutScriptUrl": stack.checkout_script_url,
    }

    async def configure(_: web.Request) -> web.Response:
        return web.json_response(configuration)

    async def page(request: web.Request) -> web.FileResponse:
        name = request.match_info["path"]
        known = {file.name for file in FOLDER.iterdir()}
        return web.FileResponse(FOLDER / (name if name in known else "index.html"))

    app = web.Application()
    app.router.add_get("/configuration.json", configure)
    app.router.add_static("/modules/crash-course-client", client)
    app.router.add_static("/modules/openapi-fetch", clients.install() / "openapi-fetch")
    app.router.add_get("/{path:.*}", page)
    return app


def serve(stack: StackFile, port: int) -> None:
    """Until Ctrl-C."""
    package = clients.TARGET / "typescript"
    if not (made := clients.archive(package)).exists() or made.stat().st_mtime < DOCUMENT.stat().st_mtime:
        clients.write_typescript(package)
    print(f"The student app: http://127.0.0.1:{port}")
    web.run_app(application(stack, package), host="127.0.0.1", port=port, print=None)
