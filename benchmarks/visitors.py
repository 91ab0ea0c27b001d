"""Logged-in citizens and half-done bookings for the benchmark, and the requests that their browsers would send."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder

from benchmarks.dataset import DOCTORS_EACH, NOW
from booking.clock import oslo_date, start_of_oslo_day
from booking.domain.draft import hold_expires
from booking.models import Draft, LoginSession, Person, Slot

REASON = "Jeg har hatt utslett på begge hendene i to uker. Det klør mest om natten, og krem hjelper ikke."
VISIT = timedelta(minutes=20)

Request = Callable[[], dict[str, Any]]
"""Makes the WSGI environment of one request."""


def log_in(app: Flask, database: Session, person_id: int) -> tuple[str, str]:
    """A login session in the table; the browser's cookie and the token that its forms carry."""
    token = f"benchmark-{uuid.uuid4()}"
    digest = hashlib.sha256(token.encode()).digest()
    database.add(
        LoginSession(role="citizen", token_digest=digest, person_id=person_id, created_at=NOW, seen_at=NOW)
    )
    with app.test_request_context():
        session["token"] = token
        csrf_token = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}"
    return cookie, csrf_token


def half_done(database: Session, *, person_id: int, service_id: int) -> Draft:
    """A booking at step 2: screened, no time chosen."""
    draft = Draft(
        id=uuid.uuid4(),
        booked_by_id=person_id,
        patient_id=person_id,
        service_id=service_id,
        answer="no",
        answered_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    database.add(draft)
    return draft


def senders(app: Flask, database: Session, how_many: int) -> list[Request]:
    """So many people at step 3 of a booking at service 2, each with a held time; the «Send» of each."""
    number = database.scalar(sa.text("SELECT owner_number FROM service WHERE id = 2"))
    people = [
        Person(
            national_id="0",
            national_id_digest=hashlib.sha256(f"sender {n}".encode()).digest(),
            name=f"Oppdiktet Avsender {n}",
            birth_date=NOW.date() - timedelta(days=365 * 40),
            municipality_number=number,
        )
        for n in range(how_many)
    ]
    database.add_all(people)
    database.flush()
    requests = []
    for person, (doctor, start) in zip(people, _times_of_service_2(), strict=False):
        draft = half_done(database, person_id=person.id, service_id=2)
        draft.chosen_at, draft.reason = start, REASON
        database.flush()
        held = {"status": "busy-tentative", "expires_at": hold_expires(NOW), "draft_id": draft.id}
        place = {"service_id": 2, "practitioner_id": doctor, "starts_at": start, "ends_at": start + VISIT}
        database.add(Slot(**place, **held))
        cookie, token = log_in(app, database, person.id)
        form = {"csrf_token": token, "reason": REASON}
        requests.append(post(f"/bestilling/{draft.id}/se-gjennom", form, cookie))
    database.commit()
    database.execute(sa.text("ANALYZE draft, slot, person, login_session"))
    return requests


def _times_of_service_2() -> list[tuple[int, datetime]]:
    days = [oslo_date(NOW) + timedelta(days=n) for n in range(1, 28)]
    doctors = range(DOCTORS_EACH + 1, 2 * DOCTORS_EACH + 1)
    return [
        (doctor, start_of_oslo_day(day) + timedelta(minutes=480 + 20 * k))
        for day in days
        if day.weekday() < 5
        for k in range(36)
        for doctor in doctors
    ]


def get(path: str, cookie: str = "", **headers: str) -> Request:
    """A page asked for by a browser."""
    builder = EnvironBuilder(path=path, headers={"Accept": "text/html", "Accept-Language": "nb", **headers})
    if cookie:
        builder.headers["Cookie"] = cookie
    environment = builder.get_environ()
    return lambda: dict(environment)


def post(path: str, form: dict[str, str], cookie: str = "") -> Request:
    """A form sent by a browser."""
    body = urlencode(form).encode()
    headers = {"Accept": "text/html", "Accept-Language": "nb"}
    builder = EnvironBuilder(
        path=path,
        method="POST",
        headers=headers,
        content_type="application/x-www-form-urlencoded",
        data=body,
    )
    if cookie:
        builder.headers["Cookie"] = cookie
    environment = builder.get_environ()
    return lambda: {**environment, "wsgi.input": BytesIO(body)}
