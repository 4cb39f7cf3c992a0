"""Headless Chromium by its DevTools protocol: https://chromedevtools.github.io/devtools-protocol/."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import requests
from websockets.sync.client import ClientConnection, connect

from tests.programs import program
from tools import npm_packages

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}
SECONDS = 120
"""How long a condition may take on a busy machine."""


class Page:
    """One tab. Conditions are JavaScript, waited for inside the page; nothing sleeps."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._serial = count(1)
        self.complaints: list[str] = []
        """What the console and the network have said that is an error."""
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._serial)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv(SECONDS))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(message["params"]["exceptionDetails"]))
        elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.complaints.append(json.dumps(message["params"]["entry"]))

    def run(self, expression: str) -> Any:
        """The value of an expression, awaited; raises AssertionError with what it threw."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        self.command("Page.navigate", url=url)
        self.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def until(self, condition: str) -> Any:
        """The first true value of a condition, which may be asked again in another document after a navigation."""
        deadline = time.monotonic() + SECONDS
        asked = f"""new Promise(done => {{
          const end = performance.now() + 1000
          const look = () => {{
            const found = (() => {condition})()
            if (found || performance.now() > end) done(found instanceof Node || found)
            else requestAnimationFrame(look)
          }}
          look()
        }})"""
        while time.monotonic() < deadline:
            try:
                if found := self.run(asked):
                    return found
            except AssertionError as error:
                if "context" not in str(error) and "navigated" not in str(error):  # gone with its document
                    raise
        raise AssertionError(f"never true: {condition}; the page says:\n{self.run('document.body.innerText')}")

    def click(self, text: str, within: str = "body", beside: str = "") -> None:
        """Click, as a mouse does, the button, link or summary with this text, in an element that also says `beside`.

        A list that loads may move it away at the last moment, so who clicks looks whether it was met.
        """
        find = f"""{{
          const text = {json.dumps(text)}
          const named = each => each.checkVisibility() && !each.disabled && each.innerText.trim() === text
          const found = [...document.querySelectorAll({json.dumps(within)})]
            .filter(box => box.innerText.includes({json.dumps(beside)}))
            .flatMap(box => [...box.querySelectorAll("button, a, summary")]).find(named)
          if (!found) return null
          found.scrollIntoView({{ block: "center" }})
          const box = found.getBoundingClientRect()
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
          if (!found.contains(document.elementFromPoint(x, y))) return null
          window.missed = true
          document.addEventListener("click", ({{ target }}) => {{
            if (named(target.closest("button, a, summary") ?? document.body)) delete window.missed
          }}, {{ capture: true, once: true }})
          return [x, y]
        }}"""
        while True:
            x, y = self.until(find)
            for kind in ("mousePressed", "mouseReleased"):
                self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
            try:
                if not self.run("window.missed"):
                    return
            except AssertionError:
                return  # gone with its document, so it was met

    def type(self, text: str) -> None:
        """Into what has the focus."""
        self.command("Input.insertText", text=text)

    def press(self, key: str) -> None:
        code = KEYS[key]
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.command(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )  # fmt: skip

    def violations(self) -> list[str]:
        """What axe finds wrong on this page (WCAG A and AA, and best practices), as `rule: element`."""
        folder = npm_packages.install("api_linters", "getting axe-core", lambda _: None)
        self.run((folder / "axe-core" / "axe.min.js").read_text() + "; undefined")
        return self.run("""axe.run().then(({ violations }) =>
          violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.target}`)))""")

    def look_like(self, width: int, height: int, scheme: str = "light") -> None:
        phone = width < 500
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", features=features)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(folder: Path) -> Generator[Page]:
    """A Chromium of its own, with a profile below `folder`."""
    with (folder / "chromium.log").open("wb") as log:
        command = [program("chromium"), *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with connect(_first_page(folder, process), max_size=None, compression=None) as socket:
            yield Page(socket)
    finally:
        _end(process)


def _first_page(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    """The DevTools address of the blank page that it starts with."""
    file = folder / "profile" / "DevToolsActivePort"

    def listens() -> str | None:
        assert process.poll() is None, (folder / "chromium.log").read_text()
        return file.read_text() if file.exists() else None

    port = _eventually(listens).split("\n", 1)[0]
    targets = f"http://127.0.0.1:{port}/json/list"
    return _eventually(
        lambda: next((each["webSocketDebuggerUrl"] for each in requests.get(targets, timeout=SECONDS).json()), None)
    )


def _eventually[T](look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    process.wait(SECONDS)
    for child in children:
        if child.is_running():
            child.kill()
