"""The video visit: door, seats, guests' codes and history; what came of an appointment; doctors log in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OUTCOME = (
    "outcome IS NULL OR (outcome = 'fulfilled' AND status = 'fulfilled') OR "
    "(outcome = 'noshow' AND status = 'noshow') OR "
    "(outcome = 'technical_failure' AND status = 'cancelled')"
)
EVENTS = "event IN ('book', 'move', 'cancel', 'arrive', 'fulfil', 'miss'{more})"
STATUSES = "status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')"


def _big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _appointment_outcome()
    with op.batch_alter_table("appointment_event") as table:
        table.drop_constraint(op.f("ck_appointment_event_event"), type_="check")
        table.create_check_constraint(op.f("ck_appointment_event_event"), EVENTS.format(more=", 'fail'"))
    _login_role()
    _visit_tables()


def _appointment_outcome() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Added in place: SQLite would otherwise copy the table, and other tables refer to its rows.
        op.execute(
            "ALTER TABLE appointment ADD COLUMN outcome VARCHAR(20) "
            f"CONSTRAINT ck_appointment_outcome CHECK ({OUTCOME})"
        )
    else:
        op.add_column("appointment", sa.Column("outcome", sa.String(length=20), nullable=True))
        op.create_check_constraint(op.f("ck_appointment_outcome"), "appointment", OUTCOME)
    op.create_index(
        "ix_appointment_practitioner_id_starts_at",
        "appointment",
        ["practitioner_id", "starts_at"],
        unique=False,
    )


def _login_role() -> None:
    with op.batch_alter_table("login_session") as table:
        table.add_column(sa.Column("role", sa.String(length=12), nullable=False, server_default="citizen"))
        table.add_column(sa.Column("practitioner_id", _big_id(), nullable=True))
        table.alter_column("person_id", existing_type=_big_id(), nullable=True)
        table.create_check_constraint(op.f("ck_login_session_role"), "role IN ('citizen', 'practitioner')")
        table.create_check_constraint(
            op.f("ck_login_session_who"),
            "(role = 'citizen') = (person_id IS NOT NULL) AND "
            "(role = 'practitioner') = (practitioner_id IS NOT NULL)",
        )
        table.create_foreign_key(
            op.f("fk_login_session_practitioner_id"), "practitioner", ["practitioner_id"], ["id"]
        )
        table.create_index(op.f("ix_login_session_practitioner_id"), ["practitioner_id"], unique=False)
    # The default was for the logins that were there; from now on each says its role.
    with op.batch_alter_table("login_session") as table:
        table.alter_column("role", existing_type=sa.String(length=12), server_default=None)


def _visit_tables() -> None:
    op.create_table(
        "visit",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        _moment("opened_early_at"),
        _moment("started_at"),
        _moment("ended_at"),
        sa.Column("node", sa.String(length=40), nullable=True),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("ended_at IS NULL OR message IS NULL", name=op.f("ck_visit_message")),
        sa.CheckConstraint(
            "started_at IS NULL OR ended_at IS NULL OR started_at <= ended_at", name=op.f("ck_visit_order")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_visit_appointment_id")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_visit")),
    )
    op.create_table(
        "visit_participant",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        _moment("waiting_since"),
        _moment("seen_at", nullable=False),
        _moment("admitted_at"),
        _moment("entered_at"),
        _moment("left_at"),
        _moment("removed_at"),
        _moment("alone_confirmed_at"),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "role IN ('patient', 'practitioner', 'guest')", name=op.f("ck_visit_participant_role")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'admitted', 'in', 'left', 'removed')",
            name=op.f("ck_visit_participant_state"),
        ),
        sa.CheckConstraint(
            "(role = 'guest') = (seat LIKE 'guest-%')", name=op.f("ck_visit_participant_seat")
        ),
        sa.CheckConstraint(
            "state NOT IN ('admitted', 'in') OR admitted_at IS NOT NULL",
            name=op.f("ck_visit_participant_admitted"),
        ),
        sa.CheckConstraint(
            "(state = 'removed') = (removed_at IS NOT NULL)", name=op.f("ck_visit_participant_removed")
        ),
        sa.CheckConstraint("epoch >= 0", name=op.f("ck_visit_participant_epoch")),
        sa.CheckConstraint("phone IS NULL OR role = 'patient'", name=op.f("ck_visit_participant_phone")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["visit.appointment_id"],
            name=op.f("fk_visit_participant_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("appointment_id", "seat", name=op.f("pk_visit_participant")),
    )
    op.create_table(
        "guest_invitation",
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pass_digest", sa.LargeBinary(length=32), nullable=True),
        _moment("created_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("used_at"),
        sa.CheckConstraint("seat LIKE 'guest-%'", name=op.f("ck_guest_invitation_seat")),
        sa.CheckConstraint(
            "(used_at IS NULL) = (pass_digest IS NULL)", name=op.f("ck_guest_invitation_used")
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["visit.appointment_id"],
            name=op.f("fk_guest_invitation_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_invitation")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_guest_invitation_code_digest")),
        sa.UniqueConstraint("pass_digest", name=op.f("uq_guest_invitation_pass_digest")),
        sa.UniqueConstraint("appointment_id", "seat", name=op.f("uq_guest_invitation_appointment_id_seat")),
    )
    op.create_table(
        "visit_event",
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        _moment("at", nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("seat", sa.String(length=12), nullable=True),
        sa.Column("by_role", sa.String(length=12), nullable=False),
        sa.Column("by_person_id", _big_id(), nullable=True),
        sa.Column("by_practitioner_id", _big_id(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "what IN ('open_early', 'wait', 'admit', 'enter', 'leave', 'remove', 'invite', 'confirm_alone', "
            "'give_phone', 'end', 'fulfil', 'miss', 'fail')",
            name=op.f("ck_visit_event_what"),
        ),
        sa.CheckConstraint(
            "by_role IN ('patient', 'practitioner', 'guest')", name=op.f("ck_visit_event_by_role")
        ),
        sa.CheckConstraint(STATUSES, name=op.f("ck_visit_event_status")),
        sa.CheckConstraint(
            "(by_role = 'patient') = (by_person_id IS NOT NULL) AND "
            "(by_role = 'practitioner') = (by_practitioner_id IS NOT NULL)",
            name=op.f("ck_visit_event_by"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_visit_event_appointment_id")
        ),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_visit_event_by_person_id")),
        sa.ForeignKeyConstraint(
            ["by_practitioner_id"], ["practitioner.id"], name=op.f("fk_visit_event_by_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_event")),
    )
    op.create_index("ix_visit_event_appointment_id_at", "visit_event", ["appointment_id", "at"], unique=False)


def downgrade() -> None:
    for table in ("visit_event", "guest_invitation", "visit_participant", "visit"):
        op.drop_table(table)
    op.execute("DELETE FROM login_session WHERE role <> 'citizen'")
    with op.batch_alter_table("login_session") as table:
        table.drop_index(op.f("ix_login_session_practitioner_id"))
        table.drop_constraint(op.f("fk_login_session_practitioner_id"), type_="foreignkey")
        table.drop_constraint(op.f("ck_login_session_who"), type_="check")
        table.drop_constraint(op.f("ck_login_session_role"), type_="check")
        table.drop_column("practitioner_id")
        table.drop_column("role")
        table.alter_column("person_id", existing_type=_big_id(), nullable=False)
    op.execute("DELETE FROM appointment_event WHERE event = 'fail'")
    with op.batch_alter_table("appointment_event") as table:
        table.drop_constraint(op.f("ck_appointment_event_event"), type_="check")
        table.create_check_constraint(op.f("ck_appointment_event_event"), EVENTS.format(more=""))
    op.drop_index("ix_appointment_practitioner_id_starts_at", table_name="appointment")
    op.execute("ALTER TABLE appointment DROP COLUMN outcome")
