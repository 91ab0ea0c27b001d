"""What reads a request before any view does: cookies, tokens, forms, languages, ways back."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin, urlsplit

from flask import Flask, session
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.datastructures import MultiDict

from benchmarks.fuzz.inputs import Inputs
from booking.web import csrf, current
from booking.web.citizen.calendar import asked_day
from booking.web.citizen.forms import ReasonForm, ScreeningForm, TimeForm
from booking.web.login.views import local_path

FORMS = (ScreeningForm, TimeForm, ReasonForm)
FIELDS = ("answer", "start", "reason", "csrf_token", "next", "language", "person")


def _form(app: Flask, inputs: Inputs) -> None:
    sent = MultiDict([(inputs.one_of(FIELDS), inputs.text(600)) for _ in range(inputs.random.randrange(5))])
    path = inputs.one_of(("/", "/bestill/x", "/?dato=" + inputs.text(12).encode(errors="replace").decode()))
    clean = MultiDict(
        (name, value.encode(errors="replace").decode()) for name, value in sent.items(multi=True)
    )
    with app.test_request_context(path, method="POST", data=clean):
        form = inputs.one_of(FORMS)()
        if form.validate():
            if isinstance(form, ScreeningForm):
                assert form.answer.data in ("no", "yes")
            if isinstance(form, TimeForm):
                assert form.moment.tzinfo is not None
        else:
            assert form.error_list({})


def _cookie(app: Flask, inputs: Inputs) -> None:
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    good = signer.dumps({"token": "x", "role": "citizen", "language": "en"})
    bad = inputs.one_of((inputs.spoilt(good), inputs.text(200), good + "." + inputs.text(5), good[::-1]))
    with app.test_request_context("/", headers={"Cookie": "nettlege=" + _header(bad)}):
        # itsdangerous reads a token with its last letter's idle bits changed; what it says is what was signed.
        assert dict(session) in ({}, {"token": "x", "role": "citizen", "language": "en"})


def _forged(app: Flask, inputs: Inputs) -> None:
    with app.test_request_context("/sprak", method="POST"):
        good = generate_csrf()
        kept = dict(session)
    bad = inputs.one_of((inputs.spoilt(good), inputs.text(100), "", good[:-5]))
    clean = bad.encode(errors="replace").decode()
    with app.test_request_context("/sprak", method="POST", data={"csrf_token": clean}):
        session.update(kept)
        try:
            csrf.protect()
        except CSRFError:
            return
        # Reading base64 passes over what is none; what is left must be what was signed, but for idle bits.
        assert re.sub("[^A-Za-z0-9_.-]", "", clean.partition("=")[0])[:-1] == good[:-1], (
            "a forged form was believed"
        )


def _language(app: Flask, inputs: Inputs) -> None:
    header = _header(inputs.one_of((inputs.text(60), inputs.spoilt("nn-NO,nn;q=0.9,en;q=0.5"))))
    with app.test_request_context("/", headers={"Accept-Language": header}):
        assert current.choose_language() in current.LANGUAGES


def _way_back(_app: Flask, inputs: Inputs) -> None:
    """Nobody is led to another site, however a browser reads it."""
    text = inputs.one_of(
        (inputs.text(), inputs.spoilt("//evil.example/x"), "/" + inputs.text(), inputs.spoilt("/lege?x=1"))
    )
    path = local_path(text)
    if path is not None:
        # Browsers take \ for / and leave tabs and line ends out (WHATWG URL).
        seen = path.translate(str.maketrans("\\", "/", "\t\r\n"))
        assert urlsplit(urljoin("https://ours.example/a", seen)).netloc == "ours.example", repr(path)


def _day(_app: Flask, inputs: Inputs) -> None:
    asked_day(
        inputs.one_of((None, inputs.text(), inputs.spoilt("2026-11-26"))),
        inputs.one_of((None, inputs.moment())),
    )


def _header(text: str) -> str:
    return text.replace("\r", "").replace("\n", "").encode("latin-1", "replace").decode("latin-1")


def targets(app: Flask) -> tuple[Callable[[Inputs], None], ...]:
    """The targets, on ``app``."""
    return tuple(_named(app, act) for act in (_form, _cookie, _forged, _language, _way_back, _day))


def _named(app: Flask, act: Callable[[Flask, Inputs], None]) -> Callable[[Inputs], None]:
    target = partial(act, app)
    target.__name__ = act.__name__.removeprefix("_")  # type: ignore[attr-defined]
    return target
