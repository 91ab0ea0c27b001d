"""Two seconds of 720p30 at 1.5 Mbit/s and of sound, encoded once, played again and again."""

import random
from fractions import Fraction

from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder
from av import AudioFrame, VideoFrame

FRAMES, FPS, BITRATE = 60, 30, 1_500_000


def video() -> list[list[bytes]]:
    """For each picture its RTP payloads; the first is a key frame."""
    encoder = Vp8Encoder()
    encoder.target_bitrate = BITRATE
    dice = random.Random(1)
    played = []
    for number in range(FRAMES):
        frame = VideoFrame(1280, 720, "yuv420p")
        for plane in frame.planes:
            line = bytearray(plane.line_size)
            rows = []
            for row in range(plane.height):
                if row % 48 == 0:
                    for at in range(0, len(line), 32):
                        line[at : at + 32] = bytes([dice.randrange(100, 156)]) * min(32, len(line) - at)
                rows.append(bytes(line[(number * 2) % 32 :] + line[: (number * 2) % 32]))
            plane.update(b"".join(rows))
        frame.pts, frame.time_base = number * 3000, Fraction(1, 90000)
        payloads, _ = encoder.encode(frame, number == 0)
        played.append(payloads)
    return played


def audio() -> list[bytes]:
    """Opus packets of 20 ms."""
    encoder = OpusEncoder()
    packets: list[bytes] = []
    dice = random.Random(2)
    for number in range(50):
        frame = AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(dice.randbytes(frame.planes[0].buffer_size))
        frame.sample_rate, frame.pts = 48000, number * 960
        frame.time_base = Fraction(1, 48000)
        packets += encoder.encode(frame)[0]
    return packets
