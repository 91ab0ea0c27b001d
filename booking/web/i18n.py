"""Texts in three languages: bokmål is the source, nynorsk and English are translations."""

from flask import Flask
from flask_babel import Babel

from booking.web import current

_babel = Babel()


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
