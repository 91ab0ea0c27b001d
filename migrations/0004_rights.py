"""Rights."""

from collections.abc import Sequence

revision: str = "0004"
down_revision: str | None = "000 roles, representation, who looked at what:3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
