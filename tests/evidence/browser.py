"""A headless Chromium, driven over its debugging pipe: JSON that ends with a zero byte, on fds 3 and 4."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 40
MOVE_PIPES = (
    "import os, sys; a, b, *command = sys.argv[1:]; os.dup2(int(a), 3); os.dup2(int(b), 4); "
    "os.execv(command[0], command)"
)


class Browser(contextlib.AbstractContextManager["Browser"]):
    """One browser with one page; `complaints` is whatever the page logged or threw, or the policy refused."""

    def __init__(self, profile: Path) -> None:
        theirs_in, ours_out = map(_high, os.pipe())
        ours_in, theirs_out = map(_high, os.pipe())
        command = [
            sys.executable, "-c", MOVE_PIPES, str(theirs_in), str(theirs_out), CHROMIUM or "", "--headless",
            "--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
            f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._held, self._number = ours_in, ours_out, b"", 0
        self._events: list[dict[str, Any]] = []
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for part in ("Page", "Runtime", "Log"):
            self.call(f"{part}.enable")

    def __exit__(self, *error: object) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(timeout=PATIENCE_S)

    def open(self, html: str, path: Path) -> None:
        """Write a page and load it."""
        path.write_text(html, "utf-8")
        self._events.clear()
        self.call("Page.navigate", url=path.as_uri())
        self._wait(lambda: any(event["method"] == "Page.loadEventFired" for event in self._events))

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    @property
    def complaints(self) -> list[str]:
        loud = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self._events if event["method"] in loud]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer."""
        self._number += 1
        number = self._number
        row = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._out, json.dumps(row).encode() + b"\0")
        answers: list[dict[str, Any]] = []
        self._wait(lambda: bool(answers), number, answers)
        assert "error" not in answers[0], (method, answers[0])
        return answers[0]["result"]

    def _wait(self, is_there: Any, number: int = 0, answers: list[dict[str, Any]] | None = None) -> None:
        end = time.monotonic() + PATIENCE_S
        while not is_there():
            left = end - time.monotonic()
            assert left > 0 and select.select([self._in], [], [], left)[0], "the browser is silent"
            read = os.read(self._in, 1 << 20)
            assert read, "the browser is gone"
            *rows, self._held = (self._held + read).split(b"\0")
            for row in map(json.loads, rows):
                if answers is not None and row.get("id") == number:
                    answers.append(row)
                elif "method" in row:
                    self._events.append(row)


def _high(fd: int) -> int:
    """The same file under a number that is not in the way of 3 and 4."""
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return copy
