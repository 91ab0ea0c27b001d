"""Municipalities (kommuner), keyed by their four-digit kommunenummer, and every other way to write them."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base


class Municipality(Base):
    """One of Norway's kommuner. ``slug`` is its lasting short address."""

    __tablename__ = "municipality"
    __table_args__ = (sa.UniqueConstraint("slug"),)

    number: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    slug: Mapped[str] = mapped_column(sa.String(80))


class MunicipalitySpelling(Base):
    """A further or former spelling or number; several rows with one spelling mean that it is ambiguous."""

    __tablename__ = "municipality_spelling"

    spelling: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(4), sa.ForeignKey("municipality.number"), primary_key=True)
