"""Are nynorsk and English complete? Bokmål stands in the code and the templates; the others in translations/*.po.

Fails on a text without translation, a translation without text, one marked as a guess (fuzzy), and one whose
placeholders are not those of its text. ``--update`` brings the .po files up to date first: new texts come in empty.
"""

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).resolve().parent.parent
LANGUAGES = ("nn", "en")
# The names under which Python code marks texts, with the places of singular and plural.
MARKERS = (
    "_",
    "_l",
    "gettext",
    "lazy_gettext",
    "ngettext:1,2",
    "lazy_ngettext:1,2",
    "pgettext:1c,2",
    "lazy_pgettext:1c,2",
)
HEADER = "# Kommunal nettlege: bokmål is the source, this is a translation. `make translations` brings new texts in."
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")
TAG = re.compile(r"</?\w+")


def extract(target: Path) -> Catalog:
    """Every text of the product, by way of the file ``target``."""
    markers = [part for marker in MARKERS for part in ("--keyword", marker)]
    CommandLineInterface().run(  # type: ignore[no-untyped-call]
        ["pybabel", "--quiet", "extract", "--mapping-file", "babel.cfg", "--no-default-keywords", *markers,
         "--sort-by-file", "--output-file", str(target), "."]
    )  # fmt: skip
    with target.open("rb") as file:
        return read_po(file)


def update(language: str, texts: Catalog) -> None:
    """Put new texts into a language's file and take vanished ones out; guesses are never made."""
    file = catalogue_file(language)
    if file.exists():
        with file.open("rb") as source:
            catalogue = read_po(source, locale=language)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(
            language, project="Kommunal nettlege", version="1", header_comment=HEADER, fuzzy=False,
            last_translator="the project", language_team="the project", msgid_bugs_address="the project",
        )  # fmt: skip
    catalogue.update(texts, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    with file.open("wb") as made:
        # Without line numbers: a change of code far from a text does not change this file.
        write_po(made, catalogue, width=0, include_lineno=False, ignore_obsolete=True)


def catalogue_file(language: str) -> Path:
    return PROJECT / "translations" / language / "LC_MESSAGES" / "messages.po"


def faults(wanted: Catalog, language: str) -> Iterator[str]:
    """What is wrong with a language's file, a line each."""
    file = catalogue_file(language)
    if not file.exists():
        yield f"{file.relative_to(PROJECT)} is missing: make translations"
        return
    with file.open("rb") as source:
        translated = read_po(source, locale=language)
    if translated.fuzzy:
        yield "the header is marked fuzzy: the file would not be used"
    known = {_key(message): message for message in translated if message.id}
    texts = {_key(message): message for message in wanted if message.id}
    for key, text in texts.items():
        if key not in known:
            yield f"missing: «{_shown(text)}» ({_places(text)})"
        else:
            yield from _message_faults(known[key])
    for key in known.keys() - texts.keys():
        yield f"no longer used: «{_shown(known[key])}»"
    for message in translated.obsolete.values():
        yield f"no longer used: «{_shown(message)}»"


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, _forms(message.id)[0]


def _forms(value: str | Iterable[str] | None) -> list[str]:
    return [value or ""] if value is None or isinstance(value, str) else list(value)


def _shown(message: Message) -> str:
    return _forms(message.id)[0].strip()


def _places(message: Message) -> str:
    return ", ".join(sorted({place for place, _line in message.locations}))


def _message_faults(message: Message) -> Iterator[str]:
    shown = _shown(message)
    texts, translations = _forms(message.id), _forms(message.string)
    if message.fuzzy:
        yield f"fuzzy: «{shown}»"
    if not all(form.strip() for form in translations):
        yield f"empty: «{shown}»"
        return
    if len(texts) > 1 and len(translations) < 2:
        yield f"no plural: «{shown}»"
    for text, form in zip([texts[0]] + texts[-1:] * (len(translations) - 1), translations, strict=True):
        for what, pattern in (("placeholders", PLACEHOLDER), ("tags", TAG)):
            if Counter(pattern.findall(text)) != Counter(pattern.findall(form)):
                yield f"other {what}: «{text.strip()}» → «{form.strip()}»"


def main() -> int:
    parser = argparse.ArgumentParser(description="Are nynorsk and English complete?")
    parser.add_argument("--update", action="store_true", help="bring translations/*.po up to date first")
    wants_update = parser.parse_args().update
    os.chdir(PROJECT)  # so that the .po files name places from here
    with tempfile.TemporaryDirectory() as folder:
        texts = extract(Path(folder) / "messages.pot")
    if wants_update:
        for language in LANGUAGES:
            update(language, texts)
    found = [f"{language}: {fault}" for language in LANGUAGES for fault in faults(texts, language)]
    print("\n".join(found) if found else f"Translations are complete: {len(texts)} texts.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
