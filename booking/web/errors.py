"""Every refusal as a page in our own style: what happened, what is kept, what to do now."""

from dataclasses import dataclass

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from booking.db import NO_ANSWER
from booking.domain import errors as refused
from booking.web import csrf, current

log = structlog.get_logger()


@dataclass(frozen=True)
class ErrorWords:
    """What an error page says."""

    heading: LazyString
    body: LazyString


WORDS = {
    400: ErrorWords(
        _l("Noe er feil i adressen eller skjemaet"),
        _l("Gå tilbake, last siden på nytt og prøv igjen."),
    ),
    401: ErrorWords(_l("Du må logge inn"), _l("Logg inn, så kommer du tilbake hit.")),
    403: ErrorWords(
        _l("Du har ikke tilgang til dette"), _l("Du kan gå til timeavtalene dine eller til forsiden.")
    ),
    404: ErrorWords(
        _l("Vi finner ikke siden"),
        _l("Adressen kan være skrevet feil, eller det du leter etter finnes ikke lenger."),
    ),
    405: ErrorWords(_l("Det går ikke an på denne siden"), _l("Gå tilbake og bruk knappene på siden.")),
    409: ErrorWords(
        _l("Noe har endret seg"), _l("Siden du så på, var ikke oppdatert. Last den på nytt og prøv igjen.")
    ),
    413: ErrorWords(
        _l("Det du sendte, er for stort"),
        _l("Teksten kan være på høyst 500 tegn. Gå tilbake, gjør den kortere og send på nytt."),
    ),
    422: ErrorWords(
        _l("Noe mangler eller er feil"), _l("Gå tilbake, se over det du fylte ut, og prøv igjen.")
    ),
    429: ErrorWords(
        _l("Det gikk litt for fort"),
        _l("Du har prøvd mange ganger på kort tid. Vent et minutt, og prøv igjen. Ingenting er mistet."),
    ),
    503: ErrorWords(
        _l("Innlogging er ikke mulig nå"),
        _l("Tjenesten har ingen innlogging som virker akkurat nå. Prøv igjen senere."),
    ),
    500: ErrorWords(
        _l("Noe gikk galt hos oss"),
        _l(
            "Feilen er meldt. Ingenting er bestilt eller endret uten at du har fått beskjed om det. Prøv igjen om litt."
        ),
    ),
}


def error_page(status: int, words: ErrorWords | None = None) -> Response:
    """The page for ``status``, in words of its own where ``words`` are given."""
    said = words or WORDS.get(status) or WORDS[400 if status < 500 else 500]
    page = render_template("errors/page.html", status=status, heading=said.heading, body=said.body)
    return make_response(page, status)


def too_many_requests() -> Response:
    """The page for 429, and when to come back: all limits are counted by the minute."""
    response = error_page(429)
    response.headers["Retry-After"] = "60"
    return response


def install(app: Flask) -> None:
    """Answer every error with a page; log what broke without saying what was typed."""

    @app.errorhandler(HTTPException)
    def on_http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if isinstance(error, CSRFError):
            log.warning("csrf_refused", endpoint=request.endpoint)
            return _stale_page()
        if error.response is not None:
            return make_response(error.response)
        response = too_many_requests() if status == 429 else error_page(status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(refused.NotFound)
    def on_not_found(_error: refused.NotFound) -> Response:
        return error_page(404)

    def on_database_busy(error: Exception) -> Response:
        cause = getattr(error, "orig", None)
        log.error("database_busy", error=type(cause or error).__name__, endpoint=request.endpoint)
        current.ask_nobody()
        response = error_page(503, BUSY)
        response.headers["Retry-After"] = "10"
        return response

    for fault in NO_ANSWER:
        app.register_error_handler(fault, on_database_busy)

    @app.errorhandler(Exception)
    def on_fault(error: Exception) -> Response:
        # The class and the place, never the message: it could quote what a citizen wrote.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("fault", error=type(error).__name__, place=place, endpoint=request.endpoint)
        return error_page(500)


def _stale_page() -> Response:
    """A form of an earlier login: the page it came from, where it can be shown again, else words."""
    try:
        return csrf.stale_page() or error_page(400, STALE)
    except refused.BookingRefused:
        return error_page(400, STALE)


BUSY = ErrorWords(
    _l("Vi klarte ikke å svare akkurat nå"),
    _l("Det du sendte, er ikke mottatt. Vent litt, gå tilbake og prøv igjen: det du har skrevet, står der."),
)

STALE = ErrorWords(
    _l("Siden var utdatert"),
    _l(
        "Siden har stått åpen for lenge, eller du har logget inn på nytt i en annen fane. "
        "Gå tilbake, last siden på nytt og prøv igjen."
    ),
)
