"""The console's files: the page with its policy, and the scripts, styles and libraries that it loads."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from functions.console.models import SignInConfiguration, StaticFile
from shared.errors import NotFound

HERE = Path(__file__).parent
FOLDERS = (HERE / "static", HERE / "libraries")
CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
MODULES = {
    "htm": "htm.js",
    "jwt-decode": "jwt-decode.js",
    "oidc-client-ts": "oidc-client-ts.js",
    "preact": "preact.js",
    "preact/hooks": "preact-hooks.js",
    "@preact/signals": "preact-signals.js",
    "@preact/signals-core": "preact-signals-core.js",
}
"""The libraries by the names that modules import them with."""


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file but the page, by its name."""
    found = sorted(path for folder in FOLDERS for path in folder.iterdir() if path.suffix in CONTENT_TYPES)
    return {path.name: StaticFile(path.read_bytes(), CONTENT_TYPES[path.suffix]) for path in found}


@cache
def version() -> str:
    """Changes with any file, so that each file can be kept under its address for good."""
    total = hashlib.sha256()
    for name, file in static_files().items():
        total.update(f"{name}\0{hashlib.sha256(file.content).hexdigest()}\n".encode())
    return total.hexdigest()[:16]


def find_file(name: str) -> StaticFile:
    """Raises NotFound."""
    file = static_files().get(name)
    if file is None:
        raise NotFound("file")
    return file


def page(configuration: SignInConfiguration) -> str:
    """The page, which names the files of this version."""
    return Template((HERE / "page.html").read_text()).substitute(
        version=version(),
        configuration=configuration.model_dump_json(by_alias=True).replace("<", "\\u003c"),
        import_map=import_map(),
    )


@cache
def import_map() -> str:
    """Addresses beside the page, whatever comes before its path."""
    imports = {name: f"./console/{version()}/{file}" for name, file in MODULES.items()}
    return json.dumps({"imports": imports})


def content_security_policy(configuration: SignInConfiguration, further_origins: str) -> str:
    """Nothing but our own files runs; requests go to the API, the issuer and `further_origins` (separated by spaces).

    The import map is the one inline script, allowed by its hash. Trusted Types make the browser refuse text as markup.
    """
    digest = base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()
    origins = [_origin(configuration.issuer), _origin(configuration.metadata_url), *further_origins.split()]
    directives = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{digest}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": " ".join(["'self'", *dict.fromkeys(origins)]),
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
