"""
Debian's Firefox, driven by the tests over WebDriver BiDi: open a file, run a script, hand in files, see what it asked for.

Each browser has a profile of its own that is deleted with it, and may not reach the network. What it can not do:
work the browser's own dialogs (for a folder, see `Firefox.set_folder`).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests import tools


TIMEOUT = 120.0  # only against hanging
_READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_EVENTS = ["network.beforeRequestSent", "log.entryAdded"]
# A proxy that is not there: whatever the page asks the network for fails at once, and nothing leaves the machine.
_PREFERENCES: dict[str, bool | int | str] = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.allow_hijacking_localhost": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_open_during_load": False,
    "security.dialog_enable_delay": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


# A dialog for files that chooses one folder by itself, put in the place of the browser's own.
_PICKER = """
(() => {
  const uuid = Services.uuid.generateUUID();
  const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  file.initWithPath(@@PATH@@);
  const picker = {
    QueryInterface: ChromeUtils.generateQI(["nsIFilePicker"]),
    init() {}, appendFilters() {}, appendFilter() {}, appendRawFilter() {}, close() {},
    isModeSupported() { return Promise.resolve(true); },
    defaultString: "", defaultExtension: "", filterIndex: 0, displayDirectory: null, displaySpecialDirectory: "",
    addToRecentDocs: false, okButtonLabel: "", capture: 0, file, fileURL: null,
    get files() { return [file][Symbol.iterator](); },
    open(callback) { Services.tm.dispatchToMainThread(() => callback.done(Ci.nsIFilePicker.returnOK)); },
  };
  const factory = { createInstance: (iid) => picker.QueryInterface(iid), QueryInterface: ChromeUtils.generateQI(["nsIFactory"]) };
  Components.manager.QueryInterface(Ci.nsIComponentRegistrar)
    .registerFactory(uuid, "", "@mozilla.org/filepicker;1", factory);
})()
"""

_CONSENT = """
(async () => {
  for (let turn = 0; turn < 4000; turn++) {
    for (const frame of document.querySelectorAll("browser.dialogFrame[name]")) {
      const dialog = frame.contentDocument?.querySelector("dialog");
      if (!dialog?._buttons || dialog.getButton("accept").disabled) continue;
      return void dialog.getButton("accept").click();
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error("Firefox did not ask whether the folder may be read");
})()
"""


class FirefoxError(Exception):
    """The browser refused a command, or a script in it threw."""


class Firefox:
    """One browser with one window. Make it with `running`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._number = 0
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=_EVENTS)
        self.context: str = self.call("browsingContext.getTree", maxDepth=0)["contexts"][0]["context"]

    def call(self, method: str, *, within: float = TIMEOUT, **params: Any) -> dict[str, Any]:
        """Run one command of WebDriver BiDi and give its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        end = time.monotonic() + within
        while True:
            try:
                answer = self._answers.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"Firefox did not answer {method} within {within} s") from None
            # An answer that came too late for an earlier command is nobody's.
            if answer.get("id") == self._number:
                break
        if answer["type"] == "error":
            raise FirefoxError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def open(self, path: Path | str, *, within: float = TIMEOUT) -> None:
        """Open a file (or an address) and wait until it is loaded; what was asked before is forgotten."""
        self.asked.clear()
        self.complaints.clear()
        url = path.absolute().as_uri() if isinstance(path, Path) else path
        self.call("browsingContext.navigate", context=self.context, url=url, wait="complete", within=within)

    def run(self, expression: str, *, within: float = TIMEOUT) -> Any:
        """Run an expression of the page's (a promise is awaited) and give its value, as JSON has it."""
        expression = f"Promise.resolve({expression}).then((value) => JSON.stringify(value) ?? 'null')"
        return json.loads(self._evaluate(expression, {"context": self.context}, within)["value"])

    def wait(self, expression: str, *, within: float = TIMEOUT) -> Any:
        """Run an expression again and again until it is true, and give what it then is."""
        end = time.monotonic() + within
        while not (found := self.run(expression, within=within)):
            if time.monotonic() > end:
                raise TimeoutError(f"not within {within} s: {expression}")
            time.sleep(0.05)
        return found

    def text(self, selector: str) -> str:
        """Give the visible text of an element."""
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def set_files(self, selector: str, *paths: Path) -> None:
        """Choose files in an ``<input type=file>``, as if by its dialog; the page hears ``input`` and ``change``."""
        self.call(
            "input.setFiles",
            context=self.context,
            element={"sharedId": self._node(selector)},
            files=[str(path.absolute()) for path in paths],
        )

    def set_folder(self, selector: str, path: Path) -> None:
        """Choose a folder in an ``<input webkitdirectory>``: BiDi knows no way, so its dialog is answered for it."""
        chrome = self.call("browsingContext.getTree", maxDepth=0, **{"moz:scope": "chrome"})["contexts"]
        answer = _PICKER.replace("@@PATH@@", json.dumps(str(path.absolute())))
        target = {"context": chrome[0]["context"]}
        self._evaluate(answer, target)
        self.run(f"document.querySelector({json.dumps(selector)}).click()")
        # Firefox asks once more whether all files of the folder may be read.
        self._evaluate(_CONSENT, target)

    def press(self, selector: str) -> None:
        """Click the middle of an element with a real pointer."""
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": self._shared(selector)}},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'center' }})")
        actions = [{"type": "pointer", "id": "mouse", "actions": steps}]
        self.call("input.performActions", context=self.context, actions=actions)

    def viewport(self, width: int, height: int) -> None:
        """Give the page a size, in its own pixels."""
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        """Write a picture (PNG) of the whole page, or of what the window shows."""
        origin = "document" if whole else "viewport"
        shot = self.call("browsingContext.captureScreenshot", context=self.context, origin=origin)
        path.write_bytes(base64.b64decode(shot["data"]))

    def network(self) -> list[str]:
        """Give every address that was asked for since the page was opened, other than the page and what lies in it."""
        return [url for url in self.asked if not url.startswith(("file:", "blob:", "data:", "about:"))]

    def _evaluate(self, expression: str, target: dict[str, str], within: float = TIMEOUT) -> dict[str, Any]:
        result = self.call(
            "script.evaluate",
            expression=expression,
            target=target,
            awaitPromise=True,
            userActivation=True,
            within=within,
        )
        if result["type"] == "exception":
            raise FirefoxError(result["exceptionDetails"]["text"])
        return result["result"]

    def _shared(self, selector: str) -> dict[str, str]:
        return {"sharedId": self._node(selector)}

    def _node(self, selector: str) -> str:
        locator = {"type": "css", "value": selector}
        nodes = self.call("browsingContext.locateNodes", context=self.context, locator=locator)["nodes"]
        if not nodes:
            raise FirefoxError(f"there is no element {selector}")
        return nodes[0]["sharedId"]

    def _listen(self) -> None:
        with contextlib.suppress(Exception):
            for raw in self._socket:
                told = json.loads(raw)
                if told["type"] != "event":
                    self._answers.put(told)
                elif told["method"] == "network.beforeRequestSent":
                    self.asked.append(told["params"]["request"]["url"])
                elif told["params"]["level"] in {"error", "warn"}:
                    self.complaints.append(told["params"]["text"])


