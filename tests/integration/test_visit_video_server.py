"""The way to the video server: what is sent, what is made of its answers, and of silence; and the child process."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from booking import video_process
from booking.integrations.video_node import http
from booking.integrations.video_node.http import HttpVideoNodes
from booking.integrations.video_node.port import NodeAnswer, NodeRefused, NodeUnreachable
from booking.settings import UnsafeSettings, load_settings

KEY = "k" * 40


class Answering(BaseHTTPRequestHandler):
    """Answers what the test has laid out, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str, str | None, Any]]] = []
    answer: ClassVar[tuple[int, bytes, dict[str, str]]] = (200, b"{}", {})

    def handle_any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        type(self).asked.append((self.command, self.path, self.headers.get("Authorization"), body))
        status, text, headers = type(self).answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_DELETE = handle_any  # noqa: N815  the names are the protocol's

    def log_message(self, *_args: Any) -> None:
        """Not on the tests' output."""


@pytest.fixture
def server() -> Iterator[type[Answering]]:
    Answering.asked = []
    listening = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    Answering.port = listening.server_port  # type: ignore[attr-defined]
    yield Answering
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def nodes(server: Any) -> HttpVideoNodes:
    return HttpVideoNodes({"1": f"http://127.0.0.1:{server.port}"}, KEY)


def test_an_offer_carries_the_ticket_and_not_the_key(server: Any, nodes: HttpVideoNodes) -> None:
    server.answer = (200, b'{"sdp": "v=0", "seat": "patient", "connection": "c", "participants": []}', {})
    answer = nodes.offer("1", room="r", seat_ticket="t", sdp="o")
    assert answer == NodeAnswer("v=0", "patient", "c", [])
    assert server.asked == [("POST", "/rooms/r/seats", None, {"ticket": "t", "sdp": "o"})]


def test_the_server_key_goes_with_what_only_we_may_do(server: Any, nodes: HttpVideoNodes) -> None:
    server.answer = (204, b"", {})
    nodes.put_out("1", room="r", seat="guest-1", removed=True, epoch=3)
    nodes.put_out("1", room="r", seat="patient", removed=False)
    nodes.put_out("1", room="r", seat="patient", removed=False, connection="a&b")
    nodes.end_room("1", room="r")
    assert [asked[:3] for asked in server.asked] == [
        ("DELETE", "/rooms/r/seats/guest-1?reason=removed&epoch=3", f"Bearer {KEY}"),
        ("DELETE", "/rooms/r/seats/patient?reason=left", f"Bearer {KEY}"),
        ("DELETE", "/rooms/r/seats/patient?reason=left&connection=a%26b", f"Bearer {KEY}"),
        ("DELETE", "/rooms/r", f"Bearer {KEY}"),
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((429, b'{"error": "too_many_offers"}', {"Retry-After": "7"}), (429, "too_many_offers", 7)),
        ((503, b'{"error": "full"}', {}), (503, "full", None)),
        ((500, b"<html>", {}), (500, "unknown", None)),
        ((403, b"[]", {"Retry-After": "soon"}), (403, "unknown", None)),
    ],
)
def test_a_refusal_is_read(server: Any, nodes: HttpVideoNodes, answer: Any, told: Any) -> None:
    server.answer = answer
    with pytest.raises(NodeRefused) as refused:
        nodes.offer("1", room="r", seat_ticket="t", sdp="o")
    assert (refused.value.status, refused.value.word, refused.value.retry_after) == told


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1]", b"no JSON", b'{"sdp": "v=0"}', b'{"sdp": "v=0", "seat": "patient"}']
)
def test_an_answer_that_is_none_counts_as_silence(server: Any, nodes: HttpVideoNodes, text: bytes) -> None:
    server.answer = (200, text, {})
    with pytest.raises(NodeUnreachable):
        nodes.offer("1", room="r", seat_ticket="t", sdp="o")


def test_nobody_there_and_nobody_of_that_name() -> None:
    nodes = HttpVideoNodes({"1": "http://127.0.0.1:9"}, KEY)
    for name in ("1", "2"):
        with pytest.raises(NodeUnreachable):
            nodes.end_room(name, room="r")


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SECONDS", 0.05)
    silent = HTTPServer(("127.0.0.1", 0), Answering)  # it listens, and nobody serves
    try:
        with pytest.raises(NodeUnreachable):
            HttpVideoNodes({"1": f"http://127.0.0.1:{silent.server_port}"}, KEY).end_room("1", room="r")
    finally:
        silent.server_close()


class FakeApp:
    def __init__(self, settings: Any) -> None:
        self.extensions: dict[str, Any] = {"settings": settings}


def test_the_child_is_started_again_when_it_dies_and_stopped_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of the real one stands a module that writes down its start and its settings."""
    (tmp_path / "video.py").write_text(
        "import os, pathlib, sys, time\n"
        "seen = pathlib.Path('starts')\n"
        "count = len(seen.read_text().split()) if seen.exists() else 0\n"
        "seen.open('a').write(os.environ['NETTLEGE_VIDEO_KEY'] + os.environ['NETTLEGE_VIDEO_PORT'] + '\\n')\n"
        "sys.exit(1) if count == 0 else time.sleep(60)\n"
    )
    monkeypatch.setattr(video_process, "PROJECT", tmp_path)
    monkeypatch.setattr(video_process, "AGAIN_AFTER", 0.01)
    app = FakeApp(type("S", (), {"video_port": 8001, "video_key": KEY})())
    stop = video_process.start(app)  # type: ignore[arg-type]
    starts = tmp_path / "starts"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not starts.exists() or len(starts.read_text().split()) < 2):
        time.sleep(0.02)
    began = time.monotonic()
    stop()
    assert time.monotonic() - began < video_process.PATIENCE
    lines = starts.read_text().split()
    assert len(lines) == 2
    assert lines[0].startswith(KEY)
    assert app.extensions["video_nodes"].names == ("1",)
    assert sys.executable


def test_production_does_not_start_without_video_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENVIRONMENT": "production", "TEST_LOGIN": "false", "SECRET_KEY": "s" * 40,
        "ENCRYPTION_KEYS": "1:" + "A" * 43 + "=",
        "BASE_URL": "https://nettlege.example", "DATABASE_URL": "postgresql+psycopg://x/y",
        "VIDEO_TURN_URLS": "turn:x",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"NETTLEGE_{name}", value)
    with pytest.raises(UnsafeSettings) as refused:
        load_settings()
    for setting in ("NETTLEGE_VIDEO_KEY", "NETTLEGE_VIDEO_NODES", "NETTLEGE_VIDEO_TURN_SECRET"):
        assert setting in str(refused.value)
