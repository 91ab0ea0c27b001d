"""`make run HTTPS=1`: the default on the local network over https, for browsers give no camera to plain http.

Waitress has no TLS, so gunicorn serves here, in one process with threads, as a child; the video server is another.
docs/decisions/0007-https-on-the-local-network.md says why.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from booking import tidy_thread, video_process
from booking.certificate import certificate_for
from booking.clock import utc_now
from booking.local_network import own_addresses
from booking.serve import stop_by_signal
from booking.settings import PROJECT, Settings, load_settings

PATIENCE = 10.0
"""Seconds that requests under way get."""


def serve_https(create_app: Callable[[Settings], Flask]) -> None:
    """Serve everybody on the local network until stopped with Ctrl-C or SIGTERM. Raises NoNetwork."""
    settings = load_settings()
    if settings.environment == "production":
        raise SystemExit("HTTPS=1 is for trying it out: in production a proxy ends TLS.")
    port = int(os.environ.get("PORT", settings.port))
    _need_port(port)
    addresses = own_addresses()
    files = certificate_for(addresses, folder=Path(settings.certificate_folder), now=utc_now())
    video_port = video_process.free_port(settings.video_port)
    changed = {
        "base_url": f"https://{addresses[0]}:{port}",
        "video_nodes": settings.video_nodes or f"1=http://127.0.0.1:{video_port}",
    }
    app = create_app(settings.model_copy(update=changed))
    signal.signal(signal.SIGTERM, stop_by_signal)
    stop_tidying = tidy_thread.start(app)
    stop_video = None if settings.video_nodes else video_process.keep_running(settings.video_key, video_port)
    told = {f"NETTLEGE_{name.upper()}": value for name, value in changed.items()}
    web = subprocess.Popen(_gunicorn(settings, port, files), cwd=PROJECT, env=os.environ | told)
    print(WELCOME.format(base=changed["base_url"], port=port), flush=True)
    try:
        raise SystemExit(web.wait())
    except KeyboardInterrupt:
        pass
    finally:
        stop_tidying.set()
        _end(web)
        if stop_video is not None:
            stop_video()


def _gunicorn(settings: Settings, port: int, files: tuple[Path, Path]) -> list[str]:
    certificate, key = files
    options = {
        "bind": f"0.0.0.0:{port}",
        "certfile": certificate,
        "keyfile": key,
        "worker-class": "gthread",
        "workers": 1,  # SQLite, and limits counted in memory
        "threads": settings.threads,
        "keep-alive": 15,  # a handshake for every file would be slow on a phone
        "log-level": "warning",
    }
    named = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", *named, "--no-control-socket", "app:create_app()"]


def _need_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - the local network is whom it is for
        except OSError as error:
            raise SystemExit(
                f"Port {port} cannot be used ({error.strerror}). Try: make run HTTPS=1 PORT={port + 10}"
            ) from None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


WELCOME = """
Kommunal nettlege is running for everybody on this network, over https.

  On the phone   {base}   on the same Wi-Fi as this machine
                 The browser warns of a certificate that it does not know: this machine made it. Go on with
                 «Advanced», «Proceed» (Chrome), «Show Details», «visit this website» (Safari) or
                 «Advanced…», «Accept the Risk and Continue» (Firefox). It asks again when the address changes.
  Here           https://localhost:{port}   the same warning, once
  Log in         as «Kari Nordmann» on the phone: her first video appointment starts four minutes after the
                 data were made (`make reset` makes fresh ones); as «Astrid Sørlandslege», under «Leger», here

  No answer on the phone? A firewall here must let in TCP port {port} and UDP.
  Everybody in it is invented, and anyone on this network may log in as anyone. Stop with Ctrl-C.
"""
