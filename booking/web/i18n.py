"""Texts in three languages: bokmål is the source, nynorsk and English are translations."""

from typing import Any

from flask import Flask
from flask_babel import Babel, get_translations

from booking.web import current

_babel = Babel()
_catalogues: dict[str, Any] = {}


def install(app: Flask) -> None:
    """Choose the language of each request, and tell templates who and what it is about."""
    app.config.update(BABEL_DEFAULT_LOCALE="nb", BABEL_TRANSLATION_DIRECTORIES="translations")
    _babel.init_app(app, locale_selector=current.choose_language)
    app.jinja_env.add_extension("jinja2.ext.i18n")

    @app.context_processor
    def for_every_page() -> dict[str, object]:
        return {
            "current_person": current.person(),
            "current_doctor": current.practitioner(),
            "language": current.language(),
        }


def gettext(text: str, **values: object) -> str:
    """``text`` in the language of this request, with ``values`` in its places; quicker than Flask-Babel's own."""
    words: str = _catalogue().ugettext(text)
    return words % values if values else words


def ngettext(one: str, many: str, num: int) -> str:
    """The form for ``num`` in the language of this request, with the number in its place."""
    words: str = _catalogue().ungettext(one, many, num)
    return words % {"num": num}


def _catalogue() -> Any:
    language = current.language()
    if language not in _catalogues:
        _catalogues[language] = get_translations()
    return _catalogues[language]
