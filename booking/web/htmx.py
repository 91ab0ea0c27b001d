"""htmx: a fragment when htmx asks, the whole page otherwise. The only module that knows htmx-flask."""

from flask import Flask, Response, make_response, render_template, request
from htmx_flask import Htmx
from htmx_flask import request as htmx_request

_htmx = Htmx()


def install(app: Flask) -> None:
    """Teach requests the htmx headers."""
    _htmx.init_app(app)


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page; going back in its history asks for the whole."""
    return bool(htmx_request.htmx) and request.headers.get("HX-History-Restore-Request") != "true"


def page_or_fragment(page: str, fragment: str, status: int = 200, **context: object) -> Response:
    """Render ``fragment`` for htmx, else ``page``, which includes the same fragment."""
    template = fragment if wants_fragment() else page
    response = make_response(render_template(template, **context), status)
    response.vary.add("HX-Request")
    return response
