"""Any two use cases at once, on the same booking, time or visit.

The first one is stopped right before its commit, so that its rows are changed and nobody sees it, or before the one
statement that commits itself; the second one runs until it is done or waits for a lock; then the first one goes on.
Whatever each of them answers, nothing half-done may be left, and no other error may come than a refusal that has its
own page.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy.orm import Session

from booking.domain.errors import BookingRefused, OverlapsOwnAppointment
from booking.domain.screening import Answer
from booking.models import Appointment, AppointmentEvent, Draft, Slot
from booking.models.parked import ParkedText
from booking.queries.people import Citizen
from booking.queries.services import ServiceFacts, service_by_slug
from booking.services.appointments import cancel_appointment
from booking.services.drafts import answer_screening, begin_move, discard_draft
from booking.services.holding import hold_time
from booking.services.parking import give_back_reason
from booking.services.sending import send_booking
from booking.services.tidying import tidy
from tests.booked_once import faults
from tests.factories import Town, make_doctor, make_person, make_town, oslo
from tests.stage import A_FRIDAY_MORNING, engine_of

NOW = A_FRIDAY_MORNING
T1, T2, T3, T4, T5, T6 = (
    oslo(f"2026-11-23 {clock}") for clock in "08.00 08.20 08.40 09.00 09.20 09.40".split()
)
VISIT = timedelta(minutes=20)
BOOKING, OTHERS, MOVE, VISIT_ID = (uuid.UUID(int=n) for n in (1, 2, 3, 4))
REASON = "Utslett på hendene"


@dataclass(frozen=True)
class Stage:
    """Kari holds T1, and moves her visit at T5 to T6, which she holds; Ola holds T3."""

    town: Town
    service: ServiceFacts
    kari: Citizen
    ola: Citizen


Act = Callable[[Stage, datetime], object]
ACTS: dict[str, Act] = {
    "pick the same time": lambda s, now: hold_time(draft_id=BOOKING, start=T1, by=s.kari, now=now),
    "pick another time": lambda s, now: hold_time(draft_id=BOOKING, start=T2, by=s.kari, now=now),
    "pick a time in the other booking": lambda s, now: hold_time(draft_id=MOVE, start=T2, by=s.kari, now=now),
    "somebody picks that time": lambda s, now: hold_time(draft_id=OTHERS, start=T1, by=s.ola, now=now),
    "somebody picks the new time": lambda s, now: hold_time(draft_id=OTHERS, start=T6, by=s.ola, now=now),
    "send": lambda s, now: send_booking(draft_id=BOOKING, reason=REASON, by=s.kari, now=now),
    "send the move": lambda s, now: send_booking(draft_id=MOVE, reason=REASON, by=s.kari, now=now),
    "answer Nei": lambda s, now: answer_screening(service=s.service, answer=Answer.NO, by=s.kari, now=now),
    "answer Ja": lambda s, now: answer_screening(service=s.service, answer=Answer.YES, by=s.kari, now=now),
    "discard": lambda s, now: discard_draft(draft_id=BOOKING, by=s.kari),
    "give parked text back": lambda s, now: give_back_reason(draft_id=BOOKING, by=s.kari, now=now),
    "move the visit": lambda s, now: begin_move(appointment_id=VISIT_ID, by=s.kari, now=now),
    "cancel the visit": lambda s, now: cancel_appointment(appointment_id=VISIT_ID, by=s.kari, now=now),
    "tidy": lambda s, now: tidy(now=now),
    "tidy a day later": lambda s, now: tidy(now=now + timedelta(days=1, minutes=1)),
}
LIVE_HOLDS, HOLDS_RUN_OUT = NOW + timedelta(minutes=1), NOW + timedelta(minutes=11)


class Halt:
    """Stops one thread before its transaction is committed, or after a statement that begins with ``after``."""

    def __init__(self, engine: sa.Engine, after: str = "") -> None:
        self.whom: threading.Thread | None = None
        self.after = after
        self.reached, self.go_on = threading.Event(), threading.Event()
        if after:
            sa.event.listen(engine, "after_cursor_execute", self._at_statement)
        else:
            sa.event.listen(engine, "commit", self._stop)
            sa.event.listen(engine, "before_cursor_execute", self._before_statement)

    def next_run(self) -> None:
        self.reached.clear()
        self.go_on.clear()

    def _at_statement(self, _connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(self.after):
            self._stop(_connection)

    def _before_statement(
        self, connection: sa.Connection, _cursor: object, statement: str, *_: object
    ) -> None:
        """A write that stands alone commits itself: it is stopped when all that it was judged by has been read."""
        driver = connection.connection.driver_connection
        alone = (
            statement.startswith("WITH write_0") and driver.info.transaction_status == TransactionStatus.IDLE
        )
        if alone:
            self._stop(connection)

    def _stop(self, _connection: sa.Connection) -> None:
        if threading.current_thread() is self.whom and not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(30)


class Run(threading.Thread):
    """One use case in a request of its own; ``fault`` is what went wrong, refusals do not count."""

    def __init__(self, app: Flask, act: Act, stage: Stage, now: datetime) -> None:
        super().__init__(daemon=True)
        self.app, self.act, self.stage, self.now = app, act, stage, now
        self.answer: object = None
        self.fault = ""

    def run(self) -> None:
        with self.app.test_request_context():
            try:
                self.answer = self.act(self.stage, self.now)
            except BookingRefused as refusal:
                self.answer = refusal
            except Exception as error:  # noqa: BLE001  anything else is what this test looks for
                self.fault = f"{type(error).__name__}: {error}"[:300]


@pytest.fixture
def stage(app: Flask, session: Session) -> Stage:
    if session.get_bind().dialect.name == "postgresql":
        name = session.scalar(sa.text("SELECT current_database()"))
        session.execute(sa.text(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '20ms'"))
        session.commit()
    town = make_town(session)
    people = [make_person(session, lives_in=town.municipality, name=name, age=age)
              for name, age in (("Kari Nordmann", 41), ("Ola Nordmann", 43))]  # fmt: skip
    kari, ola = (
        Citizen(p.id, p.name, p.birth_date, p.municipality_number, p.address_protected, p.language)
        for p in people
    )
    service = service_by_slug(session, town.service.slug)
    assert service is not None
    return Stage(town, service, kari, ola)


def set_the_stage(session: Session, stage: Stage) -> None:
    """The rows as Stage describes them, whatever was there before."""
    session.rollback()
    for model in (ParkedText, Slot, Draft, AppointmentEvent, Appointment):
        session.execute(sa.delete(model))
    ids = {"service_id": stage.town.service.id, "practitioner_id": stage.town.doctors[0].id}
    session.add(
        Appointment(
            id=VISIT_ID, draft_id=uuid.UUID(int=9), patient_id=stage.kari.id, booked_by_id=stage.kari.id, **ids,
            status="booked", starts_at=T5, ends_at=T5 + VISIT, screening_answer="no", screened_at=NOW,
            reason=REASON, created_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        AppointmentEvent(
            appointment_id=VISIT_ID, event="book", status="booked", starts_at=T5, at=NOW, by_id=stage.kari.id
        )
    )
    for draft_id, who, start, moves in (
        (BOOKING, stage.kari, T1, None),
        (OTHERS, stage.ola, T3, None),
        (MOVE, stage.kari, T6, VISIT_ID),
    ):
        session.add(
            Draft(
                id=draft_id, booked_by_id=who.id, patient_id=who.id, service_id=ids["service_id"], moves_id=moves,
                status="open", answer="no", answered_at=NOW, chosen_at=start, reason=REASON,
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            Slot(
                **ids, starts_at=start, ends_at=start + VISIT, status="busy-tentative",
                expires_at=NOW + timedelta(minutes=10), draft_id=draft_id,
            )
        )  # fmt: skip
    session.add(ParkedText(draft_id=BOOKING, reason="Før innlogging", parked_at=NOW))
    session.add(Slot(**ids, starts_at=T5, ends_at=T5 + VISIT, status="busy", appointment_id=VISIT_ID))
    session.commit()


def until_waiting_or_done(session: Session, run: Run) -> None:
    """Return when the run has ended or waits for the other one's lock."""
    on_postgres = session.get_bind().dialect.name == "postgresql"
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(2000):
        run.join(0.002 if on_postgres else 0.005)
        if not run.is_alive() or not on_postgres or session.scalar(waits):
            break
        session.rollback()
    session.rollback()


