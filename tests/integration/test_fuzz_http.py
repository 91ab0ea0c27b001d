"""The short form of benchmarks/fuzz/over_http.py: generated requests against the product as it really starts."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from benchmarks.fuzz import forms
from benchmarks.fuzz.in_process import run
from benchmarks.fuzz.over_http import attack, prepare, promises, send
from tests.page_client import PageClient
from tests.race_server import Browser, Server
from tests.stage import let_go, settings_for

REQUESTS = 300


def test_generated_requests_break_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    app = prepare(url)
    before = promises(app)
    try:
        with Server("waitress", url, tmp_path) as server:
            report = attack(server.port, app, REQUESTS, seed=4, threads=2)
            assert Browser(server.port).get("/helse").status == 200
            assert not server.faults()
        assert not promises(app) - before
    finally:
        let_go(app)
    assert report.requests == REQUESTS
    assert not report.fell, "\n".join(report.fell[:5])
    # It got past the first door: pages were shown, forms taken, and others refused each for its reason.
    assert {200, 303, 400, 401, 404, 405} <= set(report.statuses)


@pytest.mark.parametrize("number", range(6))
def test_generated_forms_cookies_and_tokens_are_read_or_refused(number: int, tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'x.sqlite'}"))
    report = run([forms.targets(app)[number]], 300, seed=4)
    let_go(app)
    assert not report.fell, "\n".join(report.fell[:5])


def test_no_method_but_those_of_the_route(app: Flask, client: PageClient) -> None:
    """TRACE and the like are answered nowhere (ASVS 13.4.4); OPTIONS says which there are."""
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in ("TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"):
            assert client.browser.open(address, method=method).status_code in (404, 405), (method, address)


def test_silence_is_told_from_an_answer(tmp_path: Path) -> None:
    """A port where nobody listens is no answer: the attack would see a server that is gone."""
    assert send(1, b"GET / HTTP/1.1\r\n\r\n") == 1
