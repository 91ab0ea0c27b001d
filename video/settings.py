"""Settings of the video server from the environment (prefix ``NETTLEGE_VIDEO_``); an unsafe start is refused here."""

import ipaddress
import re
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from video.tickets import SHORTEST_KEY, keys_of


class UnsafeSettings(SystemExit):
    """The process must not start; the message says which setting to mend, one line each."""


class VideoSettings(BaseSettings):
    """Everything that differs between a laptop, the tests and a municipality's production.

    ``key`` is shared with the web processes; several joined by commas, newest first, while one replaces another.
    ``udp_ports`` is a range such as ``40000-40199``, one port a participant; empty lets the system choose.
    ``public_address`` is announced to browsers in place of this machine's own addresses (behind 1:1 address
    translation). ``addresses`` are the local ones to listen on, separated by commas; empty means all of this machine's,
    and 127.0.0.1 when there is no public address. ``forward`` chooses how media goes through: ``bytes`` is the quick
    way, ``packets`` the fallback that needs fewer of aiortc's private names.
    """

    model_config = SettingsConfigDict(env_prefix="NETTLEGE_VIDEO_", frozen=True)

    key: str
    host: str = "127.0.0.1"
    port: int = Field(default=8001, ge=0, le=65535)
    udp_ports: str = ""
    public_address: str = ""
    addresses: str = ""
    max_rooms: int = Field(default=100, ge=1, le=1000)
    offers_per_minute: int = Field(default=20, ge=1)
    drain_seconds: float = Field(default=0, ge=0)
    forward: Literal["bytes", "packets"] = "bytes"

    @field_validator("key")
    @classmethod
    def _long_enough(cls, key: str) -> str:
        if min(map(len, keys_of(key))) < SHORTEST_KEY:
            raise ValueError(f"must be at least {SHORTEST_KEY} random characters")
        return key

    @field_validator("udp_ports")
    @classmethod
    def _a_range(cls, text: str) -> str:
        if text:
            found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text)
            if not found or not 1024 <= int(found[1]) <= int(found[2]) <= 65535:
                raise ValueError("must be like 40000-40199, from 1024 to 65535")
        return text

    @field_validator("public_address", "addresses")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for address in filter(None, text.split(",")):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise ValueError(f"{address} is no IP address") from None
        return text

    def port_range(self) -> range | None:
        """The UDP ports that may be used, or None for any."""
        if not self.udp_ports:
            return None
        first, _, last = self.udp_ports.partition("-")
        return range(int(first), int(last) + 1)

    def listen_on(self) -> tuple[str, ...]:
        """The local addresses given; empty for all of this machine's."""
        return tuple(filter(None, self.addresses.split(",")))


def load_settings() -> VideoSettings:
    """Settings from the environment. Raises UnsafeSettings with one line for each fault."""
    try:
        return VideoSettings()  # type: ignore[call-arg]
    except ValidationError as error:
        raise UnsafeSettings(
            "\n".join(
                f"Will not start: NETTLEGE_VIDEO_{'_'.join(map(str, fault['loc'])).upper()} "
                f"{str(fault['msg']).removeprefix('Value error, ')}"
                for fault in error.errors()
            )
        ) from None