@contextlib.contextmanager
def running() -> Iterator[Firefox]:
    """Start a browser without a window; when this ends, it and its profile are gone."""
    program = tools.need("firefox-esr")
    profile = Path(tempfile.mkdtemp(prefix="tamizdat-firefox-"))
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines))
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    command.append("--remote-allow-system-access")
    # Its home is the profile: it leaves nothing in the user's.
    world = os.environ | {"HOME": str(profile), "XDG_CACHE_HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
    process = subprocess.Popen(
        [*command, "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=world,
        start_new_session=True,
    )
    try:
        # A browser that stands still for a while is not a dead one: no pings, which are to be answered in time.
        calm = {"open_timeout": TIMEOUT, "close_timeout": TIMEOUT, "ping_interval": None}
        with connect(f"{_address(process)}/session", max_size=None, compression=None, proxy=None, **calm) as socket:
            browser = Firefox(socket)
            yield browser
            with contextlib.suppress(Exception):
                browser.call("browser.close", within=5)
    finally:
        _end(process)
        shutil.rmtree(profile, ignore_errors=True)


def _address(process: subprocess.Popen[bytes]) -> str:
    """Read where it listens from what it says, and go on reading so that it never waits for us."""
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        said = []
        for line in process.stderr or ():
            said.append(line.decode(errors="replace"))
            if match := _READY.search(said[-1]):
                found.put(match[1])
        found.put(f"Firefox ended: {''.join(said)[-400:]}")

    threading.Thread(target=read, daemon=True).start()
    try:
        address = found.get(timeout=TIMEOUT)
    except queue.Empty:
        raise TimeoutError(f"Firefox did not start within {TIMEOUT} s") from None
    if not address.startswith("ws:"):
        raise FirefoxError(address)
    return address


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr:
        process.stderr.close()
