"""Static files: compressed ahead, kept for a year, because their address changes when any of them does."""

import hashlib
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

SHIPPED = ("css", "js", "vendor")


def fingerprint(folder: Path) -> str:
    """Twelve hex digits of everything in ``folder``: other content, other address."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix not in (".gz", ".br"):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def install(app: Flask, folder: Path) -> None:
    """Serve ``folder`` at /static/<fingerprint>/ and give templates ``static_url``."""
    prefix = f"static/{fingerprint(folder)}"
    files = WhiteNoise(app.wsgi_app, max_age=31536000, immutable_file_test=lambda *_: True)
    files.add_files(str(folder), prefix=prefix)
    app.wsgi_app = files  # type: ignore[method-assign]
    app.jinja_env.globals["static_url"] = lambda path: f"/{prefix}/{path}"
