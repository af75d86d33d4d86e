"""A headless Chromium driven through its own pipe (the DevTools protocol), to prove pages; no driver needed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
]
PATIENCE_S = 60.0


class Page:
    """One tab.

    Attributes:
        requested: addresses asked for so far.
        complaints: texts of blocked contents, failed requests and uncaught errors so far.
    """

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from, self._buffer, self._sent, self._session = to_browser, from_browser, b"", 0, ""
        self.requested: list[str] = []
        self.complaints: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """Sends one command and returns its result."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._sent:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._note(answer)

    def _receive(self) -> Any:
        while b"\0" not in self._buffer:
            more = os.read(self._from, 1 << 20)
            assert more, "the browser has ended"
            self._buffer += more
        first, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(first)

    def _note(self, event: Any) -> None:
        told = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requested.append(told["request"]["url"])
        elif event.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))

    def value(self, expression: str) -> Any:
        """What a JavaScript expression evaluates to; promises are awaited."""
        found = self("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> Any:
        """The expression's value once it is truthy."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := self.value(expression):
                return found
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}; complaints: {self.complaints}")

    def click(self, selector: str, across: float, down: float) -> None:
        """A click of the mouse at a share of an element's width and height."""
        self.value(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
        box = self.value(f"document.querySelector('{selector}').getBoundingClientRect().toJSON()")
        place = {"x": box["left"] + across * box["width"], "y": box["top"] + down * box["height"]}
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def screenshot(self, path: Path, width: int, dark: bool = False) -> None:
        """The whole page as a picture."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self("Emulation.setEmulatedMedia", features=features)
        self("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        picture = self("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))


def _pipe() -> tuple[int, int]:
    """Read and write end, by high numbers: 3 and 4 are where the browser reads and writes."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 64) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]


class NoBrowserError(RuntimeError):
    """There is no Chromium on this machine; says how to get one."""


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A page of a fresh browser, which is ended afterwards.

    Args:
        folder: for its profile and its log.

    Raises:
        NoBrowserError: there is none.
    """
    program = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if program is None:
        raise NoBrowserError("no Chromium here; `apt-get install chromium` brings one")
    its_input, to_browser = _pipe()
    from_browser, its_output = _pipe()
    with (folder / "browser.log").open("wb") as log:
        ends = [(its_input, 3), (its_output, 4), (log.fileno(), 1), (log.fileno(), 2)]
        actions = [(os.POSIX_SPAWN_DUP2, ours, its) for ours, its in ends]
        arguments = [program, *FLAGS, f"--user-data-dir={folder / 'profile'}"]
        process = os.posix_spawn(program, arguments, dict(os.environ), file_actions=actions, setpgroup=0)
    os.close(its_input)
    os.close(its_output)
    try:
        yield Page(to_browser, from_browser)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(to_browser)
        os.close(from_browser)
