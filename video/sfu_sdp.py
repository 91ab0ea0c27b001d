"""The text of offers and answers: what is taken out of the one, what is put into the other. No aiortc."""

import re
from collections.abc import Mapping

LONGEST_OFFER = 100_000
"""Characters; a browser's with eight media sections has some 40,000."""
MOST_SECTIONS = 9
START_BITRATE = 1000
"""kbit/s that a browser begins with: 720p within ten seconds instead of thirty."""

CANDIDATE = re.compile(r"a=(candidate:|end-of-candidates)")
PLACE = re.compile(r"(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host)")


class BadOffer(Exception):
    """An offer that no page of ours would make, or one that cannot be understood; the text says why."""


def stripped(offer: str) -> str:
    """The offer without candidates. Hidden (mDNS) ones block or fail; the browser's first packet tells its address.

    Raises BadOffer for one that is too long, or has too many sections.
    """
    if len(offer) > LONGEST_OFFER:
        raise BadOffer("the offer is too long")
    lines = offer.splitlines()  # as aiortc does: what is a line to it must be one here
    if sum(line.startswith("m=") for line in lines) > MOST_SECTIONS:
        raise BadOffer(f"an offer has at most {MOST_SECTIONS} media sections")
    return "\r\n".join(line for line in lines if line and not CANDIDATE.match(line)) + "\r\n"


def polished(answer: str, *, names: Mapping[str, str], public_address: str) -> str:
    """The answer as browsers should have it.

    ``names`` gives the canonical name of the seat whose media comes on a section, by mid: clocks of different seats
    are different. ``public_address`` replaces our own addresses, if any.
    """
    head, *sections = re.split(r"(?m)^(?=m=)", answer)
    done = [head]
    for section in sections:
        mid = re.search(r"(?m)^a=mid:(\S+)", section)
        text = _with_bitrate(section)
        if mid and mid[1] in names:
            text = re.sub(r"(?m)^(a=ssrc:\d+ cname:).*?(\r?)$", rf"\g<1>{names[mid[1]]}\g<2>", text)
        done.append(_announced(text, public_address) if public_address else text)
    return "".join(done)


def _with_bitrate(section: str) -> str:
    if "a=recvonly" not in section:
        return section
    return re.sub(
        r"(?mi)^(a=rtpmap:(\d+) VP8/90000\r?\n)",
        rf"\g<1>a=fmtp:\g<2> x-google-start-bitrate={START_BITRATE}\r\n",
        section,
    )


def _announced(section: str, public_address: str) -> str:
    """All candidates become the public address; the same port on several local addresses becomes one."""
    seen: set[str] = set()
    kept = []
    for line in section.split("\r\n"):
        if found := PLACE.match(line):
            line = f"{found[1]}{public_address}{found[3]}"  # noqa: PLW2901 - the same line, announced
            if line.split(" ", 1)[1] in seen:
                continue
            seen.add(line.split(" ", 1)[1])
        kept.append(line)
    return "\r\n".join(kept)
