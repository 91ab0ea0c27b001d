"""Headers on every answer: what a page may load, where it may be shown, whether it may be kept."""

from flask import Flask, Response, session

from booking.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "media-src 'self' blob:; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# What is no page needs no rules for scripts, cameras and windows; a phone pays for every line.
FIXED_WITHOUT_PAGE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of the app; those in FIXED are set here and nowhere else."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        if response.location or response.status_code == 204:
            response.set_data(b"")
            for about_the_body in ("Content-Type", "Content-Encoding"):
                response.headers.pop(about_the_body, None)
            response.headers.extend(FIXED_WITHOUT_PAGE)
        else:
            response.headers.extend(FIXED)
            response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # A laptop's certificate is its own: a browser that kept the order would refuse everything else on «localhost».
        if settings.https and settings.environment != "development":
            response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        if "Cache-Control" not in response.headers:
            # A page may hold a name, a token or a half-written form: nobody keeps it.
            response.headers["Cache-Control"] = "no-store"
        return response


def cacheable_for_everybody(response: Response, seconds: int) -> Response:
    """Let everybody keep and read an answer that has nothing personal in it."""
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    session.accessed = False  # nothing of the answer hangs on the cookie, so it may be shared
    return response
