"""What every answer carries besides its page: policy, cookies, caching, limits."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import Town, log_in, make_appointment, make_person, oslo
from tests.journeys import answer_no, hold
from tests.page_client import PageClient

MONDAY_8 = oslo("2026-11-23 08.00")
HTTPS = "https://nettlege.example"


def policy(client: PageClient) -> dict[str, list[str]]:
    text = client.page.response.headers["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in text.split(";")}


def test_policy_allows_our_own_files_and_nothing_inline(client: PageClient) -> None:
    client.get("/")
    allowed = policy(client)
    assert allowed["default-src"] == ["'none'"]
    assert allowed["script-src"] == allowed["style-src"] == allowed["form-action"] == ["'self'"]
    assert allowed["frame-ancestors"] == allowed["base-uri"] == ["'none'"]
    every = " ".join(client.page.response.headers.getlist("Content-Security-Policy"))
    for way_out in ("unsafe", "http:", "https:", "*", "nonce", "blob: 'self'"):
        assert way_out not in every
    assert "data:" not in " ".join(allowed["script-src"])


def test_every_kind_of_answer_has_the_headers(client: PageClient, subtests: pytest.Subtests) -> None:
    for address in ["/", "/finnes-ikke", "/helse", "/k/finnes-ikke", "/logg-inn", "/sprak"]:
        with subtests.test(address=address):
            headers = client.browser.get(address).headers
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["X-Content-Type-Options"] == "nosniff"
            if "Location" not in headers:
                assert headers["X-Frame-Options"] == "DENY"
                assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "Server" not in headers
            assert "X-Powered-By" not in headers


def test_camera_and_microphone_are_for_ourselves_only(client: PageClient) -> None:
    client.get("/")
    allowed = client.page.response.headers["Permissions-Policy"].split(", ")
    assert {"camera=(self)", "microphone=(self)", "geolocation=()"} <= set(allowed)


def test_no_page_of_somebody_logged_in_may_be_kept(
    app: Flask, kari: PageClient, session: Session, town: Town
) -> None:
    """Every address there is, but the free times for other web pages, which are nobody's."""
    path = hold(kari, MONDAY_8)
    patient = make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    appointment = make_appointment(session, patient=patient, town=town, starts_at=oslo("2026-11-24 08.00"))
    some = {"draft_id": path.rpartition("/")[2], "appointment_id": appointment.id,
            "service_slug": "kristiansand", "key": "kristiansand"}  # fmt: skip
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "municipality.free_times":
            continue
        address = adapter.build(rule.endpoint, {name: some[name] for name in rule.arguments})
        for headers in ({}, {"HX-Request": "true"}):
            answer = kari.browser.get(address, headers=headers)
            assert answer.headers["Cache-Control"] == "no-store", address
            assert "Access-Control-Allow-Origin" not in answer.headers, address


def test_files_are_kept_for_a_year_because_their_address_changes_with_them(client: PageClient) -> None:
    client.get("/")
    sheets = [node.get("href") for node in client.page.root.all("link") if node.get("rel") == "stylesheet"]
    scripts = [node.get("src") for node in client.page.root.all("script")]
    for address in [*sheets, *scripts]:
        with client.browser.get(address, headers={"Accept-Encoding": "br"}) as answer:
            assert answer.status_code == 200, address
            kept = answer.headers["Cache-Control"]
            assert "immutable" in kept
            assert "max-age=31536000" in kept or "max-age=315360000" in kept
            assert answer.headers["Content-Encoding"] == "br"


# The cookie


def cookie_of(app: Flask, base_url: str) -> str:
    return app.test_client().get("/", base_url=base_url).headers["Set-Cookie"]


def test_cookie_on_https_is_a_host_cookie(make_app: Callable[..., Flask]) -> None:
    cookie = cookie_of(make_app(base_url=HTTPS), HTTPS)
    assert cookie.startswith("__Host-nettlege=")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not any(attribute.lower().startswith("domain") for attribute in attributes)


