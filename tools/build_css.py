"""Join the design system's components, our theme and our own rules into the one stylesheet pages load.

    python tools/build_css.py            writes static/css/app.css, and video.css for the pages of a video visit
    python tools/build_css.py --check    exit status 1 when one of them is not what the sources give

Only what pages can reach is kept: selectors for parts we do not use are left out, and custom properties
that nothing reads are dropped until none is left. The sources stay as their makers published them.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

CSS = Path(__file__).resolve().parent.parent / "static" / "css"
TARGET = CSS / "app.css"
VIDEO_TARGET = CSS / "video.css"
VIDEO_SOURCES = "60-video*.css"
"""On top of app.css, so that whoever books does not carry what only a visit needs."""
THEME = CSS / "theme" / "nettlege.css"
VENDORED = CSS.parent / "vendor" / "designsystemet-css@1.22.0"
COMPONENTS = (
    "base", "skip-link", "link", "heading", "list", "label", "button", "field", "fieldset",
    "input", "validation-message", "alert", "card", "tag", "error-summary",
)  # fmt: skip

# Parts of the components that no page uses; one focus mark for everything is in src/10-base.css.
UNUSED_SELECTOR = re.compile(
    r"checkbox|role=switch|role=button|readonly|read-only|:is\(select|type=date|placeholder|affix|position=end|skiplink"
    r"|variant=outline|tinted\]|click|data-icon|disabled(?!=true)|:indeterminate|dir\(rtl\)|counter|floating"
    r"|card__block|\.ds-card.*(details|:where\(a)|ds-icon|ds-print|ds-focus|list--unstyled|u-summary"
    r"|focus-visible|data-color-scheme=\"?(dark|light)|^\[data-size|data-size=.?(sm|md|xl|2xl|xs)"
    r"|data-typography=.secondary|data-state|\.ds-field:has\(input|label:has|data-weight|\.ds-fieldset.*readonly"
    r"|ds-(button|tag|link)[^,]*(img|svg)|validation-message\[data-color|ds-tag:is\(button"
)
UNUSED_AT_RULE = re.compile(r"round\(|prefers-color-scheme: ?light|hyphens|ds-fade-in|_is-visible")
UNUSED_DECLARATION = re.compile(r"-moz-|-webkit-(print|column)|animation$|interpolate-size")


def minified(tokens: Iterable[Node]) -> str:
    """Serialise without comments and needless whitespace; spaces that calc() and descendants need stay."""
    text = tinycss2.serialize([token for token in tokens if token.type != "comment"])
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)  # strings are left as they are
    for index in range(0, len(parts), 2):
        parts[index] = re.sub(r"\s*([,>])\s*", r"\1", re.sub(r"\s+", " ", parts[index]))
        parts[index] = re.sub(r"\(\s+|\s+\)", lambda found: found.group().strip(), parts[index])
    return "".join(parts).strip()


def selectors(prelude: list[Node]) -> list[str]:
    """The selectors of a rule, split at its outer commas."""
    groups: list[list[Node]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    return [minified(group) for group in groups]


Rule = tuple[str, "list[tuple[str, str]] | list[Rule]"]


def parsed(tokens: str | list[Node], vendored: bool) -> list[Rule]:
    """Rules as (selector, declarations) or (at-rule, rules); a vendored layer is opened up."""
    rules: list[Rule] = []
    for node in tinycss2.parse_rule_list(tokens, skip_comments=True, skip_whitespace=True):
        if isinstance(node, AtRule) and node.content is not None:
            head = f"@{node.at_keyword} {minified(node.prelude)}".strip()
            if vendored and UNUSED_AT_RULE.search(head):
                continue
            inside = parsed(node.content, vendored)
            if vendored and node.at_keyword == "layer":
                rules += inside
            else:
                rules.append((head, inside))
        elif isinstance(node, QualifiedRule):
            kept = [one for one in selectors(node.prelude) if not (vendored and UNUSED_SELECTOR.search(one))]
            body = [
                (one.name, minified(one.value) + ("!important" if one.important else ""))
                for one in tinycss2.parse_blocks_contents(
                    node.content, skip_comments=True, skip_whitespace=True
                )
                if isinstance(one, Declaration)
                and not (vendored and UNUSED_DECLARATION.match(one.name))
                and not (vendored and "-moz-fit-content" in tinycss2.serialize(one.value))
            ]
            if kept and body:
                rules.append((",".join(kept), body))
        elif node.type == "error":
            raise SystemExit(f"line {node.source_line}: {node.message}")
    return rules


def written(rules: list[Rule], read: set[str] | None) -> str:
    """CSS text; with `read`, without the custom properties nobody reads and the rules they leave empty."""
    text = []
    for head, body in rules:
        if body and isinstance(body[0][1], list):
            inside = written(body, read)
        else:
            lines = [
                f"{name}:{value}" for name, value in body
                if not (read is not None and name.startswith("--") and name not in read)
            ]  # fmt: skip
            inside = ";".join(lines)
        if inside:
            text.append(f"{head}{{{inside}}}")
    return "".join(text)


def variables(text: str) -> set[str]:
    """The custom properties that CSS text reads."""
    return set(re.findall(r"var\((--[\w-]+)", text))


def build_video() -> str:
    """The whole of video.css."""
    rules: list[Rule] = []
    for file in sorted((CSS / "src").glob(VIDEO_SOURCES)):
        rules += parsed(file.read_text("utf-8"), vendored=False)
    head = f"/* Built by tools/build_css.py from static/css/src/{VIDEO_SOURCES}: edit those. */"
    return f"{head}\n{written(rules, None)}\n"


def build() -> str:
    """The whole of app.css."""
    system = parsed(THEME.read_text("utf-8").removeprefix('@charset "UTF-8";'), vendored=True)
    for name in COMPONENTS:
        system += parsed((VENDORED / f"{name}.css").read_text("utf-8"), vendored=True)
    own: list[Rule] = []
    for file in sorted(set((CSS / "src").glob("*.css")) - set((CSS / "src").glob(VIDEO_SOURCES))):
        own += parsed(file.read_text("utf-8"), vendored=False)
    read_elsewhere = variables(build_video())
    everything: list[Rule] = [("@layer ds", system), *own]
    text, before = written(everything, None), ""
    while text != before:
        before = text
        text = written(everything, variables(text) | read_elsewhere)
    return (
        "/* Built by tools/build_css.py from static/vendor, static/css/theme and static/css/src: edit those.\n"
        f"   Designsystemet: MIT, see static/vendor. */\n@layer base,ds;{text}\n"
    )


if __name__ == "__main__":
    built = {TARGET: build(), VIDEO_TARGET: build_video()}
    if "--check" in sys.argv[1:]:
        old = [
            file.name for file, css in built.items() if not file.exists() or file.read_text("utf-8") != css
        ]
        sys.exit(f"{' and '.join(old)} out of date: run tools/build_css.py" if old else 0)
    for file, css in built.items():
        file.write_text(css, "utf-8")
