"""The ways through a booking that many tests walk before they come to what they are about."""

import re
from datetime import datetime
from uuid import UUID

from booking.clock import oslo_date, utc_minute
from tests.page_client import Page, PageClient

REASON = "Utslett på hendene siden mandag"
_DRAFT = re.compile(r"/bestilling/[0-9a-f-]{36}")


def draft_path(client: PageClient) -> str:
    """``/bestilling/<id>`` of the booking whose page the client is at."""
    found = _DRAFT.match(client.page.path)
    assert found, f"{client.page.path} is no step of a booking"
    return found[0]


def answer_no(client: PageClient, service: str = "kristiansand") -> str:
    """Step 1; one is at step 2 afterwards. Returns the booking's path."""
    client.get(f"/bestill/{service}")
    client.submit(client.page.find_form("Neste"), answer="no")
    return draft_path(client)


def choose(client: PageClient, start: datetime, *, expect: int = 200) -> Page:
    """Step 2, from whichever of the booking's pages one is at; one is at step 3 afterwards."""
    client.get(f"{draft_path(client)}/tidspunkt?dato={oslo_date(start)}")
    return client.submit(client.page.find_form("Neste"), start=utc_minute(start), expect=expect)


def hold(client: PageClient, start: datetime, service: str = "kristiansand") -> str:
    """Steps 1 and 2; one is at step 3 with the time held. Returns the booking's path."""
    path = answer_no(client, service)
    choose(client, start)
    return path


def send(client: PageClient, reason: str = REASON, *, expect: int = 200) -> Page:
    """Step 3, from its page; one is at the receipt afterwards."""
    return client.submit(client.page.find_form("Send"), reason=reason, expect=expect)


def book(client: PageClient, start: datetime, reason: str = REASON, service: str = "kristiansand") -> str:
    """All four steps. Returns the booking's path."""
    path = hold(client, start, service)
    send(client, reason)
    return path


def free_values(client: PageClient) -> list[str]:
    """The times (UTC minutes) offered on the step 2 page that the client is at."""
    return [node.get("value") for node in client.page.root.all("input") if node.get("name") == "start"]


def every_form(draft: str, appointment_id: UUID) -> list[str]:
    """Where a citizen's browser sends: every address that takes POST, for a booking's path and an appointment."""
    return [
        "/sprak",
        "/logg-ut",
        "/logg-inn/test",
        "/bestill/kristiansand",
        f"{draft}/tidspunkt",
        f"{draft}/se-gjennom",
        f"{draft}/hva-det-gjelder",
        f"{draft}/forkast",
        f"/timeavtaler/{appointment_id}/avbestill",
        f"/timeavtaler/{appointment_id}/endre-tid",
        "/opplysninger",
        "/video/gjest",
        f"/video/{appointment_id}/tilbud",
        f"/video/{appointment_id}/forlat",
        f"/video/{appointment_id}/bekreft-rommet",
        f"/video/{appointment_id}/telefon",
    ]


def every_doctors_form(appointment_id: UUID) -> list[str]:
    """Where a doctor's browser sends, and no other."""
    names = ("apne-tidlig", "slipp-inn", "melding", "inviter", "fjern", "avslutt", "utfall")
    return [f"/lege/{appointment_id}/{name}" for name in names]