def test_cookie_is_for_the_server_only_and_gone_with_the_browser(app: Flask) -> None:
    attributes = {part.strip() for part in cookie_of(app, "http://localhost").split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax"} <= attributes
    assert not any(attribute.startswith(("Expires", "Max-Age")) for attribute in attributes)


def test_cookie_does_not_hold_who_is_logged_in(kari: PageClient) -> None:
    """It can be read by whoever has it: it holds a secret that opens the session, whether citizen or doctor; no name
    and no number.
    """
    cookie = kari.browser.get_cookie("nettlege")
    assert cookie is not None
    session = kari.app.session_interface.get_signing_serializer(kari.app)  # type: ignore[attr-defined]
    held = session.loads(cookie.value)
    assert set(held) <= {"token", "role", "csrf_token", "language", "yes_counted"}
    assert held["role"] == "citizen"


def test_login_gives_a_new_session_and_logout_ends_it(kari: PageClient) -> None:
    """The secret of before the logout opens nothing afterwards, whoever has copied it."""
    before = kari.browser.get_cookie("nettlege")
    assert before is not None
    stolen = {"Cookie": f"nettlege={before.value}"}
    thief = kari.app.test_client(use_cookies=False)
    assert thief.get("/timeavtaler", headers=stolen).status_code == 200
    kari.click("Logg ut")
    assert thief.get("/timeavtaler", headers=stolen).status_code == 303


@pytest.mark.parametrize(("base_url", "told"), [(HTTPS, True), ("http://localhost", False)])
def test_https_only_is_told_on_https_only(make_app: Callable[..., Flask], base_url: str, told: bool) -> None:
    answer = make_app(base_url=base_url).test_client().get("/", base_url=base_url)
    assert ("Strict-Transport-Security" in answer.headers) is told


def test_forms_on_https_are_refused_from_another_site(make_app: Callable[..., Flask]) -> None:
    browser = make_app(base_url=HTTPS).test_client()
    client = PageClient(browser.application, browser)
    page = client.get("/", base_url=HTTPS)
    form = page.find_form("English").values()
    for referrer, status in ((f"{HTTPS}/", 303), ("https://evil.example/", 400), (None, 400)):
        headers = {"Referer": referrer} if referrer else {}
        assert browser.post("/sprak", data=form, base_url=HTTPS, headers=headers).status_code == status


# The test login


def test_test_login_can_be_switched_off(make_app: Callable[..., Flask]) -> None:
    app = make_app(test_login=False)
    client = PageClient(app)
    client.get("/logg-inn/test", expect=404)
    client.post("/logg-inn/test", {"person": "1"}, expect=404)
    assert "Testutgave" not in client.get("/").text()


def test_test_login_is_clearly_marked(client: PageClient) -> None:
    client.get("/logg-inn", follow=True)
    assert "Testutgave: personer og timer her er oppdiktet." in client.page.text()
    assert "Dette er en testinnlogging. Velg en oppdiktet person." in client.page.main_text()


def test_protected_address_is_not_shown_on_the_login_page(
    client: PageClient, session: Session, town: Town
) -> None:
    make_person(session, lives_in=town.municipality, name="Vilja Skjermet", address_protected=True)
    client.get("/logg-inn", follow=True)
    people, _doctors = client.page.main_text().split("Leger")
    assert "skjermet adresse" in people
    assert "Kristiansand" not in people


# Limits


@pytest.fixture
def limited(make_app: Callable[..., Flask], session: Session, town: Town) -> PageClient:
    """Kari, logged in where limits are on."""
    client = PageClient(make_app(rate_limits=True))
    log_in(client, make_person(session, lives_in=town.municipality))
    return client


def test_sending_again_and_again_is_told_to_wait(limited: PageClient, session: Session, town: Town) -> None:
    path = hold(limited, MONDAY_8)
    for _ in range(20):
        limited.post(f"{path}/se-gjennom", {"reason": ""}, expect=422)
    limited.post(f"{path}/se-gjennom", {"reason": "x"}, expect=429)
    assert limited.page.heading == "Det gikk litt for fort"
    limited.get(f"{path}/se-gjennom")
    # The count is the person's, not the address's: others behind the same router go on.
    ola = PageClient(limited.app)
    log_in(ola, make_person(session, lives_in=town.municipality, name="Ola Nordmann"))
    path = hold(ola, oslo("2026-11-24 08.00"))
    ola.post(f"{path}/se-gjennom", {"reason": ""}, expect=422)


def test_holding_again_and_again_is_told_to_wait(limited: PageClient) -> None:
    path = answer_no(limited)
    for _ in range(40):
        limited.post(f"{path}/tidspunkt", {"start": "x"}, expect=422)
    limited.post(f"{path}/tidspunkt", {"start": "2026-11-23T07:00Z"}, expect=429)


def test_trying_logins_again_and_again_is_told_to_wait(limited: PageClient) -> None:
    browser = limited.app.test_client()
    statuses = [browser.get("/logg-inn/retur?code=x&state=x").status_code for _ in range(301)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


def test_limits_are_on_unless_the_settings_say_otherwise(make_app: Callable[..., Flask]) -> None:
    assert make_app(rate_limits=True).config["RATELIMIT_ENABLED"] is True
    assert make_app().config["RATELIMIT_ENABLED"] is False
