"""A tiny site with two faults planted in it, for scanners to find: a scanner counts only when it does. Never the product."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = '<!doctype html><html lang="en"><title>x</title><a href="/item?id=1">item</a><form action="/search"><input name="q"></form>'


class Faulty(BaseHTTPRequestHandler):
    """``/item?id=`` puts its parameter into SQL, ``/search?q=`` into HTML."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        status, body = 200, PAGE
        if address.path == "/item":
            status, body = self._item(asked.get("id", "1"))
        elif address.path == "/search":
            body = PAGE + asked.get("q", "")
        data = body.encode(errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _item(self, number: str) -> tuple[int, str]:
        rows = sqlite3.connect(":memory:")
        rows.execute("CREATE TABLE item (id INTEGER, name TEXT)")
        rows.execute("INSERT INTO item VALUES (1, 'one'), (2, 'two')")
        try:
            found = rows.execute(f"SELECT name FROM item WHERE id = {number}").fetchall()
        except sqlite3.Error as error:
            return 500, f"sqlite3.OperationalError: {error}"
        finally:
            rows.close()
        return 200, PAGE + f"<p>{found}</p>"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def planted_site() -> Iterator[str]:
    """The site's address while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
