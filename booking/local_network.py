"""This machine on its own network: the addresses that a phone beside it can open."""

import ipaddress
import socket

import ifaddr

ANYWHERE = ("203.0.113.1", 9)
"""An address for documentation (RFC 5737). Nothing is sent to it: asking for the way there tells our own address."""


class NoNetwork(SystemExit):
    """No phone can reach this machine."""


def own_addresses() -> list[str]:
    """This machine's addresses on its networks, the one towards the world outside first. Raises NoNetwork."""
    found = [
        str(ip.ip if ip.is_IPv4 else ip.ip[0]) for adapter in ifaddr.get_adapters() for ip in adapter.ips
    ]
    return in_order(found, towards_outside=_towards_outside())


def in_order(found: list[str], *, towards_outside: str | None) -> list[str]:
    """Addresses that others can open, without repetition; IPv4 before IPv6, which is hard to type on a phone.

    >>> in_order(["127.0.0.1", "172.17.0.1", "fe80::1", "192.168.1.7"], towards_outside="192.168.1.7")
    ['192.168.1.7', '172.17.0.1']
    """
    open_to_others = []
    for text in dict.fromkeys(found):
        address = ipaddress.ip_address(text)
        if not (address.is_loopback or address.is_link_local or address.is_unspecified):
            open_to_others.append(address)
    open_to_others.sort(key=lambda address: (str(address) != towards_outside, address.version))
    if not open_to_others or open_to_others[0].version != 4:
        raise NoNetwork("This machine is on no network that a phone could be on. Connect it, and try again.")
    return [str(address) for address in open_to_others]


def _towards_outside() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ANYWHERE)
        except OSError:
            return None
        return str(probe.getsockname()[0])
