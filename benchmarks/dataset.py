"""Appointments by the million, made inside PostgreSQL, as the product would have left them.

300 services of three doctors each, weekdays 08–20 in visits of 20 minutes. A fifth of the appointments are ahead of
``NOW``, spread over all services; the rest lie in the two years before it: fulfilled, missed or cancelled, each with
its sent draft, its history and (unless cancelled) its slot. What is measured is the same at every size: service 1
has 30 % of its times taken, person 1 has two coming and six earlier appointments. Service 2 is empty, for «Send».
"""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.crypto import keyring
from booking.seed.reference import load_municipalities, public_holidays

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
"""A Monday morning; the benchmark's clock stands still on it."""

SERVICES, DOCTORS_EACH, TIMES_A_DAY, DAYS_BACK = 300, 3, 36, 700
COMING_OF_PERSON, EARLIER_OF_PERSON = 2, 6

_FIXED = """
INSERT INTO service (slug, owner_number, horizon_days, cancellation_hours)
  SELECT slug, number, 28, 24 FROM municipality ORDER BY number LIMIT :services;
INSERT INTO service_area (municipality_number, service_id) SELECT owner_number, id FROM service;
INSERT INTO practitioner (hpr_number, name)
  SELECT lpad(n::text, 9, '0'), 'Lege ' || n FROM generate_series(1, :services * :doctors) n;
INSERT INTO schedule (service_id, practitioner_id, weekday, opens, closes, visit_minutes, valid_from)
  SELECT (p.id - 1) / :doctors + 1, p.id, weekday, 480, 1200, 20, :today - 730
  FROM practitioner p, generate_series(0, 4) weekday;
INSERT INTO person (national_id, national_id_digest, name, birth_date, municipality_number, address_protected)
  SELECT :sealed, sha256(int8send(n)), 'Oppdiktet Innbygger ' || n, date '1950-01-01' + (n % 18000)::int,
         (SELECT owner_number FROM service WHERE id = 1), false
  FROM generate_series(1, :people) n;
INSERT INTO login_session (token_digest, person_id, role, created_at, seen_at)
  SELECT sha256(convert_to('token-' || n, 'UTF8')), n, 'citizen', :now, :now FROM generate_series(2, :people, 10) n;
"""

_PLANNED = """
CREATE TEMPORARY TABLE planned AS
  SELECT doctor, (:today + day + make_interval(mins => 480 + 20 * k)) AT TIME ZONE 'Europe/Oslo' AS starts_at
  FROM generate_series(1, :services * :doctors) doctor, generate_series(1, 28) day, generate_series(0, :times - 1) k
  WHERE extract(isodow FROM :today + day) < 6
    AND CASE WHEN doctor <= :doctors THEN (doctor * 3 + day * 7 + k * 13) % 10 < 3
             WHEN doctor <= 2 * :doctors THEN false
             ELSE (doctor * 7919 + day * 104729 + k * 1299709) % 10000 < :share END;
"""

