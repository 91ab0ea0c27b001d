"""``python -m video``: the video server as its own process. One a core; a room lives on exactly one."""

import logging
import sys

import structlog
import uvloop

from video.server import run
from video.settings import load_settings


def main() -> None:
    """Serve until told to stop. Log lines are JSON on standard error: rooms and seats, never names or words."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    # What these warn about are other people's packets; theirs would also be lines of another form.
    for name in ("aiortc", "aioice"):
        logging.getLogger(name).setLevel(logging.ERROR)
    settings = load_settings()
    try:
        uvloop.run(run(settings))
    except OSError as error:
        raise SystemExit(f"Port {settings.port} cannot be used ({error.strerror}).") from None


if __name__ == "__main__":
    main()
