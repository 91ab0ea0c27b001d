"""«Send» counts a patient's bookings instead of locking the patient; indexes for what is asked most."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.add_column("person", sa.Column("booking_count", sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE person SET (fillfactor = 90)")
    op.create_index(
        "ix_draft_open_booked_by_id_updated_at",
        "draft",
        ["booked_by_id", "updated_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.drop_index("ix_slot_service_id_starts_at", table_name="slot")


def downgrade() -> None:
    op.create_index("ix_slot_service_id_starts_at", "slot", ["service_id", "starts_at"])
    op.drop_index("ix_draft_open_booked_by_id_updated_at", table_name="draft")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE person RESET (fillfactor)")
    op.drop_column("person", "booking_count")
