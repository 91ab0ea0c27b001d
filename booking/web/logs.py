"""Logs: one line of JSON a request; who and what, never what was written, asked or answered."""

import logging
import sys
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Write a line for every answer. The rule's path is logged, not the URL: a URL names an appointment."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.add_log_level,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
            cache_logger_on_first_use=False,
        )

    bound = log.bind()  # puts the processors together once

    @app.before_request
    def start_clock() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        began = g.get("began")
        bound.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 1) if began else None,
        )
        return response
