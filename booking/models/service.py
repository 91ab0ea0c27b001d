"""A service (FHIR HealthcareService): Kommunal nettlege as one municipality runs it for one or several."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.models.columns import BigId
from booking.models.municipality import Municipality


class Service(Base):
    """``owner_number`` is the municipality that runs it. Hours and days are as their names say."""

    __tablename__ = "service"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 365", name="horizon"),
        sa.CheckConstraint("cancellation_hours BETWEEN 0 AND 168", name="cancellation"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80))
    owner_number: Mapped[str] = mapped_column(sa.String(4), sa.ForeignKey("municipality.number"), index=True)
    horizon_days: Mapped[int] = mapped_column(default=28)
    cancellation_hours: Mapped[int] = mapped_column(default=24)
    help_url: Mapped[str | None] = mapped_column(sa.String(300))

    owner: Mapped[Municipality] = relationship(lazy="raise")
    areas: Mapped[list["ServiceArea"]] = relationship(
        lazy="raise", order_by="ServiceArea.municipality_number"
    )


class ServiceArea(Base):
    """A municipality whose residents may use the service; it can be connected to one service only."""

    __tablename__ = "service_area"

    municipality_number: Mapped[str] = mapped_column(
        sa.String(4), sa.ForeignKey("municipality.number"), primary_key=True
    )
    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"), index=True)

    municipality: Mapped[Municipality] = relationship(lazy="raise")
