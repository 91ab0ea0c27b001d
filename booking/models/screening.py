"""How often the question before a booking was answered «Ja»: a number a day, and nobody's name."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base
from booking.models.columns import BigId


class ScreeningTally(Base):
    """``yes`` answers at a service on a day in Oslo. No person, no hour: it cannot be traced to anyone."""

    __tablename__ = "screening_tally"

    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"), primary_key=True)
    municipality_number: Mapped[str] = mapped_column(
        sa.String(4), sa.ForeignKey("municipality.number"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    yes: Mapped[int] = mapped_column(default=0)
