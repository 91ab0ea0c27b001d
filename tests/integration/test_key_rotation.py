"""Keys change while people are in the middle of something: nobody is logged out, nothing becomes unreadable."""

import base64
import random
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from booking.crypto import keyring
from booking.db import Base, db
from booking.models import Appointment, Person
from booking.services import rekeying
from booking.services.rekeying import left_to_seal, redigest, reseal, sealed_columns
from booking.settings import Settings
from tests.factories import Town, log_in, make_appointment, make_person, oslo
from tests.journeys import hold
from tests.page_client import PageClient
from video import tickets

OLD, NEW = "old-signing-key-" + "o" * 24, "new-signing-key-" + "n" * 24
ENCRYPTION = {number: base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3)}
LOOKUP = {number: base64.b64encode(bytes([100 + number]) * 32).decode() for number in (1, 2)}


def encryption(*versions: int) -> str:
    return ",".join(f"{version}:{ENCRYPTION[version]}" for version in versions)


def lookup(*versions: int) -> str:
    return ",".join(LOOKUP[version] for version in versions)


def moved(client: PageClient, app: Flask) -> PageClient:
    """The same browser, cookie and open page and all, after the processes were started anew."""
    later = PageClient(app)
    cookie = client.browser.get_cookie("nettlege")
    assert cookie is not None
    later.browser.set_cookie("nettlege", cookie.value)
    later._page = client.page
    return later


# Signing keys


def test_old_sessions_and_old_forms_live_through_a_new_secret(
    make_app: Callable[..., Flask], session: Session, town: Town
) -> None:
    client = PageClient(make_app(secret_key=OLD))
    log_in(client, make_person(session, lives_in=town.municipality))
    path = hold(client, oslo("2026-11-23 08.00"))
    client.get(f"{path}/se-gjennom")
    both = moved(client, make_app(secret_key=f"{NEW},{OLD}"))
    both.submit(both.page.find_form("Send"), reason="Utslett", follow=True)
    assert both.page.heading == "Timebestillingen er sendt"
    # Whoever has logged in since needs the old secret no more; a login lasts twelve hours at most.
    both.get("/timeavtaler")
    both.click("Logg ut")
    both.log_in("Kari Nordmann")
    new_only = moved(both, make_app(secret_key=NEW))
    assert new_only.get("/timeavtaler").heading == "Timeavtaler"
    new_only.submit(new_only.page.find_form("English"))


def test_a_secret_that_was_taken_away_opens_nothing(
    make_app: Callable[..., Flask], session: Session, town: Town
) -> None:
    client = PageClient(make_app(secret_key=OLD))
    log_in(client, make_person(session, lives_in=town.municipality))
    moved(client, make_app(secret_key=NEW)).get("/timeavtaler", expect=303)


def test_video_tickets_live_through_a_new_key() -> None:
    old, new = "o" * 32, "n" * 32
    ticket = tickets.Ticket("r", "patient", "patient", "Kari", "j", 1000)
    assert tickets.read(f"{new}, {old}", tickets.sign(old, ticket), now=990) == ticket
    assert tickets.read(new, tickets.sign(f"{new},{old}", ticket), now=990) == ticket, "the newest signs"
    with pytest.raises(tickets.TicketInvalid):
        tickets.read(new, tickets.sign(old, ticket), now=990)


# Encryption keys


@pytest.fixture
def filled(make_app: Callable[..., Flask], session: Session, town: Town) -> None:
    """Rows sealed with the first key, more than one batch of them."""
    make_app(encryption_keys=encryption(1), lookup_keys=lookup(1))
    person = make_person(session, lives_in=town.municipality)
    for number in range(5):
        start = oslo(f"2026-11-{23 + number} 08.00")
        make_appointment(session, patient=person, town=town, starts_at=start, reason=f"Grunn {number}")


@pytest.mark.usefixtures("filled")
def test_nothing_is_unreadable_when_the_old_key_is_gone(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekeying, "BATCH", 2)
    both = make_app(encryption_keys=encryption(2, 1), lookup_keys=lookup(1))
    # Old texts are read, old people found, before anything is done.
    client = PageClient(both)
    client.log_in("Kari Nordmann")
    told = both.test_cli_runner().invoke(args=["rekey"])
    assert told.exit_code == 0, told.output
    assert "appointment.reason: 5 made new" in told.output
    assert "Sealed with an older key: 0" in told.output
    only = make_app(encryption_keys=encryption(2), lookup_keys=lookup(1))
    moved(client, only).get("/timeavtaler")
    PageClient(only).log_in("Kari Nordmann")
    with only.app_context():
        assert sorted(db.session.scalars(sa.select(Appointment.reason))) == [f"Grunn {n}" for n in range(5)]
        assert db.session.scalars(sa.select(Person.national_id)).one()


