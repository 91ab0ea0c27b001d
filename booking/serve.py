"""The default server: one process with threads, on this machine only; prints what to open and who to be."""

import logging
import os
import signal
from types import FrameType

from flask import Flask
from waitress import create_server

from booking import tidy_thread, video_process
from booking.settings import Settings

MOST_BODY = 64 * 1024 * 1024
"""Waitress reads a body to its end before the app refuses it in our own words; past this it cuts the line."""


def serve(app: Flask) -> None:
    """Serve until stopped with Ctrl-C or SIGTERM."""
    settings: Settings = app.extensions["settings"]
    port = int(os.environ.get("PORT", settings.port))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue for a moment is no news
    try:
        server = create_server(
            app,
            host=settings.host,
            port=port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=MOST_BODY,
        )
    except OSError as error:
        raise SystemExit(
            f"Port {port} cannot be used ({error.strerror}). Try: PORT={port + 10} make run"
        ) from None
    signal.signal(signal.SIGTERM, stop_by_signal)
    stop_tidying = tidy_thread.start(app)
    stop_video = None if settings.parsed_video_nodes() else video_process.start(app)
    print(WELCOME.format(port=port), flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        stop_tidying.set()
        if stop_video is not None:
            stop_video()
        server.close()


def stop_by_signal(_signal: int, _frame: FrameType | None) -> None:
    """End by an exception, so that the video server is stopped too."""
    raise SystemExit(0)


WELCOME = """
Kommunal nettlege is running.

  Open      http://localhost:{port}
  Log in    http://localhost:{port}/logg-inn   choose «Kari Nordmann»: her first video appointment starts
                                        four minutes after the data were made
  Doctor    «Astrid Sørlandslege», under «Leger» in another browser, lets her in
  Elsewhere http://localhost:{port}/k/kristiansand   what a municipality's own page links to

  Everybody in it is invented. Stop with Ctrl-C; the data stay in var/. `make reset` starts over.
"""