def let_meet(session: Session, halt: Halt, one: Run, other: Run) -> None:
    """Start ``one``, stop it where ``halt`` says, start ``other``, and let both come to their ends."""
    halt.next_run()
    halt.whom = one
    one.start()
    while one.is_alive() and not halt.reached.wait(0.002):
        pass
    other.start()
    until_waiting_or_done(session, other)
    halt.go_on.set()
    for run in (one, other):
        run.join(30)
        assert not run.is_alive(), "the two wait for each other"


# SQLite lets one writer in at a time, so one round of it is enough.
@pytest.mark.parametrize(
    ("database", "when"),
    [("postgresql", LIVE_HOLDS), ("postgresql", HOLDS_RUN_OUT), ("sqlite", HOLDS_RUN_OUT)],
    ids=["postgresql-held", "postgresql-run-out", "sqlite-run-out"],
    indirect=["database"],
)
@pytest.mark.parametrize("first", ACTS)
def test_any_two_at_once_leave_nothing_half_done(
    first: str, when: datetime, app: Flask, session: Session, stage: Stage
) -> None:
    halt = Halt(engine_of(app))
    wrong = []
    for second, act in ACTS.items():
        set_the_stage(session, stage)
        one, other = Run(app, ACTS[first], stage, when), Run(app, act, stage, when)
        let_meet(session, halt, one, other)
        said = [f for f in (one.fault, other.fault) if f] + faults(session, when)
        wrong += [f"«{first}» met by «{second}»: {words}" for words in said]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_who_want_each_others_old_time_both_get_it(app: Flask, session: Session, stage: Stage) -> None:
    """Each has let one row go and waits for the other's: the database ends one of them, and it tries again."""
    set_the_stage(session, stage)
    deadlocks = []

    def note(context: sa.engine.ExceptionContext) -> None:
        deadlocks.append(getattr(context.original_exception, "sqlstate", ""))

    sa.event.listen(engine_of(app), "handle_error", note)
    kari = Run(
        app, lambda s, now: hold_time(draft_id=BOOKING, start=T3, by=s.kari, now=now), stage, HOLDS_RUN_OUT
    )
    ola = Run(app, ACTS["somebody picks that time"], stage, HOLDS_RUN_OUT)
    let_meet(session, Halt(engine_of(app), after="DELETE FROM slot"), kari, ola)
    assert (kari.fault, ola.fault, kari.answer, ola.answer) == ("", "", None, None)
    assert deadlocks == ["40P01"]
    held = sa.select(Slot.draft_id, Slot.starts_at).where(Slot.draft_id.in_([BOOKING, OTHERS]))
    assert {draft: start for draft, start in session.execute(held)} == {BOOKING: T3, OTHERS: T1}  # noqa: C416  typed
    assert faults(session, HOLDS_RUN_OUT) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", ["send", "send the move"])
def test_a_patient_is_not_booked_to_two_doctors_at_once(
    first: str, app: Flask, session: Session, stage: Stage
) -> None:
    """Two drafts of one patient hold one time with two doctors: only the patient's count stops the second."""
    set_the_stage(session, stage)
    elsewhere = make_doctor(session, name="Even Legevik")
    other_doctor = {"practitioner_id": elsewhere.id, "starts_at": T1, "ends_at": T1 + VISIT}
    session.execute(sa.update(Slot).where(Slot.draft_id == MOVE).values(other_doctor))
    session.execute(sa.update(Draft).where(Draft.id == MOVE).values(chosen_at=T1))
    session.commit()
    second = "send the move" if first == "send" else "send"
    one, other = Run(app, ACTS[first], stage, LIVE_HOLDS), Run(app, ACTS[second], stage, LIVE_HOLDS)
    let_meet(session, Halt(engine_of(app)), one, other)
    assert (one.fault, other.fault) == ("", "")
    assert {type(one.answer), type(other.answer)} == {uuid.UUID, OverlapsOwnAppointment}
    assert faults(session, LIVE_HOLDS) == []
