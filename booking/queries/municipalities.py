"""Which municipality is meant?"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.municipalities import Match, rank, slug
from booking.models import Municipality, MunicipalitySpelling, ServiceArea


@dataclass(frozen=True, slots=True)
class MunicipalityFacts:
    """A municipality, and whether a service is for its residents."""

    number: str
    name: str
    slug: str
    connected: bool


# Made once, of columns of the tables: rows become MunicipalityFacts at once and need no mapping in between.
_PLACE: Any = Municipality.__table__
_AREA: Any = ServiceArea.__table__
_FACTS = sa.select(
    _PLACE.c.number, _PLACE.c.name, _PLACE.c.slug, _AREA.c.service_id.is_not(None)
).select_from(_PLACE.outerjoin(_AREA, _AREA.c.municipality_number == _PLACE.c.number))
_NUMBERED = _FACTS.where(_PLACE.c.number == sa.bindparam("number"))
_EXACT = _FACTS.where(
    sa.or_(_PLACE.c.slug == sa.bindparam("slug"), _PLACE.c.number == sa.bindparam("number"))
)


def municipality_by_number(session: Session, number: str) -> MunicipalityFacts | None:
    """The municipality with that kommunenummer."""
    row = session.execute(_NUMBERED, {"number": number}).one_or_none()
    return None if row is None else MunicipalityFacts(*row)


def municipalities_written(session: Session, key: str) -> list[MunicipalityFacts]:
    """Whom ``key`` may mean: an address, a kommunenummer, a further or former spelling; several when ambiguous."""
    folded = slug(key)
    row = session.execute(_EXACT, {"slug": folded, "number": key}).first()
    if row is not None:
        return [MunicipalityFacts(*row)]
    spelled = sa.select(MunicipalitySpelling.number).where(MunicipalitySpelling.spelling == folded)
    rows = session.execute(_FACTS.where(_PLACE.c.number.in_(spelled)).order_by(_PLACE.c.number))
    return [MunicipalityFacts(*row) for row in rows]


def search_municipalities(session: Session, query: str, limit: int = 8) -> list[MunicipalityFacts]:
    """The best matches for what somebody has typed so far, best first; a former name or number finds its heir."""
    spelled = sa.select(MunicipalitySpelling.number).where(MunicipalitySpelling.spelling == slug(query))
    heirs = set(session.scalars(spelled))
    ranked = []
    for row in session.execute(_FACTS):
        found = MunicipalityFacts(*row)
        place = rank(query, found.name, found.number)
        if place is None and found.number in heirs:
            place = Match.WHOLE
        if place is not None:
            ranked.append((place, found.name, found.number, found))
    ranked.sort(key=lambda entry: entry[:3])
    return [found for *_, found in ranked[:limit]]
