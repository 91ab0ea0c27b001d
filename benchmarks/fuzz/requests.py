"""Requests nobody's browser makes: every address × every method, with odd headers, cookies, bodies and encodings."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks.fuzz.inputs import Inputs

ROUTES = Path(__file__).resolve().parents[2] / "tests" / "routes.txt"
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "PROPFIND", "X" * 50)
FIELDS = (
    "answer", "start", "reason", "csrf_token", "next", "language", "person", "doctor", "code", "phone", "seat", "name",
    "message", "outcome", "confirm", "format", "method", "_method", "shown",
)  # fmt: skip
QUERY = (
    "dato",
    "q",
    "next",
    "side",
    "code",
    "state",
    "alle",
    "iss",
    "sid",
    "error",
    "x[]",
    "__proto__",
    "format",
)
KNOWN = (
    "no",
    "yes",
    "nb",
    "en",
    "patient",
    "guest-1",
    "fulfilled",
    "noshow",
    "2026-11-23T07:00Z",
    "41234567",
    "json",
)
HEADERS = (
    "Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "HX-Request", "HX-Current-URL", "HX-Target", "HX-Trigger",
    "HX-History-Restore-Request", "HX-Boosted", "HX-Prompt", "X-CSRFToken", "X-HTTP-Method-Override", "X-Forwarded-For",
    "X-Forwarded-Proto", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "Referer", "Origin", "Range",
    "If-None-Match", "If-Modified-Since", "If-Match", "If-Range", "Content-Encoding", "Expect", "Upgrade", "TE", "Via",
    "Authorization", "DPoP", "User-Agent", "Sec-Fetch-Site", "Cache-Control", "Content-Disposition", "Content-Language",
)  # fmt: skip
HEADER_VALUES = (
    "true", "1", "*/*", "text/html;q=0", "br;q=1,gzip;q=-1", "bytes=0-0,-1", "bytes=99999999999-", "gzip", "100-continue",
    "h2c", "nn,en;q=nan", "W/\"x\"", "Thu, 99 Nov 2026 99:99:99 GMT", "Bearer x", "Basic Og==", "http://evil.example/", "null",
)  # fmt: skip
KINDS = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain",
    "application/xml", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=" + "y" * 300, "", "é/ø",
    "application/json; charset=utf-7", "image/svg+xml",
)  # fmt: skip
XML = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@dataclass(frozen=True)
class Identity:
    """Somebody logged in, or nobody: cookies, the form token, and ids that are theirs."""

    name: str
    cookies: Mapping[str, str]
    token: str = ""
    ids: Sequence[str] = ()


def addresses() -> list[tuple[str, str]]:
    """(method, rule) of tests/routes.txt, and some that are nobody's."""
    lines = [line.split() for line in ROUTES.read_text().splitlines() if line and not line.startswith("#")]
    others = ("/static/x.css", "/static/../app.py", "//", "*", "/.git/config", "/static/", "/metrics")
    return [(line[0], line[1]) for line in lines] + [("GET", other) for other in others]


def request(inputs: Inputs, rules: Sequence[tuple[str, str]], who: Identity) -> tuple[str, bytes]:
    """(what it is in short, the bytes to send). Half of them are nearly what a page of ours would send."""
    method, rule = inputs.one_of(rules)
    nearly_good = inputs.random.random() < 0.5
    if inputs.random.random() < (0.1 if nearly_good else 0.5):
        method = inputs.one_of(METHODS)
    path = _path(inputs, rule, who, nearly_good=nearly_good)
    lines = [_raw(method) + b" " + path + b" HTTP/1." + inputs.one_of((b"1", b"1", b"1", b"0"))]
    lines.append(
        b"Host: "
        + (b"localhost" if nearly_good or inputs.random.random() < 0.8 else _header(inputs.text(30)))
    )
    lines += _cookies(inputs, who, nearly_good=nearly_good)
    for _ in range(inputs.random.randrange(0 if nearly_good else 1, 5)):
        value = inputs.one_of((inputs.one_of(HEADER_VALUES), inputs.text(40)))
        lines.append(
            inputs.one_of(HEADERS).encode() + b": " + _header(value, raw=inputs.random.random() < 0.03)
        )
    body = b""
    if method not in ("GET", "HEAD") or inputs.random.random() < 0.1:
        kind, body = _body(inputs, who, nearly_good=nearly_good)
        lines.append(b"Content-Type: " + kind.encode())
        lines.append(b"Content-Length: " + str(len(body)).encode())
    else:
        # Whoever announces a body and sends none is waited for by any server, until it gives the line up.
        lines = [line for line in lines if b"100-continue" not in line]
    lines.append(b"Connection: close")
    return f"{method} {rule} as {who.name}", b"\r\n".join(lines) + b"\r\n\r\n" + body


