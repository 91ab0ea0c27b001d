"""What coturn makes of our passwords."""

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aioice import stun, turn

from tests.relay import SECRET, Relay, a_relay
from video.relay import LIFE, password_for

ECHO = b"through the relay"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with a_relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


class Heard(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.first: asyncio.Future[tuple[bytes, Any]] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if not self.first.done():
            self.first.set_result((data, addr))


async def allocate(relay: Relay, name: str, password: str) -> Any:
    return await turn.create_turn_endpoint(
        Heard, ("127.0.0.1", relay.port), username=name, password=password, transport="tcp"
    )


def refused(relay: Relay, name: str, password: str) -> int:
    """The error that an allocation meets."""
    with pytest.raises(stun.TransactionFailed) as error:
        asyncio.run(allocate(relay, name, password))
    return int(error.value.response.attributes["ERROR-CODE"][0])


def test_it_takes_our_password_and_sends_udp_on(relay: Relay) -> None:
    name, password = password_for("patient", secret=SECRET, now=time.time())

    async def story() -> None:
        transport, _ = await allocate(relay, name, password)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            for _attempt in range(20):
                transport.sendto(ECHO, peer.getsockname())
                try:
                    data, sender = await asyncio.wait_for(
                        asyncio.get_running_loop().sock_recvfrom(peer, 100), 0.5
                    )
                except TimeoutError:
                    continue
                break
        transport.close()
        assert data == ECHO
        assert sender[1] in relay.ports

    asyncio.run(story())


def test_it_refuses_a_password_that_has_run_out(relay: Relay) -> None:
    """A second before it would do; coturn compares the name's time with its own clock."""
    assert refused(relay, *password_for("patient", secret=SECRET, now=time.time() - LIFE - 1)) == 401


def test_it_refuses_a_longer_life_than_was_given(relay: Relay) -> None:
    name, password = password_for("patient", secret=SECRET, now=time.time())
    until, _, seat = name.partition(":")
    assert refused(relay, f"{int(until) + 3600}:{seat}", password) == 401


def test_it_refuses_another_secret_and_nobody(relay: Relay) -> None:
    assert refused(relay, *password_for("patient", secret="another", now=time.time())) == 401
    assert refused(relay, "", "") == 401


def test_it_relays_to_the_video_server_only(relay: Relay) -> None:
    """Else whoever has a ticket could look round the inner network from the relay."""
    name, password = password_for("patient", secret=SECRET, now=time.time())

    async def story() -> None:
        transport, _ = await allocate(relay, name, password)
        inner = transport._TurnTransport__inner_protocol
        with pytest.raises(stun.TransactionFailed) as error:
            await inner.channel_bind(0x4000, ("192.0.2.99", 9))
        transport.close()
        assert error.value.response.attributes["ERROR-CODE"][0] == 403

    asyncio.run(story())
