"""What every page of ours keeps, whatever it shows. Each rule yields the faults it finds, in words."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.page_tree import Node, Tree

ERROR_PREFIXES = ("Feil: ", "Error: ")
POINTERS = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-errormessage")
NO_LABEL_NEEDED = {"hidden", "submit", "button", "image", "reset"}


def page_faults(tree: Tree, headers: Mapping[str, str]) -> list[str]:
    """Everything wrong with a whole page."""
    faults = [*tree.faults, *fragment_rules(tree.root)]
    if tree.doctype.lower() != "doctype html":
        faults.append("no <!doctype html>")
    for rule in (_heading_and_title, _landmarks, _pointers, _headings_in_order):
        faults.extend(rule(tree.root))
    faults.extend(_headers(tree.root, headers))
    return faults


def fragment_faults(tree: Tree, headers: Mapping[str, str]) -> list[str]:
    """Everything wrong with a piece of a page that htmx fetched."""
    faults = [*tree.faults, *fragment_rules(tree.root)]
    if "hx-request" not in headers.get("Vary", "").lower():
        faults.append("a fragment without Vary: HX-Request would be cached as the page")
    return faults


def fragment_rules(root: Node) -> Iterator[str]:
    """What holds for pages and their pieces alike."""
    for rule in (_unique_ids, _forms, _nothing_inline, _nothing_external, _names, _texts):
        yield from rule(root)


def _heading_and_title(root: Node) -> Iterator[str]:
    headings = root.all("h1")
    titles = [node for head in root.all("head") for node in head.all("title")]
    if len(headings) != 1 or len(titles) != 1:
        yield f"{len(headings)} h1 and {len(titles)} title: there is one of each"
        return
    heading = headings[0].text()
    title = re.sub(r"\s+", " ", "".join(map(str, titles[0].children))).strip()
    for prefix in ERROR_PREFIXES:
        title = title.removeprefix(prefix)
    if not heading or not title.startswith(heading):
        yield f"title «{title}» does not begin with h1 «{heading}»"


def _landmarks(root: Node) -> Iterator[str]:
    if len(root.all("main")) != 1:
        yield f"{len(root.all('main'))} main elements: there is one"
    page = next(iter(root.all("html")), None)
    if page is None or page.get("lang") not in {"nb", "nn", "en"}:
        yield "html has no lang of ours"


def _headings_in_order(root: Node) -> Iterator[str]:
    before = 0
    for node in root.all("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int(node.tag[1])
        if before and level > before + 1:
            yield f"h{before} is followed by h{level} «{node.text()}»"
        before = level


def _pointers(root: Node) -> Iterator[str]:
    identifiers = {node.get("id") for node in root.walk() if node.has("id")}
    for node in root.walk():
        for name in POINTERS:
            for target in node.get(name).split():
                if target not in identifiers:
                    yield f"{name} of {node} points to nothing"
        if node.tag == "label" and node.has("for") and node.get("for") not in identifiers:
            yield f"{node} «{node.text()}» points to nothing"
        target = node.get("href")
        if node.tag == "a" and target.startswith("#") and target[1:] not in identifiers:
            yield f"link «{node.text()}» to {target}, which is not here"


def _unique_ids(root: Node) -> Iterator[str]:
    counted = Counter(node.get("id") for node in root.walk() if node.has("id"))
    for identifier, count in counted.items():
        if count > 1 or not identifier or " " in identifier:
            yield f"id «{identifier}» stands {count} times"


def _forms(root: Node) -> Iterator[str]:
    for form in root.all("form"):
        if not form.get("action").startswith("/"):
            yield f"{form} has no action within this site"
        method = form.get("method", "get").lower()
        tokens = [
            node for node in form.all("input") if node.get("name") == "csrf_token" and node.get("value")
        ]
        if method == "post" and len(tokens) != 1:
            yield f"{form} carries {len(tokens)} csrf_token"
        if method == "get" and tokens:
            yield f"{form} would put its csrf_token into the address"


def _nothing_inline(root: Node) -> Iterator[str]:
    for node in root.walk():
        for name, value in node.attributes.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"{node} has {name}"
            if value.strip().lower().startswith("javascript:"):
                yield f"{node} has a script for an address"
        if node.tag == "style" or (node.tag == "script" and not node.get("src")):
            yield f"inline {node}"


def _nothing_external(root: Node) -> Iterator[str]:
    for node in root.all("link", "script", "img", "source", "iframe", "video", "audio", "use"):
        address = node.get("src") or node.get("href")
        own = address.startswith("data:") or not re.match(r"(?i)([a-z][a-z0-9+.-]*:)?//|[a-z]+:", address)
        # A page may name itself in full, for instance as canonical; nothing is fetched for that.
        if not own and node.get("rel") not in {"canonical", "alternate"}:
            yield f"{node} fetches something from elsewhere"


def _names(root: Node) -> Iterator[str]:
    labels = {node.get("for") for node in root.all("label")}
    for node in root.all("input", "select", "textarea"):
        if node.tag == "input" and node.get("type") in NO_LABEL_NEEDED:
            continue
        within = any(outer.tag == "label" for outer in node.ancestors())
        if not (within or node.get("id") in labels or node.get("aria-label") or node.get("aria-labelledby")):
            yield f"{node} has no label"
    for node in root.all("a", "button", "summary"):
        pictures = " ".join(picture.get("alt") for picture in node.all("img"))
        if not (node.text() or node.get("aria-label") or node.get("aria-labelledby") or pictures.strip()):
            yield f"{node} has no name"
        if node.tag == "a" and not node.get("href"):
            yield f"link «{node.text()}» leads nowhere"
    for node in root.all("img"):
        if not node.has("alt"):
            yield f"{node} has no alt"


def _texts(root: Node) -> Iterator[str]:
    text = root.text()
    for sign in ("{{", "{%", "%(", "&lt;", "&amp;", "<built-in", "object at 0x"):
        if sign in text:
            yield f"«{sign}» in the text: something was not filled in"
    for node in root.walk():
        if any(isinstance(child, str) and child.strip() == "None" for child in node.children):
            yield f"{node} says None"


def _headers(root: Node, headers: Mapping[str, str]) -> Iterator[str]:
    policy = headers.get("Content-Security-Policy", "")
    if "default-src" not in policy or "unsafe" in policy:
        yield f"Content-Security-Policy is «{policy}»"
    for name in ("X-Content-Type-Options", "Referrer-Policy"):
        if not headers.get(name):
            yield f"no {name}"
    logged_in = any(form.get("action").startswith("/logg-ut") for form in root.all("form"))
    if logged_in and "no-store" not in headers.get("Cache-Control", ""):
        yield "a logged-in page without Cache-Control: no-store"
