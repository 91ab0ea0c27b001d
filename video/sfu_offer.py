"""Offers understood: checked before aiortc acts on them, so that nothing fails later where nobody is told."""

from aiortc import RTCRtpTransceiver
from aiortc.sdp import MediaDescription, SessionDescription

from video import sfu_private as private
from video.sfu_sdp import BadOffer
from video.sfu_stream import Format

CODECS = {"audio": "opus", "video": "vp8"}
"""The only codecs that go through, and nothing else of their kind."""
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"


def understood(offer: str) -> SessionDescription:
    """The offer, whole enough to be answered. Raises BadOffer, which says what is wrong."""
    try:
        description = SessionDescription.parse(offer)
    except Exception as error:
        # The parser asserts, looks up and converts as it goes: it raises anything.
        raise BadOffer("the offer is not SDP that we understand") from error
    if not any(media.kind in CODECS for media in description.media):
        raise BadOffer("the offer has neither sound nor picture")
    mids = [media.rtp.muxId for media in description.media]
    if len(set(mids)) != len(mids):
        raise BadOffer("two sections have one mid")
    bundles = [group.items for group in description.group if group.semantic == "BUNDLE"]
    if len(bundles) != 1 or sorted(map(str, bundles[0])) != sorted(map(str, mids)):
        raise BadOffer("all sections, and nothing else, must be in one BUNDLE group")
    for media in description.media:
        if fault := _fault(media):
            raise BadOffer(fault)
    return description


def _fault(media: MediaDescription) -> str | None:
    """What is wrong with one section."""
    if media.kind not in (*CODECS, "application"):
        return "only audio, video and a data channel can be offered"
    if media.dtls is None or not any(one.algorithm.lower() == "sha-256" for one in media.dtls.fingerprints):
        return "a sha-256 fingerprint and a=setup are needed"
    if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
        return "ICE credentials are needed"
    if media.kind == "application" and (media.sctpCapabilities is None or media.sctp_port is None):
        return "the data channel needs a=sctp-port and a=max-message-size"
    if media.kind in CODECS and media.direction is None:
        return "every media section needs a direction"
    return None


def stream_format(transceiver: RTCRtpTransceiver, media: MediaDescription, types: tuple[int, int]) -> Format:
    """How this browser names a section's media."""
    pair = next(
        (group.items for group in media.ssrc_group if group.semantic == "FID" and len(group.items) == 2), []
    )
    first = pair[0] if pair else (media.ssrc[0].ssrc if media.ssrc else 0)
    return Format(
        payload_type=types[0],
        rtx_payload_type=types[1],
        send_time_id=private.extension_id(transceiver, SEND_TIME) if transceiver.kind == "video" else 0,
        ssrc=int(first),
        rtx_ssrc=int(pair[1]) if pair else 0,
    )
