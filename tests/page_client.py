"""A browser without scripts: fetches pages, checks each against tests/page_rules.py, and fills in their own forms.

    client.log_in("Kari Nordmann")
    client.get("/bestill")
    client.click("Kommunal nettlege Kristiansand")
    client.submit(client.page.find_form("Neste"), answer="no")
    assert "Velg tidspunkt" in client.page.text()

A person sees what ``client.page`` holds and does no more than that; ``client.post`` is for those who make requests
by hand. ``htmx=True`` asks as htmx does.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.page_rules import fragment_faults, page_faults
from tests.page_tree import Node, Tree, read_html

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5


class Form:
    """A form on a page, with the button that would send it."""

    def __init__(self, node: Node, button: Node | None = None) -> None:
        self.node = node
        self.button = button

    @property
    def action(self) -> str:
        return (
            self.button.get("formaction")
            if self.button and self.button.has("formaction")
            else self.node.get("action")
        )

    @property
    def method(self) -> str:
        return self.node.get("method", "get").lower()

    def fields(self) -> dict[str, list[Node]]:
        """Name → elements; a choice among radios is one name with several."""
        found: dict[str, list[Node]] = {}
        for node in self.node.all("input", "select", "textarea"):
            if (
                node.get("name")
                and not node.has("disabled")
                and node.get("type") not in {"submit", "image", "button"}
            ):
                found.setdefault(node.get("name"), []).append(node)
        return found

    def choices(self, name: str) -> list[str]:
        """The values offered under ``name`` by radios, check boxes or a select."""
        nodes = self.fields().get(name, [])
        options = [option for node in nodes for option in node.all("option")]
        return [node.get("value") for node in options or nodes]

    def values(self) -> MultiDict[str, str]:
        """What would be sent if nobody touched the form."""
        sent: MultiDict[str, str] = MultiDict()
        for name, nodes in self.fields().items():
            for node in nodes:
                value = _value(node)
                if value is not None:
                    sent.add(name, value)
        if self.button and self.button.get("name"):
            sent.add(self.button.get("name"), self.button.get("value"))
        return sent

    def filled(self, answers: dict[str, str]) -> MultiDict[str, str]:
        """The values with ``answers`` in their place; fails when the form offers no such field or choice."""
        sent = self.values()
        for name, value in answers.items():
            nodes = self.fields().get(name)
            assert nodes, f"no field {name} in the form; it has {sorted(self.fields())}"
            if nodes[0].tag == "select" or nodes[0].get("type") in {"radio", "checkbox"}:
                assert value in self.choices(name), f"{name} offers {self.choices(name)}, not {value}"
            sent[name] = value
        return sent


def _value(node: Node) -> str | None:
    if node.tag == "textarea":
        # As browsers do: the line break right after the tag is not part of the text.
        return "".join(map(str, node.children)).removeprefix("\n")
    if node.tag == "select":
        options = node.all("option")
        chosen = [option for option in options if option.has("selected")] or options[:1]
        return chosen[0].get("value") if chosen else None
    if node.get("type") in {"radio", "checkbox"}:
        return node.get("value", "on") if node.has("checked") else None
    return node.get("value")


@dataclass(frozen=True)
class Page:
    """An answer: a page, a fragment, a redirect, or something that is no HTML."""

    path: str
    response: TestResponse
    tree: Tree | None

    @property
    def root(self) -> Node:
        """The page's elements; none when the answer is no HTML."""
        return self.tree.root if self.tree else Node("")

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def location(self) -> str:
        """Where the answer sends us, by a redirect or by htmx's header; empty when nowhere."""
        headers = self.response.headers
        return headers.get("Location") or headers.get("HX-Redirect") or headers.get("HX-Location") or ""

    @property
    def heading(self) -> str:
        return self.root.all("h1")[0].text()

    def text(self) -> str:
        """Everything one can read on the page."""
        return self.root.text()

    def main_text(self) -> str:
        """What one can read in the page's own part."""
        return self.root.all("main")[0].text()

    def link(self, text: str) -> str:
        """The address behind the link called ``text``: so it is called, or else so its name begins."""
        return _called(self.root.all("a"), text, "link").get("href")

    def has_link(self, text: str) -> bool:
        return any(_name(node) == text for node in self.root.all("a"))

    def find_form(self, button_text: str) -> Form:
        """The form that the button called ``button_text`` sends."""
        button = _called(_buttons(self.root), button_text, "button")
        return Form(_form_of(button, self.root), button)

    def has_button(self, text: str) -> bool:
        return any(_name(node) == text for node in _buttons(self.root))


def _buttons(root: Node) -> list[Node]:
    found = [node for node in root.all("button") if node.get("type", "submit") == "submit"]
    return found + [node for node in root.all("input") if node.get("type") == "submit"]


def _form_of(button: Node, root: Node) -> Node:
    if button.has("form"):
        form = root.by_id(button.get("form"))
    else:
        form = next((node for node in button.ancestors() if node.tag == "form"), None)
    assert form is not None, f"{button} belongs to no form"
    return form


def _name(node: Node) -> str:
    return node.get("aria-label") or node.text() or node.get("value")


