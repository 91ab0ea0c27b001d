"""The default's caretaker: a thread that tidies once an hour. Production runs `flask tidy` from its own clock."""

import threading

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from booking.services.tidying import tidy

HOUR = 3600.0
log = structlog.get_logger()


def start(app: Flask) -> threading.Event:
    """Start the thread; it ends when the event that is returned is set."""
    stop = threading.Event()

    def run() -> None:
        while True:
            with app.app_context():
                try:
                    tidy(now=app.extensions["clock"]())
                except SQLAlchemyError as error:
                    log.error("tidy_failed", error=type(error).__name__)
            if stop.wait(HOUR):
                return

    threading.Thread(target=run, name="tidy", daemon=True).start()
    return stop
