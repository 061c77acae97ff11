"""Debian's Chromium without a screen and without a network, told what to do over a pipe.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from base64 import b64decode
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.lab.errors import LabError
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ANSWER_S = 60.0


def browser_unavailable() -> str | None:
    """Why there is none, None when there is."""
    return None if shutil.which("chromium") else "there is no chromium (apt install chromium)"


class Page:
    """A page that is open, and what went wrong on it."""

    def __init__(self, browser: _Pipe) -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        opened = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = opened["sessionId"]
        self.complaints: list[str] = []
        """What the console and the page's policy say."""
        self.requests: list[str] = []
        for part in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{part}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Have something done, and note what is told meanwhile."""
        result = self._browser.call(method, self._session, **parameters)
        for event in self._browser.events():
            self._note(event["method"], event["params"])
        return result

    def open(self, path: Path) -> None:
        """Load a file."""
        self.call("Page.navigate", url=path.as_uri())
        eventually(lambda: self.run("document.readyState") == "complete", "the page is loaded")
        # Before a page is drawn for the first time, nobody's clicks count.
        drawn = "new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))"
        self.call("Runtime.evaluate", expression=drawn, awaitPromise=True)

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Click with the mouse in the middle of an element."""
        x, y = self.run(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            " found.scrollIntoView({block: 'center'}); const at = found.getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", **button)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key that does something."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def screenshot(self, path: Path, *, width: int, height: int, dark: bool = False) -> None:
        """What it looks like."""
        look = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[look])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        path.write_bytes(b64decode(self.call("Page.captureScreenshot")["data"]))

    def _note(self, method: str, about: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(about["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(about["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(str(about["entry"]["text"]))
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"a dialog: {about['message']}")


@contextmanager
def open_page() -> Iterator[Page]:
    """A browser of its own with an empty page."""
    with TemporaryDirectory() as profile:
        browser = _Pipe(profile)
        try:
            yield Page(browser)
        finally:
            browser.end()


class _Pipe:
    """A browser that reads what to do on descriptor 3, and answers on 4."""

    def __init__(self, profile: str) -> None:
        told, self._tell = os.pipe()
        self._heard, answers = os.pipe()
        command = (
            "exec unshare --net chromium --headless --no-sandbox --disable-gpu --no-first-run"
            f" --remote-debugging-pipe --user-data-dir='{profile}' about:blank"
            f" 3<&{told} 4>&{answers}"
        )
        self._process = subprocess.Popen(
            ["bash", "-c", command],
            pass_fds=(told, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        os.close(told)
        os.close(answers)
        self._number = 0
        self._rest = b""
        self._events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._tell, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _ANSWER_S
        while (answer := self._next(end)).get("id") != self._number:
            if "method" in answer:
                self._events.append(answer)
        if "error" in answer:
            raise LabError(f"chromium: {method}: {answer['error']}")
        return answer["result"]

    def events(self) -> list[dict[str, Any]]:
        """What it told of by itself since the last time."""
        found, self._events = self._events, []
        return found

    def end(self) -> None:
        with suppress(OSError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        os.close(self._tell)
        os.close(self._heard)

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._heard], [], [], max(0, end - time.monotonic()))[0]:
                raise LabError(f"chromium did not answer within {_ANSWER_S:g} s")
            read = os.read(self._heard, 1 << 16)
            if not read:
                raise LabError("chromium has ended")
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found
