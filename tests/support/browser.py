"""Drives a headless chromium over its DevTools protocol: real keys, real clicks, pictures."""

import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 20.0  # seconds for one command on a busy machine
_CODES = {"Enter": 13, "Tab": 9, "Escape": 27, "Backspace": 8, " ": 32, "/": 191, "Home": 36, "End": 35}
_CODES |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
_MODIFIERS = {"alt": 1, "ctrl": 2, "meta": 4, "shift": 8}
_UNTIL = """new Promise((done) => {
  const ends = performance.now() + %d;
  const look = () => {
    let found = null;
    try { found = (%s); } catch { /* not there yet */ }
    if (found || performance.now() > ends) done(found instanceof Node || found);
    else setTimeout(look, 10);
  };
  look();
})"""


class PageFailed(AssertionError):
    """The page threw, or what was waited for did not come."""


class Page:
    """One tab. For one thread."""

    def __init__(self, socket: Connection, session: str) -> None:
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []  # exceptions, console errors and refusals by the page's policy
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result; what the page complains of meanwhile is collected."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params, "sessionId": self._session}
        self._socket.send(json.dumps(message))
        while True:
            heard = json.loads(self._socket.recv(PATIENCE))
            if heard.get("id") == number:
                if "error" in heard:
                    raise PageFailed(f"{method}: {heard['error']['message']}")
                return heard["result"]
            self._listen(heard)

    def _listen(self, heard: dict[str, Any]) -> None:
        params = heard.get("params", {})
        if heard.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:600])
        elif heard.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])

    def run(self, expression: str) -> Any:
        """The value of an expression, of its promise if it is one."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise PageFailed(json.dumps(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 10.0) -> Any:
        """The value of an expression once it is true."""
        found = self.run(_UNTIL % (seconds * 1000, expression))
        if not found:
            raise PageFailed(f"did not come: {expression}; {self.complaints}")
        return found

    def text(self, selector: str) -> str:
        """What an element says."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).textContent"))

    def open(self, url: str, ready: str) -> None:
        """Load a page and wait until an expression is true in it."""
        self.send("Page.navigate", url=url)
        self.until(f"location.href !== 'about:blank' && document.readyState === 'complete' && ({ready})")

    def type(self, text: str) -> None:
        """Type letter by letter."""
        for letter in text:
            self.key("Enter" if letter == "\n" else letter)

    def paste(self, text: str) -> None:
        """Put a text in at the cursor at once, as an input method does."""
        self.send("Input.insertText", text=text)

    def key(self, name: str, *modifiers: str) -> None:
        """Press and release one key."""
        mask = sum(_MODIFIERS[modifier] for modifier in modifiers)
        plain = not {"ctrl", "alt", "meta"} & set(modifiers)
        typed = {"Enter": "\r"}.get(name, name if len(name) == 1 else "") if plain else ""
        # Where a sign is on a keyboard differs, and its own number is some other key's.
        code = _CODES.get(name) or (ord(name.upper()) if name.isalnum() else 0)
        given = {"key": name, "modifiers": mask, "windowsVirtualKeyCode": code}
        commands = {"commands": ["undo"]} if (name, mask) == ("z", 2) else {}
        kind = "keyDown" if typed else "rawKeyDown"
        self.send("Input.dispatchKeyEvent", type=kind, text=typed, **given, **commands)
        self.send("Input.dispatchKeyEvent", type="keyUp", **given)

    def click(self, selector: str, *modifiers: str) -> None:
        """Click in the middle of an element."""
        box = self.run(
            f"(({{left, top, width, height}}) => [left + width / 2, top + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        self.click_at(*box, *modifiers)

    def point_at(self, x: float, y: float) -> None:
        """Move the pointer."""
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click_at(self, x: float, y: float, *modifiers: str) -> None:
        """Click at a place of the window."""
        mask = sum(_MODIFIERS[modifier] for modifier in modifiers)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            given = {"x": x, "y": y, "button": "left", "clickCount": 1, "modifiers": mask}
            self.send("Input.dispatchMouseEvent", type=kind, **given)

    def look(self, scheme: str, width: int = 1280, height: int = 800) -> None:
        """Prefer a colour scheme ("dark", "light") and have a size."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self, file: Path) -> None:
        """Save what is seen."""
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """Chromium without a window and with an empty profile, one blank tab open."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    command += [f"--user-data-dir={profile}", "--no-first-run", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = (line.partition("DevTools listening on ")[2].strip() for line in process.stderr)
        address = next((address for address in said if address), "")
        assert address, "chromium did not start"
        with connect(address, max_size=None, compression=None) as socket:
            yield Page(socket, _attach(socket))
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _attach(socket: Connection) -> str:
    def ask(method: str, **params: Any) -> Any:
        socket.send(json.dumps({"id": 0, "method": method, "params": params}))
        while "result" not in (heard := json.loads(socket.recv(PATIENCE))):
            pass
        return heard["result"]

    targets = ask("Target.getTargets")["targetInfos"]
    page = next(target["targetId"] for target in targets if target["type"] == "page")
    return str(ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"])
