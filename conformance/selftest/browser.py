"""A headless Chromium on a pipe: enough of its DevTools protocol to look at one page."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = shutil.which("chromium")
DEADLINE = 60
# As seen by a reader of the page: no network but the file, no word on the console.
DOMAINS = ("Page", "Runtime", "Log", "Network")

# The browser reads commands from descriptor 3 and answers on 4.
ON_THREE_AND_FOUR = """
import fcntl, os, sys
moved = [fcntl.fcntl(int(word), fcntl.F_DUPFD_CLOEXEC, 10) for word in sys.argv[1:3]]
os.dup2(moved[0], 3)
os.dup2(moved[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    def __init__(self, profile):
        (commands, self.out), (self.inn, answers) = os.pipe(), os.pipe()
        argv = [PROGRAM, "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run"]
        argv += ["--no-sandbox"] if os.geteuid() == 0 else []
        argv += [f"--user-data-dir={profile}", "--disable-background-networking", "about:blank"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_THREE_AND_FOUR, str(commands), str(answers), *argv],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        os.close(commands)
        os.close(answers)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in DOMAINS:
            self.ask(f"{domain}.enable")

    def message(self, end):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.inn], [], [], max(0, end - time.monotonic()))
            assert ready, "nothing from the browser in time"
            chunk = os.read(self.inn, 1 << 20)
            assert chunk, "the browser has gone"
            self.buffer += chunk
        one, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(one)

    def ask(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data) :]
        end = time.monotonic() + DEADLINE
        while True:
            found = self.message(end)
            if found.get("id") == self.number:
                assert "error" not in found, f"{method}: {found['error']}"
                return found["result"]
            self.events.append(found)

    def wait_for(self, method):
        end = time.monotonic() + DEADLINE
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.message(end))

    def open(self, url):
        """Load a page from scratch, even if only the fragment differs."""
        for address in ("about:blank", url):
            self.events = []
            self.ask("Page.navigate", url=address)
            self.wait_for("Page.loadEventFired")

    def see(self, expression):
        """What an expression is worth once the page has been drawn again."""
        waiting = f"new Promise(r => requestAnimationFrame(() => setTimeout(() => r({expression}), 0)))"
        found = self.ask("Runtime.evaluate", expression=waiting, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key, code=0, text=""):
        more = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, kind="", **features):
        given = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.ask("Emulation.setEmulatedMedia", media=kind, features=given)

    def complaints(self):
        """What the page asked of the network, but for itself, and what the console heard."""
        ret = []
        for event in self.events:
            method, told = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith(("file:", "data:")):
                ret.append(told["request"]["url"])
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                ret.append(json.dumps(told)[:500])
        return ret

    def files(self):
        asked = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in asked if url.startswith("file:")]

    def close(self):
        with contextlib.suppress(AssertionError, OSError):
            self.session = None
            self.ask("Browser.close")
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.inn)
        os.close(self.out)


@contextlib.contextmanager
def browser():
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        one = Browser(profile)
        try:
            yield one
        finally:
            one.close()
