"""The video servers by their HTTP API, from server to server; a page waits for it, so it never waits long."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from booking.integrations.video_node.port import NodeAnswer, NodeRefused, NodeUnreachable

CONNECT_SECONDS = 1.5
"""A server that is there takes a call at once, or after a second when the first packet was lost."""

SECONDS = 4.0
"""An answer takes 50 ms; after four seconds a page may rather try again."""

MOST_BYTES = 512 * 1024


class HttpVideoNodes:
    """``addresses`` is name → address such as http://127.0.0.1:8001; ``key`` is the secret shared with the servers,
    the newest first where there are several.
    """

    def __init__(self, addresses: Mapping[str, str], key: str) -> None:
        self._addresses = dict(addresses)
        self._key = key.partition(",")[0].strip()
        self.names = tuple(self._addresses)

    def offer(self, node: str, *, room: str, seat_ticket: str, sdp: str) -> NodeAnswer:
        """Seat the ticket's holder. Raises NodeRefused, NodeUnreachable."""
        body = {"ticket": seat_ticket, "sdp": sdp}
        answer = self._ask(node, "POST", f"/rooms/{quote(room)}/seats", body)
        try:
            return NodeAnswer(
                answer["sdp"], answer["seat"], answer["connection"], answer.get("participants", [])
            )
        except (KeyError, TypeError, AttributeError):
            raise NodeUnreachable("an answer without its parts") from None

    def put_out(
        self,
        node: str,
        *,
        room: str,
        seat: str,
        removed: bool,
        epoch: int = 0,
        connection: str | None = None,
    ) -> None:
        """Close a seat's connection, or only that one; ``removed`` voids tickets before ``epoch``.

        Raises NodeRefused (404 when nobody is there, or another connection) and NodeUnreachable.
        """
        asked = {"reason": "removed", "epoch": str(epoch)} if removed else {"reason": "left"}
        if connection is not None:
            asked["connection"] = connection
        self._ask(node, "DELETE", f"/rooms/{quote(room)}/seats/{quote(seat)}?{urlencode(asked)}")

    def end_room(self, node: str, *, room: str) -> None:
        """Close the room. Raises NodeRefused, NodeUnreachable."""
        self._ask(node, "DELETE", f"/rooms/{quote(room)}")

    def is_alive(self, node: str) -> bool:
        """Whether it answers at all and at once; also one that is about to stop is alive."""
        try:
            self._ask(node, "GET", "/health", seconds=CONNECT_SECONDS)
        except NodeUnreachable:
            return False
        except NodeRefused:
            return True
        return True

    def _ask(
        self,
        node: str,
        method: str,
        path: str,
        body: dict[str, str] | None = None,
        seconds: float | None = None,
    ) -> Any:
        if node not in self._addresses:
            raise NodeUnreachable(f"no video server is called {node}")
        address = urlsplit(self._addresses[node])
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=CONNECT_SECONDS)
        headers = {"Accept": "application/json"}
        if body is None:
            headers["Authorization"] = f"Bearer {self._key}"
        else:
            headers["Content-Type"] = "application/json"
        try:
            connection.connect()
            connection.sock.settimeout(seconds or SECONDS)
            connection.request(method, address.path + path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            text = response.read(MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise NodeUnreachable(type(error).__name__) from None
        finally:
            connection.close()
        if response.status >= 400:
            raise NodeRefused(response.status, _word(text), _seconds(response.getheader("Retry-After")))
        return _read(text)


def _read(text: bytes) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        raise NodeUnreachable("an answer that is no JSON") from None


def _word(text: bytes) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
