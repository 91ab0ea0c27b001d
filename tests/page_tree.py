"""HTML as a tree, read strictly: whatever a browser would have to mend is a fault here.

The standard library's parser is enough for our own pages: every element is closed by hand, so no rules about
forgotten end tags are needed, and reading a page costs milliseconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
UNSEEN = frozenset("head script style template noscript".split())
# What may not stand in a <p>: the browser would close the paragraph before it.
BLOCKS = frozenset(
    "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main "
    "nav ol p section table ul".split()
)
NOT_WITHIN = {
    "a": {"a", "button"},
    "button": {"a", "button"},
    "form": {"form"},
    **{tag: {"p"} for tag in BLOCKS - {"form"}},
}
PARENTS = {
    "li": {"ul", "ol", "menu", "template"},  # a template waits to be put where it belongs
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "legend": {"fieldset"},
    "summary": {"details"},
    "option": {"select", "optgroup", "datalist"},
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
}


@dataclass(eq=False)
class Node:
    """One element."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: "Node | None" = None
    children: list["Node | str"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def has(self, name: str) -> bool:
        return name in self.attributes

    def ancestors(self) -> Iterator["Node"]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator["Node"]:
        """Every element below this one, in the order of the page."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def all(self, *tags: str) -> list["Node"]:
        """Every element below with one of these tags."""
        return [node for node in self.walk() if node.tag in tags]

    def by_id(self, identifier: str) -> "Node | None":
        return next((node for node in self.walk() if node.get("id") == identifier), None)

    def with_class(self, name: str) -> list["Node"]:
        return [node for node in self.walk() if name in node.get("class").split()]

    def text(self) -> str:
        """What a person can read here, white space as one space; without hidden elements."""
        return re.sub(r"\s+", " ", "".join(self._texts())).strip()

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in UNSEEN and not child.has("hidden"):
                # Blocks stand apart; words in <b> or <span> do not.
                edge = (
                    " "
                    if child.tag in BLOCKS | {"li", "dt", "dd", "br", "td", "th", "legend", "label"}
                    else ""
                )
                yield edge
                yield from child._texts()
                yield edge

    def __repr__(self) -> str:
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.tag}{attributes}>"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self.here = self.root
        self.faults: list[str] = []
        self.doctype = ""

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = self._add(tag, attrs)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)
        if tag not in VOID and not self._in_drawing():
            self.faults.append(f"<{tag}/> is no empty element: write <{tag}></{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.here.tag and self.here.parent is not None:
            self.here = self.here.parent
            return
        self.faults.append(f"line {self.getpos()[0]}: </{tag}> where <{self.here.tag or 'nothing'}> is open")
        opened = next((node for node in self.here.ancestors() if node.tag == tag), None)
        if opened is not None and opened.parent is not None:
            self.here = opened.parent

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Node:
        names = [name for name, _ in attrs]
        for name in {name for name in names if names.count(name) > 1}:
            self.faults.append(f"line {self.getpos()[0]}: <{tag}> has {name} twice")
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self._check_place(node)
        self.here.children.append(node)
        return node

    def _check_place(self, node: Node) -> None:
        forbidden = NOT_WITHIN.get(node.tag, set())
        outer = next((outer.tag for outer in node.ancestors() if outer.tag in forbidden), None)
        if outer:
            self.faults.append(f"line {self.getpos()[0]}: <{node.tag}> within <{outer}>")
        parents = PARENTS.get(node.tag)
        # A fragment may begin with its <li> or <tr>: its parent is on the page.
        if parents and node.parent and node.parent.tag and node.parent.tag not in parents:
            self.faults.append(f"line {self.getpos()[0]}: <{node.tag}> directly within <{node.parent.tag}>")

    def _in_drawing(self) -> bool:
        return self.here.tag == "svg" or any(node.tag == "svg" for node in self.here.ancestors())


@dataclass(frozen=True)
class Tree:
    """A page or a fragment, and what is wrong with its HTML."""

    root: Node
    doctype: str
    faults: tuple[str, ...]


def read_html(text: str) -> Tree:
    """Read a page or a fragment."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.here is not reader.root:
        reader.faults.append(f"<{reader.here.tag}> is never closed")
    return Tree(reader.root, reader.doctype, tuple(reader.faults))
