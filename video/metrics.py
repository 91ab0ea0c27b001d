"""Figures for Prometheus: made when asked for, from what the process counts anyway."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from video.hosting import Host


class Figures(Collector):
    """Rooms, participants, packets, loss and CPU of one process."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def collect(self) -> list[Metric]:
        """Everything as of now."""
        host = self._host
        counters = host.forwarder.counters
        seated = [who for room in host.rooms for who in room.participants.values()]
        reconnecting = sum(who.state == "reconnecting" for who in seated)
        return [
            GaugeMetricFamily(
                "nettlege_video_rooms", "Rooms that somebody is or was lately in", len(host.rooms)
            ),
            GaugeMetricFamily("nettlege_video_participants", "Seats taken, heard of or not", len(seated)),
            GaugeMetricFamily("nettlege_video_connections", "Connections that stand", host.connected()),
            GaugeMetricFamily("nettlege_video_reconnecting", "Participants not heard of", reconnecting),
            GaugeMetricFamily("nettlege_video_draining", "1 when about to stop", int(host.rooms.draining)),
            CounterMetricFamily("nettlege_video_packets_in", "RTP packets received", counters.packets_in),
            CounterMetricFamily("nettlege_video_packets_out", "RTP packets sent", counters.packets_out),
            CounterMetricFamily("nettlege_video_bytes_in", "RTP bytes received", counters.bytes_in),
            CounterMetricFamily("nettlege_video_bytes_out", "RTP bytes sent", counters.bytes_out),
            CounterMetricFamily(
                "nettlege_video_packets_lost", "Packets lost on the way here", host.forwarder.lost_in()
            ),
            CounterMetricFamily("nettlege_video_malformed", "Packets not understood", counters.malformed),
            CounterMetricFamily(
                "nettlege_video_cpu_seconds", "CPU time of this process", time.process_time()
            ),
        ]


def exposition(host: Host) -> tuple[bytes, str]:
    """The figures as text, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(host))
    return generate_latest(registry), CONTENT_TYPE_LATEST
