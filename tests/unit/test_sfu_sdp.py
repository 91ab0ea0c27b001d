"""What is taken out of an offer before aiortc sees it."""

import pytest

from video.sfu_sdp import MOST_SECTIONS, BadOffer, stripped

CANDIDATE = "a=candidate:1 1 udp 1 10.0.0.1 22 typ host"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_no_candidate_gets_through_behind_an_odd_line_end(line_end: str) -> None:
    """aiortc splits lines at all of these. A candidate would make the server send packets to any address."""
    assert "candidate" not in stripped(f"v=0{line_end}{CANDIDATE}{line_end}m=audio 9 x 0")
    with pytest.raises(BadOffer):
        stripped(line_end.join(["m=audio 9 x 0"] * (MOST_SECTIONS + 1)))
