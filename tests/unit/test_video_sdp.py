"""What is taken out of an offer before anybody reads it."""

from video.sfu_sdp import stripped

HEAD = "v=0\r\ns=-\r\n"
VIDEO = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\na=mid:1\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
)
OTHERS = (
    "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack\r\na=fmtp:102 profile-level-id=42e01f\r\n"
    "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
)
SSRC = "a=ssrc:7 cname:x\r\n"


def test_candidates_and_codecs_of_others_go_and_all_else_stays() -> None:
    offer = HEAD + VIDEO + OTHERS + "a=candidate:1 1 udp 1 a.local 9 typ host\r\n" + SSRC
    wanted = VIDEO.replace(" 96 97 102 103", " 96 97")
    assert stripped(offer) == HEAD + wanted + SSRC
    assert stripped(offer.replace("\r\n", "\n")) == HEAD + wanted + SSRC


def test_a_section_without_a_codec_of_ours_is_left_for_whoever_refuses_it() -> None:
    offer = HEAD + "m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\n" + OTHERS
    assert stripped(offer) == offer


def test_a_data_channel_is_left_alone() -> None:
    offer = HEAD + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5000\r\n"
    assert stripped(offer) == offer
