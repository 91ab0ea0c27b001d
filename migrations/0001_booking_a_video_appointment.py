"""Booking a video appointment: municipalities, services, people, schedules, drafts, slots, appointments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("default",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "municipality",
        sa.Column("number", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_municipality")),
        sa.UniqueConstraint("slug", name=op.f("uq_municipality_slug")),
    )
    op.create_table(
        "practitioner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hpr_number", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioner")),
        sa.UniqueConstraint("hpr_number", name=op.f("uq_practitioner_hpr_number")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_absence_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(
        "ix_absence_practitioner_id_ends_at", "absence", ["practitioner_id", "ends_at"], unique=False
    )
    op.create_table(
        "municipality_spelling",
        sa.Column("spelling", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["municipality.number"], name=op.f("fk_municipality_spelling_number")
        ),
        sa.PrimaryKeyConstraint("spelling", "number", name=op.f("pk_municipality_spelling")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("national_id", sa.LargeBinary(), nullable=False),
        sa.Column("national_id_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("municipality_number", sa.String(length=4), nullable=False),
        sa.Column("address_protected", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_number"], ["municipality.number"], name=op.f("fk_person_municipality_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("national_id_digest", name=op.f("uq_person_national_id_digest")),
    )
    op.create_index(op.f("ix_person_municipality_number"), "person", ["municipality_number"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("owner_number", sa.String(length=4), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("cancellation_hours", sa.Integer(), nullable=False),
        sa.Column("help_url", sa.String(length=300), nullable=True),
        sa.CheckConstraint("cancellation_hours BETWEEN 0 AND 168", name=op.f("ck_service_cancellation")),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 365", name=op.f("ck_service_horizon")),
        sa.ForeignKeyConstraint(
            ["owner_number"], ["municipality.number"], name=op.f("fk_service_owner_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_slug")),
    )
    op.create_index(op.f("ix_service_owner_number"), "service", ["owner_number"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("screening_answer", sa.String(length=3), nullable=False),
        sa.Column("screened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("screening_answer = 'no'", name=op.f("ck_appointment_screened")),
        sa.CheckConstraint(
            "status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')",
            name=op.f("ck_appointment_status"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_order")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["person.id"], name=op.f("fk_appointment_booked_by_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_appointment_patient_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_appointment_practitioner_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_appointment_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_appointment_draft_id")),
    )
    op.create_index(
        "ix_appointment_patient_id_starts_at", "appointment", ["patient_id", "starts_at"], unique=False
    )
    op.create_table(
        "closed_day",
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_closed_day_service_id")),
        sa.PrimaryKeyConstraint("service_id", "day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "login_session",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_session_person_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_login_session")),
    )
    op.create_index(op.f("ix_login_session_person_id"), "login_session", ["person_id"], unique=False)
    op.create_index(op.f("ix_login_session_seen_at"), "login_session", ["seen_at"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("visit_minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "opens >= 0 AND opens < closes AND closes <= 1440", name=op.f("ck_schedule_hours")
        ),
        sa.CheckConstraint("visit_minutes BETWEEN 5 AND 240", name=op.f("ck_schedule_visit")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_schedule_weekday")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_schedule_practitioner_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_schedule_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    op.create_index(op.f("ix_schedule_practitioner_id"), "schedule", ["practitioner_id"], unique=False)
    op.create_index(op.f("ix_schedule_service_id"), "schedule", ["service_id"], unique=False)
    op.create_table(
        "screening_tally",
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("municipality_number", sa.String(length=4), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("yes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_number"],
            ["municipality.number"],
            name=op.f("fk_screening_tally_municipality_number"),
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_screening_tally_service_id")),
        sa.PrimaryKeyConstraint("service_id", "municipality_number", "day", name=op.f("pk_screening_tally")),
    )
    op.create_table(
        "service_area",
        sa.Column("municipality_number", sa.String(length=4), nullable=False),
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_number"], ["municipality.number"], name=op.f("fk_service_area_municipality_number")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_area_service_id")),
        sa.PrimaryKeyConstraint("municipality_number", name=op.f("pk_service_area")),
    )
    op.create_index(op.f("ix_service_area_service_id"), "service_area", ["service_id"], unique=False)
    op.create_table(
        "appointment_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "event IN ('book', 'move', 'cancel', 'arrive', 'fulfil', 'miss')",
            name=op.f("ck_appointment_event_event"),
        ),
        sa.CheckConstraint(
            "status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')",
            name=op.f("ck_appointment_event_status"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_event_appointment_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_appointment_event_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_event")),
    )
    op.create_index(
        "ix_appointment_event_appointment_id_at", "appointment_event", ["appointment_id", "at"], unique=False
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("moves_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=3), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'sent', 'discarded')", name=op.f("ck_draft_status")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_draft_appointment_id")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["person.id"], name=op.f("fk_draft_booked_by_id")),
        sa.ForeignKeyConstraint(["moves_id"], ["appointment.id"], name=op.f("fk_draft_moves_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_draft_patient_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_draft_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_status_updated_at", "draft", ["status", "updated_at"], unique=False)
    op.create_index(
        "uq_draft_open_booking",
        "draft",
        ["booked_by_id", "patient_id", "service_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open' AND moves_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND moves_id IS NULL"),
    )
    op.create_index(
        "uq_draft_open_move",
        "draft",
        ["moves_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
    )
    op.create_table(
        "parked_text",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_parked_text_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_parked_text")),
    )
    op.create_table(
        "slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'busy' AND appointment_id IS NOT NULL AND draft_id IS NULL AND expires_at IS NULL) OR "
            "(status = 'busy-tentative' AND draft_id IS NOT NULL AND appointment_id IS NULL "
            "AND expires_at IS NOT NULL)",
            name=op.f("ck_slot_owner"),
        ),
        sa.CheckConstraint("status IN ('busy-tentative', 'busy')", name=op.f("ck_slot_status")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_slot_order")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_slot_appointment_id")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_slot_draft_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_slot_practitioner_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_slot_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_slot_appointment_id")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_slot_draft_id")),
        sa.UniqueConstraint("practitioner_id", "starts_at", name=op.f("uq_slot_practitioner_id_starts_at")),
    )
    op.create_index("ix_slot_service_id_starts_at", "slot", ["service_id", "starts_at"], unique=False)
    _refuse_overlaps()


def downgrade() -> None:
    op.drop_index("ix_slot_service_id_starts_at", table_name="slot")
    op.drop_table("slot")
    op.drop_table("parked_text")
    op.drop_index(
        "uq_draft_open_move",
        table_name="draft",
        postgresql_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_draft_open_booking",
        table_name="draft",
        postgresql_where=sa.text("status = 'open' AND moves_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND moves_id IS NULL"),
    )
    op.drop_index("ix_draft_status_updated_at", table_name="draft")
    op.drop_table("draft")
    op.drop_index("ix_appointment_event_appointment_id_at", table_name="appointment_event")
    op.drop_table("appointment_event")
    op.drop_index(op.f("ix_service_area_service_id"), table_name="service_area")
    op.drop_table("service_area")
    op.drop_table("screening_tally")
    op.drop_index(op.f("ix_schedule_service_id"), table_name="schedule")
    op.drop_index(op.f("ix_schedule_practitioner_id"), table_name="schedule")
    op.drop_table("schedule")
    op.drop_index(op.f("ix_login_session_seen_at"), table_name="login_session")
    op.drop_index(op.f("ix_login_session_person_id"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_table("closed_day")
    op.drop_index("ix_appointment_patient_id_starts_at", table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(op.f("ix_service_owner_number"), table_name="service")
    op.drop_table("service")
    op.drop_index(op.f("ix_person_municipality_number"), table_name="person")
    op.drop_table("person")
    op.drop_table("municipality_spelling")
    op.drop_index("ix_absence_practitioner_id_ends_at", table_name="absence")
    op.drop_table("absence")
    op.drop_table("practitioner")
    op.drop_table("municipality")


OVERLAP = "ex_slot_overlap"


def _refuse_overlaps() -> None:
    """No two slots of a practitioner overlap, whatever the schedule was when each was taken.

    PostgreSQL has exclusion constraints for it. SQLite writes one at a time, so a trigger that looks is as good.
    The unique start is checked first in both, so ordinary races are decided by uq_slot_practitioner_id_starts_at.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            f"ALTER TABLE slot ADD CONSTRAINT {OVERLAP} EXCLUDE USING gist "
            "(practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
        )
        return
    for event in ("INSERT", "UPDATE OF practitioner_id, starts_at, ends_at"):
        kind = event.split()[0].lower()
        op.execute(
            f"""CREATE TRIGGER {OVERLAP}_{kind} BEFORE {event} ON slot
            WHEN EXISTS (SELECT 1 FROM slot WHERE practitioner_id = NEW.practitioner_id AND id IS NOT NEW.id
                AND starts_at <> NEW.starts_at AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at)
            BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"""  # noqa: S608  constants of this file
        )
