"""The rules that every fetched page is held to do catch what they are for."""

import pytest

from tests.page_rules import fragment_faults, page_faults
from tests.page_tree import read_html

HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "HX-Request",
}
PAGE = """<!doctype html>
<html lang="nb"><head><title>{title}</title><link rel="stylesheet" href="/static/app.css"></head>
<body><main><h1>Velg tidspunkt</h1>{body}</main></body></html>"""
POST = '<form method="post" action="/bestill"><input type="hidden" name="csrf_token" value="x">{}</form>'


def faults_of(body: str = "", title: str = "Velg tidspunkt – Kommunal nettlege", **headers: str) -> list[str]:
    return page_faults(read_html(PAGE.format(title=title, body=body)), HEADERS | headers)


@pytest.mark.parametrize(
    "body",
    [
        '<p>Hei <a href="/hjelp/4204">hjelp</a><br>og <b>hei</b></p>',
        '<ul><li><a href="#x">x</a></li></ul><p id="x">x</p>',
        '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0"/><use href="#y"></use></svg>',
        POST.format('<label for="r">Hva gjelder det?</label><textarea id="r" name="r"></textarea>'),
        POST.format('<label><input type="radio" name="a" value="no"> Nei</label><button>Neste</button>'),
    ],
)
def test_good_html_has_no_faults(body: str) -> None:
    assert faults_of(body) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>a<div>b</div></p>", "<div> within <p>"),
        ("<p>a", "</main> where <p> is open"),
        ('<a href="/"><button>x</button></a>', "<button> within <a>"),
        ("<div><li>x</li></div>", "<li> directly within <div>"),
        ("<div/>", "no empty element"),
        ('<p class="a" class="b">x</p>', "class twice"),
        ("<h1>to</h1>", "2 h1"),
        ("<h3>for dypt</h3>", "h1 is followed by h3"),
        ('<p id="a">x</p><p id="a">x</p>', "id «a» stands 2 times"),
        ('<form method="post" action="/x"></form>', "carries 0 csrf_token"),
        ("<form></form>", "no action"),
        ('<form method="post" action="https://example.org/"></form>', "no action within this site"),
        ('<form action="/x"><input type="hidden" name="csrf_token" value="x"></form>', "into the address"),
        ('<p style="color:red">x</p>', "has style"),
        ('<p onclick="x()">x</p>', "has onclick"),
        ('<a href="javascript:x()">x</a>', "script for an address"),
        ("<script>x()</script>", "inline"),
        ('<script src="https://example.org/x.js"></script>', "from elsewhere"),
        ('<img src="//example.org/x.png" alt="">', "from elsewhere"),
        ('<img src="/x.png">', "no alt"),
        ('<label for="b">x</label>', "points to nothing"),
        ('<p aria-describedby="b">x</p>', "points to nothing"),
        ('<a href="#b">x</a>', "not here"),
        ('<input name="a">', "has no label"),
        ('<a href="/"></a>', "has no name"),
        ("<a>x</a>", "leads nowhere"),
        ("<p>None</p>", "says None"),
        ("<p>%(count)s timer</p>", "not filled in"),
        ('<form method="post" action="/logg-ut"></form>', "no-store"),
    ],
)
def test_each_fault_is_told(body: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(body)), faults_of(body)


def test_title_begins_with_the_heading_or_says_that_there_is_an_error() -> None:
    assert faults_of(title="Feil: Velg tidspunkt – Kommunal nettlege") == []
    assert faults_of(title="Kommunal nettlege")


def test_policy_that_allows_inline_scripts_is_a_fault() -> None:
    assert faults_of(**{"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"})


def test_fragment_needs_no_heading_but_vary() -> None:
    tree = read_html("<li>Kristiansand</li>")
    assert fragment_faults(tree, HEADERS) == []
    assert fragment_faults(tree, {})
