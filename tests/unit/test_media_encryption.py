"""How media are encrypted on the wire: a new aiortc that offers something else is noticed here."""

from aiortc import RTCCertificate, rtcdtlstransport


def test_srtp_profiles_are_approved_and_the_strongest_comes_first() -> None:
    names = [profile.openssl_profile for profile in rtcdtlstransport.SRTP_PROFILES]
    assert names == [b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"]


def test_dtls_has_forward_secrecy_and_a_key_of_its_own_each_time() -> None:
    one, other = RTCCertificate.generateCertificate(), RTCCertificate.generateCertificate()
    assert one.getFingerprints()[0].value != other.getFingerprints()[0].value
    context = one._create_ssl_context(rtcdtlstransport.SRTP_PROFILES)
    ciphers = rtcdtlstransport.SSL.Connection(context).get_cipher_list()
    before_tls13 = [name for name in ciphers if not name.startswith("TLS_")]
    assert before_tls13[:2] == ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    # RFC 8827 § 6.5 lets old browsers have the last two.
    assert before_tls13[2:] == ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"]