_APPOINTMENTS = """
CREATE TEMPORARY TABLE made AS
  SELECT gen_random_uuid() AS id, gen_random_uuid() AS draft_id, doctor, starts_at, 'booked' AS status,
         2 + (row_number() OVER ()) % (:people - 1) AS patient_id
  FROM planned
  UNION ALL
  SELECT gen_random_uuid(), gen_random_uuid(), n % (:services * :doctors) + 1,
         (:today - 1 - (cell / :times)::int + make_interval(mins => (480 + 20 * (cell % :times))::int))
           AT TIME ZONE 'Europe/Oslo',
         CASE WHEN n % 20 = 0 THEN 'noshow' WHEN n % 10 = 1 THEN 'cancelled' ELSE 'fulfilled' END,
         CASE WHEN n < :earlier THEN 1 ELSE 2 + n % (:people - 1) END
  FROM generate_series(0, :past - 1) n,
       LATERAL (SELECT (n / (:services * :doctors) * 7919) % (:times * :days_back) AS cell) AS spread;
UPDATE made SET patient_id = 1
  WHERE (doctor, starts_at) IN (SELECT doctor, starts_at FROM planned WHERE doctor = 1 ORDER BY 2 LIMIT :coming);
INSERT INTO appointment (id, draft_id, patient_id, booked_by_id, service_id, practitioner_id, status, starts_at,
                         ends_at, screening_answer, screened_at, reason, sequence, created_at)
  SELECT id, draft_id, patient_id, patient_id, (doctor - 1) / :doctors + 1, doctor, status, starts_at,
         starts_at + interval '20 min', 'no', starts_at - interval '3 days', :sealed, 0, starts_at - interval '3 days'
  FROM made;
INSERT INTO appointment_event (appointment_id, event, status, starts_at, at, by_id)
  SELECT id, 'book', 'booked', starts_at, starts_at - interval '3 days', patient_id FROM made
  UNION ALL
  SELECT id, 'cancel', status, starts_at, starts_at - interval '2 days', patient_id FROM made
  WHERE status = 'cancelled';
INSERT INTO draft (id, booked_by_id, patient_id, service_id, appointment_id, status, answer, answered_at, chosen_at,
                   created_at, updated_at)
  SELECT draft_id, patient_id, patient_id, (doctor - 1) / :doctors + 1, id, 'sent', 'no',
         starts_at - interval '3 days', starts_at, starts_at - interval '3 days', starts_at - interval '3 days'
  FROM made;
INSERT INTO slot (service_id, practitioner_id, starts_at, ends_at, status, appointment_id)
  SELECT (doctor - 1) / :doctors + 1, doctor, starts_at, starts_at + interval '20 min', 'busy', id
  FROM made WHERE status <> 'cancelled';
DROP TABLE made, planned;
"""


def load(engine: sa.Engine, appointments: int) -> int:
    """Fill a migrated, empty database with about so many appointments (at least 1,000); how many there are."""
    today = oslo_date(NOW)
    values = {
        "services": SERVICES,
        "doctors": DOCTORS_EACH,
        "times": TIMES_A_DAY,
        "days_back": DAYS_BACK,
        "people": max(200, appointments // 4),
        "sealed": keyring().seal("Vondt i halsen i en uke, og litt feber om kvelden", "appointment.reason"),
        "today": today,
        "now": NOW,
        "coming": COMING_OF_PERSON,
        "earlier": EARLIER_OF_PERSON,
        "share": _share_of_others(appointments),
    }
    with Session(engine) as session:
        session.execute(
            sa.text("SET LOCAL session_replication_role = replica")
        )  # foreign keys hold by making
        load_municipalities(session)
        _run(session, _FIXED, values)
        _close_holidays(session, today)
        _run(session, _PLANNED, values)
        planned = session.scalar(sa.text("SELECT count(*) FROM planned")) or 0
        _run(session, _APPOINTMENTS, values | {"past": max(appointments - planned, EARLIER_OF_PERSON)})
        session.commit()
        made = session.scalar(sa.text("SELECT count(*) FROM appointment")) or 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
    return made


def _share_of_others(appointments: int) -> int:
    """Of ten thousand times at the services that are not measured, how many are taken: a fifth of the appointments."""
    capacity = (SERVICES - 2) * DOCTORS_EACH * TIMES_A_DAY * 20
    measured = DOCTORS_EACH * TIMES_A_DAY * 20 * 3 // 10
    return max(0, appointments // 5 - measured) * 10_000 // capacity


def _close_holidays(session: Session, today: date) -> None:
    session.execute(
        sa.text("INSERT INTO closed_day (service_id, day, reason) SELECT id, :day, :reason FROM service"),
        [
            {"day": day, "reason": reason}
            for day, reason in public_holidays(range(today.year, today.year + 2))
        ],
    )


def _run(session: Session, script: str, values: dict[str, object]) -> None:
    for statement in script.split(";"):
        if statement.strip():
            session.execute(sa.text(statement), values)
