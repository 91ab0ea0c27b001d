"""create_app(): wiring only. `python app.py` serves the default: one process, threads, SQLite.

`python app.py --https` serves the local network, so that it can be tried on a phone.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from inspect import iscoroutinefunction
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_alembic import Alembic
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from booking import cli, crypto
from booking.clock import utc_now
from booking.db import Base, db, engine_options, prepare_sqlite, with_transactions
from booking.integrations.identity.chosen_person import ChosenPerson
from booking.integrations.video_node.http import HttpVideoNodes
from booking.settings import Settings, load_settings
from booking.web import blueprints, csrf, errors, guards, headers, htmx, i18n, limits, logs, static_files
from booking.web.cookies import SessionCookie
from booking.web.templates import TemplatesByLanguage
from video import web as video_pages
from video import web_guest, web_room

ROOT = Path(__file__).resolve().parent


def create_app(settings: Settings | None = None, clock: Callable[[], datetime] | None = None) -> Flask:
    """The app. ``clock`` gives the current time (UTC); tests hand in their own."""
    settings = settings or load_settings()
    app = Flask(__name__, static_folder=None)
    signing, *earlier = settings.parsed_secret_keys()
    app.config.update(
        SECRET_KEY=signing,
        SECRET_KEY_FALLBACKS=earlier,
        WTF_CSRF_SECRET_KEY=[*reversed(earlier), signing],  # itsdangerous signs with the last, believes all
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        SESSION_COOKIE_NAME="__Host-nettlege" if settings.https else "nettlege",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        TRUSTED_HOSTS=[urlsplit(settings.base_url).hostname]
        if settings.environment == "production"
        else None,
        SQLALCHEMY_ENGINES={"default": engine_options(settings.database_url, settings.database_pool)},
        ALEMBIC={"script_location": str(ROOT / "migrations")},
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=6,
        COMPRESS_MIN_SIZE=500,
    )
    app.extensions["settings"] = settings
    app.extensions["clock"] = clock or utc_now
    _connect_database(app, settings)
    _connect_outside(app, settings)
    _install_web(app, settings)
    cli.install(app)
    return app


def _connect_database(app: Flask, settings: Settings) -> None:
    crypto.install(crypto.Keyring(settings.parsed_encryption_keys(), settings.parsed_lookup_keys()))
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    # The extension's teardown of async sessions would start an event loop in a thread after every request.
    app.teardown_appcontext_funcs = [f for f in app.teardown_appcontext_funcs if not iscoroutinefunction(f)]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)
        transactional = with_transactions(db.engine)
        db.sessionmaker.configure(bind=transactional)
    Alembic(metadatas=Base.metadata, engines=transactional).init_app(app)


def _connect_outside(app: Flask, settings: Settings) -> None:
    """Adapters behind the ports of booking/integrations."""
    if settings.test_login:
        app.extensions["identity"] = ChosenPerson(
            settings.secret_key, crypto.keyring(), page="/logg-inn/test"
        )
    nodes = settings.parsed_video_nodes() or {"1": f"http://127.0.0.1:{settings.video_port}"}
    app.extensions["video_nodes"] = HttpVideoNodes(nodes, settings.video_key)


def _install_web(app: Flask, settings: Settings) -> None:
    app.jinja_environment = TemplatesByLanguage
    app.session_interface = SessionCookie()
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # no view or hook here is async
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["test_login"] = settings.test_login
    logs.install(app)
    headers.install(app, settings)
    Compress(app)
    htmx.install(app)
    i18n.install(app)
    csrf.install(app)
    guards.install(app)
    limits.install(app, settings)
    errors.install(app)
    blueprints.register(
        app,
        test_login=settings.test_login,
        others=(video_pages.blueprint, web_room.blueprint, web_guest.blueprint),
    )
    static_files.install(app, ROOT / "static")
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


if __name__ == "__main__":
    if "--https" in sys.argv[1:]:
        from booking.serve_https import serve_https

        serve_https(create_app)
    else:
        from booking.serve import serve

        serve(create_app())
