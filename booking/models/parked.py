"""Text that arrived after its sender's login had run out: kept until the sender logs in again."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, EncryptedText, UtcDateTime


class ParkedText(Base):
    """At most one a draft, so that strangers cannot fill the table; only the draft's owner ever sees it."""

    __tablename__ = "parked_text"

    draft_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(EncryptedText("parked_text.reason"))
    parked_at: Mapped[datetime] = mapped_column(UtcDateTime)