@pytest.mark.usefixtures("filled")
def test_old_key_is_missed_before_the_command_has_run(make_app: Callable[..., Flask]) -> None:
    """The test above would prove nothing if reading did not need the key."""
    only = make_app(encryption_keys=encryption(2), lookup_keys=lookup(1))
    with only.app_context(), pytest.raises(KeyError):
        db.session.scalars(sa.select(Appointment.reason)).all()


@pytest.mark.usefixtures("filled")
def test_command_may_be_stopped_and_begun_again(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekeying, "BATCH", 2)
    both = make_app(encryption_keys=encryption(2, 1), lookup_keys=lookup(1))
    with both.app_context():
        assert next(reseal()) == ("appointment.reason", 2)
        reason = next(column for column in sealed_columns() if str(column) == "appointment.reason")
        assert left_to_seal(db.session, reason) == 3
        told = both.test_cli_runner().invoke(args=["rekey", "--check"])
        assert told.exit_code == 1
        assert "Sealed with an older key: 4" in told.output, "three reasons and a national number"
        assert sum(rows for _column, rows in reseal()) == 4


@pytest.mark.usefixtures("filled")
def test_what_is_written_meanwhile_is_not_overwritten(
    make_app: Callable[..., Flask], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changes a text between our reading it and our writing it: theirs stays."""
    both = make_app(encryption_keys=encryption(2, 1), lookup_keys=lookup(1))
    with both.app_context():
        ring, opened = keyring(), type(keyring()).open

        def slowly(self: object, sealed: bytes, purpose: str) -> str:
            text = opened(ring, sealed, purpose)
            if text == "Grunn 3":
                monkeypatch.setattr(type(ring), "open", opened)
                db.session.execute(
                    sa.update(Appointment).where(Appointment.reason == sealed_as(text)).values(reason="Nytt")
                )
            return text

        def sealed_as(_text: str) -> sa.ScalarSelect[bytes]:
            wanted = sa.select(sa.type_coerce(Appointment.__table__.c.reason, sa.LargeBinary))
            return wanted.order_by(Appointment.starts_at).offset(3).limit(1).scalar_subquery()

        monkeypatch.setattr(type(ring), "open", slowly)
        list(reseal())
    texts = set(session.scalars(sa.select(Appointment.reason)))
    assert texts == {"Grunn 0", "Grunn 1", "Grunn 2", "Nytt", "Grunn 4"}


@pytest.mark.usefixtures("filled")
def test_look_up_keys_rotate_too(make_app: Callable[..., Flask]) -> None:
    both = make_app(encryption_keys=encryption(1), lookup_keys=lookup(2, 1))
    PageClient(both).log_in("Kari Nordmann")
    with both.app_context():
        assert sum(rows for _column, rows in redigest()) == 1
        assert sum(rows for _column, rows in redigest()) == 0
    PageClient(make_app(encryption_keys=encryption(1), lookup_keys=lookup(2))).log_in("Kari Nordmann")


def test_every_binary_column_is_sealed_or_a_digest() -> None:
    """What the command does not know of would become unreadable."""
    plain = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    assert not {name for name in plain if not name.endswith("_digest")}


# What production is


def secret(seed: int) -> str:
    return base64.urlsafe_b64encode(random.Random(seed).randbytes(36)).decode()


def test_test_login_is_not_in_a_production_app() -> None:
    """Neither its addresses nor its code's blueprint: ASVS 15.2.3."""
    safe = Settings(
        environment="production",
        test_login=False,
        secret_key=secret(1),
        encryption_keys="1:" + base64.b64encode(bytes(range(7, 39))).decode(),
        lookup_keys=base64.b64encode(bytes(range(99, 131))).decode(),
        base_url="https://nettlege.kommune.no",
        database_url="postgresql+psycopg://localhost/nettlege",
        video_key=secret(2),
        video_nodes="1=http://10.0.0.5:8001",
        trusted_proxies=1,
        single_node=True,
    )
    app = create_app(safe)
    assert not [name for name in app.blueprints if "test" in name]
    assert not [rule.rule for rule in app.url_map.iter_rules() if "test" in rule.rule]
    assert "identity" not in app.extensions
    browser = app.test_client()
    for method in ("get", "post"):
        answer = getattr(browser, method)("/logg-inn/test", base_url="https://nettlege.kommune.no")
        assert answer.status_code == 404
    assert not app.debug
    assert not app.testing