def _called(nodes: list[Node], text: str, kind: str) -> Node:
    names = [_name(node) for node in nodes]
    exact = [node for node, name in zip(nodes, names, strict=True) if name == text]
    found = exact or [node for node, name in zip(nodes, names, strict=True) if name.startswith(text)]
    assert found, f"no {kind} «{text}»; there are {names}"
    targets = {(node.get("href"), node.get("name"), node.get("value"), node.get("form")) for node in found}
    assert len(targets) == 1, f"several {kind}s «{text}»: {found}"
    return found[0]


class PageClient:
    """One person's browser. ``page`` is what it shows; it is None before the first request."""

    def __init__(self, app: Flask, browser: FlaskClient | None = None) -> None:
        self.app = app
        self.browser = browser or app.test_client()
        self._page: Page | None = None
        self._token = ""

    @property
    def page(self) -> Page:
        assert self._page is not None, "nothing has been fetched yet"
        return self._page

    def another_tab(self) -> "PageClient":
        """A second tab of the same browser: same cookies, its own page."""
        return PageClient(self.app, self.browser)

    def get(
        self, path: str, *, htmx: bool = False, expect: int = 200, follow: bool = False, **options: Any
    ) -> Page:
        """Fetch ``path``; ``expect`` is the status of the page one ends at."""
        return self._request("GET", path, htmx=htmx, expect=expect, follow=follow, **options)

    def post(
        self, path: str, data: Any = None, *, csrf: bool = True, htmx: bool = False, expect: int = 200,
        follow: bool = False, **options: Any,
    ) -> Page:  # fmt: skip
        """Send ``data`` by hand, with the last page's csrf_token unless ``csrf`` is False."""
        if isinstance(data, dict | None):
            data = MultiDict(data or {})
            if csrf and "csrf_token" not in data:
                data["csrf_token"] = self._token
        return self._request("POST", path, data=data, htmx=htmx, expect=expect, follow=follow, **options)

    def submit(
        self, form: Form, *, htmx: bool = False, expect: int = 200, follow: bool = True, **answers: str
    ) -> Page:
        """Fill ``answers`` into the form and send it as a browser would, to where it says."""
        sent = form.filled(answers)
        path = urljoin(self.page.path, form.action)
        if form.method == "get":
            return self.get(path, htmx=htmx, expect=expect, follow=follow, query_string=sent)
        return self._request("POST", path, data=sent, htmx=htmx, expect=expect, follow=follow)

    def click(self, text: str, *, htmx: bool = False, expect: int = 200) -> Page:
        """Press the link or, if there is none, the button called ``text``."""
        links = [node for node in self.page.root.all("a") if _name(node).startswith(text)]
        if links and not self.page.has_button(text):
            path = urljoin(self.page.path, self.page.link(text))
            return self.get(path, htmx=htmx, expect=expect, follow=True)
        return self.submit(self.page.find_form(text), htmx=htmx, expect=expect)

    def follow(self, *, expect: int = 200) -> Page:
        """Go where the last answer sent us."""
        assert self.page.location, f"{self.page.path} answered {self.page.status} and sent us nowhere"
        return self.get(urljoin(self.page.path, self.page.location), expect=expect, follow=True)

    def log_in(self, name: str) -> Page:
        """Log in as the invented person called ``name``; one ends where the product leads."""
        self.get("/logg-inn", follow=True)
        return self.submit(self.page.find_form(name))

    def _request(
        self, method: str, path: str, *, htmx: bool, expect: int, follow: bool, **options: Any
    ) -> Page:
        headers = dict(options.pop("headers", {}))
        if htmx:
            headers |= {"HX-Request": "true", "HX-Current-URL": self._page.path if self._page else ""}
        page = _read(self.browser.open(path, method=method, headers=headers, **options))
        for _ in range(MOST_REDIRECTS):
            if not (follow and page.location):
                break
            target = urlsplit(urljoin(page.path, page.location))
            assert target.netloc in {"", "localhost"}, f"{page.path} leads away to {page.location}"
            page = _read(self.browser.get(target.path + (f"?{target.query}" if target.query else "")))
        assert page.status == expect, f"{method} {path}: {page.status}, not {expect}: {_gist(page)}"
        self._check(page)
        self._page = page
        return page

    def _check(self, page: Page) -> None:
        """Hold the page to the rules, and remember its csrf_token as the browser's page would."""
        if page.tree is None:
            return
        is_fragment = page.response.request.headers.get("HX-Request") and not page.tree.doctype
        answered = page.response.headers
        headers = {name: ", ".join(answered.getlist(name)) for name in {name for name, _ in answered}}
        faults = (fragment_faults if is_fragment else page_faults)(page.tree, headers)
        assert not faults, f"{page.path} ({page.status}):\n- " + "\n- ".join(faults)
        for node in page.root.all("input"):
            if node.get("name") == "csrf_token":
                self._token = node.get("value")


def _read(response: TestResponse) -> Page:
    path = response.request.full_path.rstrip("?")
    is_page = response.mimetype == "text/html" and response.status_code not in REDIRECTS | {204}
    return Page(path, response, read_html(response.get_data(as_text=True)) if is_page else None)


def _gist(page: Page) -> str:
    return page.location or page.text()[:300]
