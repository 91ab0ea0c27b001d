"""The text of offers and answers: what is taken out of the one, what is put into the other. No aiortc."""

import re
from collections.abc import Mapping

LONGEST_OFFER = 100_000
"""Characters; a browser's with eight media sections has some 40,000."""
MOST_SECTIONS = 9
START_BITRATE = 1000
"""kbit/s that a browser begins with: 720p within ten seconds instead of thirty."""
WISHES = {
    "VP8/90000": f"x-google-start-bitrate={START_BITRATE}",
    "opus/48000/2": "minptime=10;useinbandfec=1",
}

CODEC = re.compile(r"(?mi)^a=rtpmap:(\d+) (opus|VP8)/")
AGAIN = re.compile(r"(?m)^a=fmtp:(\d+) apt=(\d+)\s*$")
OF_A_CODEC = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ")
CANDIDATE = re.compile(r"a=(candidate:|end-of-candidates)")
PLACE = re.compile(r"(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host)")


class BadOffer(Exception):
    """An offer that no page of ours would make, or one that cannot be understood; the text says why."""


def stripped(offer: str) -> str:
    """The offer without candidates, and without the forty codecs that nobody here speaks, to be read three times less.

    Hidden (mDNS) candidates block or fail; the browser's first packet tells its address.

    Raises BadOffer for one that is too long, or has too many sections.
    """
    if len(offer) > LONGEST_OFFER:
        raise BadOffer("the offer is too long")
    lines = offer.splitlines()  # as aiortc does: what is a line to it must be one here
    if sum(line.startswith("m=") for line in lines) > MOST_SECTIONS:
        raise BadOffer(f"an offer has at most {MOST_SECTIONS} media sections")
    kept = "\n".join(line for line in lines if line and not CANDIDATE.match(line))
    head, *sections = re.split(r"(?m)^(?=m=)", kept)
    return (head + "".join(map(_with_our_codecs, sections))).replace("\n", "\r\n") + "\r\n"


def _with_our_codecs(section: str) -> str:
    """A section with Opus or VP8 and its RTX only; as it was when it has neither."""
    ours = {found[1] for found in CODEC.finditer(section)}
    ours |= {found[1] for found in AGAIN.finditer(section) if found[2] in ours}
    first, *lines = section.split("\n")
    words = first.split(" ")
    left = [one for one in words[3:] if one in ours]
    if not left:
        return section
    lines = [line for line in lines if not (found := OF_A_CODEC.match(line)) or found[1] in left]
    return "\n".join([" ".join([*words[:3], *left]), *lines])


def polished(answer: str, *, names: Mapping[str, str], public_address: str) -> str:
    """The answer as browsers should have it.

    ``names`` gives the canonical name of the seat whose media comes on a section, by mid: clocks of different seats
    are different. ``public_address`` replaces our own addresses, if any.
    """
    head, *sections = re.split(r"(?m)^(?=m=)", answer)
    done = [head]
    for section in sections:
        mid = re.search(r"(?m)^a=mid:(\S+)", section)
        text = _with_wishes(section)
        if mid and mid[1] in names:
            text = re.sub(r"(?m)^(a=ssrc:\d+ cname:).*?(\r?)$", rf"\g<1>{names[mid[1]]}\g<2>", text)
        done.append(_announced(text, public_address) if public_address else text)
    return "".join(done)


def _with_wishes(section: str) -> str:
    """What the browser shall send: a picture that begins large, and sound that repeats itself when packets are lost."""
    if "a=recvonly" not in section:
        return section
    for codec, wish in WISHES.items():
        section = re.sub(rf"(?mi)^(a=rtpmap:(\d+) {codec}\r?\n)", rf"\g<1>a=fmtp:\g<2> {wish}\r\n", section)
    return section


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
