"""Passwords for the relay. That coturn takes them, and for how long, is proven in tests/video/test_relay.py."""

from video.relay import LIFE, password_for

NOW = 1_800_000_000.7


def test_the_name_says_until_when_and_the_password_is_its_mac() -> None:
    """The value is `printf 1800014400:patient | openssl dgst -sha1 -hmac only-in-tests-relay -binary | base64`."""
    assert LIFE == 14_400
    assert password_for("patient", secret="only-in-tests-relay", now=NOW) == (
        "1800014400:patient",
        "XT+WBuhvm5zF2q/Cq2caOk0gG9g=",
    )


def test_another_seat_second_or_secret_makes_another_password() -> None:
    passwords = {
        password_for(seat, secret=secret, now=now)[1]
        for seat in ("patient", "guest-1")
        for secret in ("only-in-tests", "another")
        for now in (NOW, NOW + 1)
    }
    assert len(passwords) == 8
