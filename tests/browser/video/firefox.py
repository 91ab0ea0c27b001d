"""Debian's Firefox over WebDriver BiDi: no geckodriver, no package, as much of the protocol as one visit needs.

Playwright brings a Firefox of its own making only. The connection lives on a thread, as Playwright has the tests' own.
https://w3c.github.io/webdriver-bidi/
"""

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

PREFERENCES = {
    "intl.accept_languages": "nb-NO, nb",
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,  # nobody is there to be asked
    "media.peerconnection.ice.obfuscate_host_addresses": True,  # addresses of this machine become «….local»
}
PATIENCE = 20.0
"""Seconds for one command."""


class Firefox:
    """A running browser. Not for two threads at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._on_loop(self._connect())
        self.command("session.new", {"capabilities": {}})

    def _on_loop(self, act: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(PATIENCE + 5)

    async def _connect(self) -> None:
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(f"{self._address}/session", max_msg_size=0)
        self._listening = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if waiting := self._waiting.pop(told.get("id") or -1, None):
                waiting.set_result(told)

    async def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        answer = self._waiting[self._number] = self._loop.create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, PATIENCE)
        assert told["type"] == "success", (method, told)
        result: dict[str, Any] = told["result"]
        return result

    def command(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """A command's result. AssertionError for a refused one."""
        result: dict[str, Any] = self._on_loop(self._ask(method, parameters))
        return result

    def open(self, script: str) -> "Tab":
        """A tab; ``script`` runs in each of its pages before any of theirs."""
        context = self.command("browsingContext.create", {"type": "tab"})["context"]
        self.command(
            "script.addPreloadScript", {"functionDeclaration": f"() => {{ {script} }}", "contexts": [context]}
        )
        return Tab(self, context)

    def close(self) -> None:
        async def hang_up() -> None:
            await self._socket.close()
            await self._listening
            await self._http.close()

        self._on_loop(hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


class Tab:
    """One page of it."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    def goto(self, address: str) -> None:
        self._firefox.command(
            "browsingContext.navigate", {"context": self._context, "url": address, "wait": "complete"}
        )

    def evaluate(self, function: str, argument: object = None) -> Any:
        """What a JavaScript function returns for ``argument``, as if somebody had just touched the page."""
        result = self._firefox.command(
            "script.callFunction",
            {
                "functionDeclaration": f"async text => JSON.stringify((await ({function})(JSON.parse(text))) ?? null)",
                "arguments": [{"type": "string", "value": json.dumps(argument)}],
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def wait_for(self, function: str, argument: object = None) -> Any:
        """The first truth that a function returns; asked again on the next page, too, if one comes meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if found := self.evaluate(function, argument):
                    return found
            except AssertionError as gone:
                # Between two pages there is none that could answer.
                if "no such" not in str(gone) and "unknown error" not in str(gone):
                    raise
            assert time.monotonic() < end, (function, self.evaluate("() => document.body.innerText"))
            time.sleep(0.05)

    def press(self, words: str) -> None:
        """Press the first link or button that says ``words``, as soon as it is there."""
        self.wait_for(
            """words => {
              const all = [...document.querySelectorAll('a, button')];
              const one = all.find(({ innerText }) => innerText.includes(words));
              one?.click();
              return Boolean(one);
            }""",
            words,
        )


@contextmanager
def a_firefox(program: str, folder: Path) -> Iterator[Firefox]:
    """Started with a fresh profile in ``folder``, ended afterwards."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    place, log = folder / "WebDriverBiDiServer.json", folder / "firefox.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0"],
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + 60
        while not place.exists() or "}" not in place.read_text():
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)
        told = json.loads(place.read_text())
        firefox = Firefox(f"ws://{told['ws_host']}:{told['ws_port']}")
        yield firefox
        firefox.close()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
