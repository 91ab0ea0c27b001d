"""The default's video server: a child process that starts and stops with the web server; if it dies, a new one starts.

Production starts `python -m video` itself, one a core. Booking knows only its addresses and the shared secret.
"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import structlog
from flask import Flask

from booking.integrations.video_node.http import HttpVideoNodes
from booking.settings import PROJECT, Settings

log = structlog.get_logger()
PATIENCE = 5.0
"""Seconds that the child gets to say goodbye to its rooms."""

AGAIN_AFTER = 1.0


def start(app: Flask) -> Callable[[], None]:
    """Start the video server for ``app`` and keep it running; what is returned stops it and waits for its end."""
    settings: Settings = app.extensions["settings"]
    port = free_port(settings.video_port)
    app.extensions["video_nodes"] = HttpVideoNodes({"1": f"http://127.0.0.1:{port}"}, settings.video_key)
    return keep_running(settings.video_key, port)


def keep_running(key: str, port: int) -> Callable[[], None]:
    """Start the video server on ``port`` and keep it running; what is returned stops it and waits for its end."""
    environment = {
        **os.environ,
        "NETTLEGE_VIDEO_KEY": key,
        "NETTLEGE_VIDEO_HOST": "127.0.0.1",
        "NETTLEGE_VIDEO_PORT": str(port),
    }
    stopping = threading.Event()
    child: list[subprocess.Popen[bytes]] = []

    def run() -> None:
        while not stopping.is_set():
            process = subprocess.Popen([sys.executable, "-m", "video"], cwd=PROJECT, env=environment)
            child[:] = [process]
            status = process.wait()
            if status and not stopping.is_set():  # Ctrl-C reaches it too, maybe before us
                log.error("video_server_ended", status=status)
            stopping.wait(AGAIN_AFTER)

    keeper = threading.Thread(target=run, name="video server", daemon=True)
    keeper.start()

    def stop() -> None:
        stopping.set()
        for process in child:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        keeper.join(PATIENCE)

    return stop


def free_port(wanted: int) -> int:
    """The wanted port, or another one when somebody has it: two copies of the product run side by side."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on this machine")
