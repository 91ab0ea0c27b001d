"""What production refuses to start with: one clear line for each setting that must be mended. Standard library only."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

SHORTEST_SECRET = 32
LEAST_BITS = 100
"""Of a whole secret by the frequencies of its characters: 32 random ones from token_urlsafe have about 140."""

FEWEST_BYTES = 20
"""Different bytes among the 32 of a key; of a random one at least 24 but for one in a million."""

EXAMPLES = (
    "only-in-", "changeme", "change-me", "change_me", "replace", "example", "eksempel", "password", "passord",
    "secret", "hemmelig", "nettlege", "abcdefgh", "12345678", "qwerty",
)  # fmt: skip
"""Of documents and tests; a random text has none of them."""

WEAK_PASSWORDS = frozenset(
    {"", "postgres", "password", "passord", "nettlege", "admin", "root", "secret", "test"}
)
HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  refused, not listened on


def faults(settings: Any, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Every reason not to start ``settings`` (booking.settings.Settings) in production; none when it is safe.

    No line repeats a value: what is refused may be somebody's secret. Raises UnsafeSettings for a malformed key.
    """
    return [line for rule in RULES for line in rule(settings, environ)]


def _development(settings: Any, environ: Mapping[str, str]) -> Iterator[str]:
    if settings.test_login:
        yield "NETTLEGE_TEST_LOGIN must be false: the test login lets anyone in as anyone"
    if environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        yield "FLASK_DEBUG must not be set: its error pages run code for whoever sees them"


def _secrets(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    texts = [("NETTLEGE_SECRET_KEY", settings.secret_key), ("NETTLEGE_VIDEO_KEY", settings.video_key)]
    if settings.video_turn_urls:
        texts.append(("NETTLEGE_VIDEO_TURN_SECRET", settings.video_turn_secret))
    for name, text in texts:
        parts = [part.strip() for part in text.split(",")]
        if min(map(len, parts)) < SHORTEST_SECRET:
            yield f"{name} must be at least {SHORTEST_SECRET} random characters"
        elif any(map(is_guessable, parts)):
            yield f"{name} must be random: this one repeats itself or stands in a document"


def _keys(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    if not settings.encryption_keys:
        yield "NETTLEGE_ENCRYPTION_KEYS must be set, for example 1:<base64 of 32 random bytes>"
    elif any(len(set(key)) < FEWEST_BYTES for key in settings.parsed_encryption_keys().values()):
        yield "NETTLEGE_ENCRYPTION_KEYS must be random: one of them repeats itself"
    if not settings.lookup_keys:
        yield "NETTLEGE_LOOKUP_KEYS must be set, to base64 of 32 random bytes: it outlives the encryption keys"
    elif any(len(set(key)) < FEWEST_BYTES for key in settings.parsed_lookup_keys()):
        yield "NETTLEGE_LOOKUP_KEYS must be random: one of them repeats itself"


def _one_secret_for_one_thing(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name in ("secret_key", "video_key", "video_turn_secret", "lookup_keys", "encryption_keys"):
        for part in filter(None, getattr(settings, name).split(",")):
            secret = part.strip().rpartition(":")[2]
            other = owners.setdefault(secret, name)
            if other != name:
                yield f"NETTLEGE_{name.upper()} must not be the same as NETTLEGE_{other.upper()}"


def _network(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    if not settings.https or urlsplit(settings.base_url).hostname in (HERE | {None}):
        yield "NETTLEGE_BASE_URL must begin with https:// and name the host that people open"
    if not settings.trusted_proxies:
        yield "NETTLEGE_TRUSTED_PROXIES must be 1 or more: TLS ends at a proxy, and limits count who is behind it"


def _one_node(settings: Any, environ: Mapping[str, str]) -> Iterator[str]:
    """SQLite and counts in memory belong to one process; that there is only one must be said."""
    if settings.single_node and int(_number(environ.get("WEB_CONCURRENCY", "1"))) > 1:
        yield "NETTLEGE_SINGLE_NODE must be false where WEB_CONCURRENCY starts several processes"
    if settings.database_url.startswith("sqlite") and not settings.single_node:
        yield (
            "NETTLEGE_DATABASE_URL must be PostgreSQL: SQLite serves one machine only, and that must be said "
            "with NETTLEGE_SINGLE_NODE=true"
        )
    if not settings.rate_limits:
        yield "NETTLEGE_RATE_LIMITS must be true"
    if settings.rate_limit_storage.startswith("memory") and not settings.single_node:
        yield (
            "NETTLEGE_RATE_LIMIT_STORAGE must be shared (redis://…): several processes would each count for "
            "themselves. One process alone says NETTLEGE_SINGLE_NODE=true"
        )


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() else "2"


def _database(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    if settings.database_url.startswith("sqlite"):
        return
    if not settings.database_url.startswith("postgresql"):
        yield "NETTLEGE_DATABASE_URL must begin with postgresql+psycopg://"
        return
    password = urlsplit(settings.database_url).password
    if password is not None and password.lower() in WEAK_PASSWORDS:
        yield "NETTLEGE_DATABASE_URL must not have a password that everybody tries first"


def _video(settings: Any, _environ: Mapping[str, str]) -> Iterator[str]:
    if not settings.parsed_video_nodes():
        yield "NETTLEGE_VIDEO_NODES must name the video servers, for example 1=http://10.0.0.5:8001"
    if settings.video_turn_urls and not settings.video_turn_secret:
        yield "NETTLEGE_VIDEO_TURN_SECRET must be set where NETTLEGE_VIDEO_TURN_URLS is"


Rule = Callable[[Any, Mapping[str, str]], Iterator[str]]
RULES: tuple[Rule, ...] = (
    _development, _secrets, _keys, _one_secret_for_one_thing, _network, _one_node, _database, _video,
)  # fmt: skip


def is_guessable(secret: str) -> bool:
    """Whether a text repeats itself so much, or holds such words, that it was not made by chance.

    >>> is_guessable("s" * 40), is_guessable("only-in-tests-5kM2vXq8ZtR4wB7nYc3Jd6Lf")
    (True, True)
    >>> is_guessable("gA7fX2mQ9sLp0ZrVbN4kTyWc8HuJd3Ee")
    False
    """
    counts = Counter(secret)
    bits = -sum(count * math.log2(count / len(secret)) for count in counts.values())
    return bits < LEAST_BITS or any(word in secret.lower() for word in EXAMPLES)
