"""Practitioners and when they work (FHIR Practitioner, Schedule)."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, UtcDateTime
from booking.models.columns import BigId


class Practitioner(Base):
    """A municipal doctor, known by the HPR number."""

    __tablename__ = "practitioner"
    __table_args__ = (sa.UniqueConstraint("hpr_number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hpr_number: Mapped[str] = mapped_column(sa.String(9))
    name: Mapped[str] = mapped_column(sa.String(120))


class Schedule(Base):
    """A line of weekly hours at a service. ``opens`` and ``closes`` are minutes after midnight in Oslo."""

    __tablename__ = "schedule"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="hours"),
        sa.CheckConstraint("visit_minutes BETWEEN 5 AND 240", name="visit"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"), index=True)
    practitioner_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("practitioner.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]
    visit_minutes: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class Absence(Base):
    """A time when a practitioner is away."""

    __tablename__ = "absence"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.Index("ix_absence_practitioner_id_ends_at", "practitioner_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("practitioner.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosedDay(Base):
    """A day in Oslo when a service is closed: public holidays, and what the municipality adds."""

    __tablename__ = "closed_day"

    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(80))