def _path(inputs: Inputs, rule: str, who: Identity, *, nearly_good: bool) -> bytes:
    def fill(found: re.Match[str]) -> str:
        if "uuid" in found[0]:
            known = [*who.ids, *who.ids, str(uuid.UUID(int=inputs.random.getrandbits(128)))]
            good = inputs.one_of(known)
        else:
            good = inputs.one_of(("kristiansand", "4204", "oslo", "finnes-ikke"))
        return (
            good
            if nearly_good or inputs.random.random() < 0.5
            else quote(_text(inputs.spoilt(good)), safe="")
        )

    path = re.sub(r"<[^>]+>", fill, rule)
    if inputs.random.random() < 0.5:
        values = [(inputs.one_of(QUERY), _value(inputs)) for _ in range(inputs.random.randrange(1, 4))]
        path += "?" + urlencode(values, errors="replace")
    if not nearly_good and inputs.random.random() < 0.3:
        path = inputs.spoilt(path)
    raw = path.encode(errors="replace")
    # A blank would end the address; everything else may come as it is.
    return re.sub(rb"[\s\x00-\x20]", b"%20", raw) or b"/"


def _cookies(inputs: Inputs, who: Identity, *, nearly_good: bool) -> list[bytes]:
    cookies = dict(who.cookies)
    if not nearly_good and inputs.random.random() < 0.5:
        name = inputs.one_of((*cookies, "nettlege", "__Host-nettlege", "x"))
        cookies[name] = inputs.one_of((inputs.spoilt(cookies.get(name, "a.b.c")), inputs.text(), "x" * 3000))
    if not cookies:
        return []
    joined = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return [b"Cookie: " + _header(joined, raw=inputs.random.random() < 0.03)]


def _body(inputs: Inputs, who: Identity, *, nearly_good: bool) -> tuple[str, bytes]:
    pairs = [(inputs.one_of(FIELDS), _value(inputs)) for _ in range(inputs.random.randrange(1, 6))]
    if nearly_good or inputs.random.random() < 0.5:
        pairs.append(("csrf_token", who.token))
    good = urlencode(pairs, errors="replace").encode()
    if nearly_good and inputs.random.random() < 0.8:
        return KINDS[0], good
    shapes: tuple[Callable[[], bytes], ...] = (
        lambda: good,
        lambda: inputs.spoilt_data(good),
        lambda: inputs.data(2000),
        lambda: inputs.json_text("sdp", "csrf_token", "connection", "reason").encode(errors="replace"),
        lambda: XML,
        lambda: _multipart(pairs),
        lambda: inputs.spoilt_data(_multipart(pairs)),
        lambda: b"a=" + b"x" * 70_000,
        lambda: b"&".join([b"a=1"] * 3000),
        lambda: "reason=å".encode("utf-16"),
        lambda: b"reason=%ff%fe%00&answer=%c0%af",
    )
    return inputs.one_of(KINDS), inputs.one_of(shapes)()


def _multipart(pairs: Sequence[tuple[str, str]]) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{value[:20]}"\r\n\r\n{value}\r\n'
        if number % 2
        else f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for number, (name, value) in enumerate(pairs)
    ]
    return ("".join(parts) + "--x--\r\n").encode(errors="replace")


def _value(inputs: Inputs) -> str:
    return inputs.one_of((inputs.one_of(KNOWN), inputs.text(), inputs.text(700)))


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()


def _raw(text: str) -> bytes:
    return text.encode()


def _header(text: str, *, raw: bool = False) -> bytes:
    """Bytes of a header's value: any but line ends, which would be another header; control characters only when
    ``raw``, because servers refuse them before the product sees the request.
    """
    return re.sub(rb"[\r\n]" if raw else rb"[\x00-\x1f\x7f]", b"", text.encode(errors="replace"))
