"""What a room costs and how long a packet takes: ours at several sizes, stock MediaRelay, and Janus turn by turn."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.video.janus import installed, janus
from benchmarks.video.processes import Load, Server, ours, stock
from benchmarks.video.table import Table, at, middle

WARM_UP = 3.0
SETTLE = 0.5
"""Seconds after which whatever was sent has come or is lost."""
ROOM_MINUTE, CORE_OF_40, BESIDE_JANUS = 1.0, 0.60, 1.10
DELAY_P50, DELAY_P99 = 0.3, 2.0
"""Milliseconds."""
LOST = 0.001
"""Share of all packets; more and the machine was too busy for the other figures to say anything."""


@dataclass
class Measured:
    """One server under one number of rooms; lists hold one figure a turn. ``due`` is packets a second of a seat."""

    rooms: int
    due: float
    share: list[float] = field(default_factory=list)
    packet: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    turn: list[float] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    lost: int = 0
    sent: int = 0

    @property
    def room_minute(self) -> float:
        """CPU-seconds a room-minute."""
        return middle(self.share) * 60 / self.rooms


def take_turn(load: Load, found: Measured, seconds: float) -> None:
    """Play for ``seconds``, after a start that is not counted, and rest: others may want the machine."""
    first = load.count()
    load.tell("go")
    time.sleep(min(WARM_UP, seconds / 2) if not found.share else 1.0)
    load.tell("times")
    server = load.server
    counts, cpu, waited, began = load.count(), server.cpu(), server.waited(), time.monotonic()
    time.sleep(seconds)
    used, passed, after = server.cpu() - cpu, time.monotonic() - began, load.count()
    found.turn.append((server.waited() - waited) / passed)
    times = load.tell("times")[0]
    load.tell("rest")
    time.sleep(SETTLE)
    last = load.count()
    got = after["received"] - counts["received"]
    # A client that got no core sent too little: the server is not let off for that.
    found.share.append(max(used / passed, used / max(got, 1) * found.due * 2 * found.rooms))
    found.packet.append(used / max(got, 1) * 1e6)
    found.client.append((after["cpu"] - counts["cpu"]) / max(got, 1) * 1e6)
    found.sent += int(last["sent"] - first["sent"])
    found.lost += int(last["sent"] - first["sent"] - (last["received"] - first["received"]) + last["bad"])
    for name in ("delays", "waited", "bare"):
        getattr(found, name).extend(times.get(name, []))


def alone(server: Server, found: Measured, played: str, *, turns: int, seconds: float) -> Measured:
    """One server by itself."""
    with Load(server, found.rooms, played) as load:
        for _ in range(turns):
            take_turn(load, found, seconds)
    return found


def by_turns(
    played: str, due: float, *, turns: int, seconds: float, rooms: int = 8
) -> tuple[Measured, Measured | None]:
    """Ours and Janus under the same rooms, a few seconds each by turns: a busy machine weighs on both."""
    with ExitStack() as stack:
        servers = [stack.enter_context(ours())]
        if installed():
            servers.append(stack.enter_context(janus()))
        loads = [stack.enter_context(Load(server, rooms, played)) for server in servers]
        found = [Measured(rooms, due) for _ in servers]
        for _ in range(turns):
            for load, one in zip(loads, found, strict=True):
                take_turn(load, one, seconds)
    return found[0], found[1] if len(found) > 1 else None


def tell(table: Table, name: str, found: Measured, *, delays: bool = True) -> None:
    """What is said of every run."""
    table.line(f"{name}: CPU a forwarded packet", middle(found.packet), "µs")
    goal = int(LOST * found.sent) if name == "ours" else None
    table.line(f"{name}: packets lost", found.lost, f"of {found.sent:,}", most=goal)
    if name == "ours":
        table.line("ours: of a second waited for a core", middle(found.turn) * 1000, "ms")
    if delays and len(found.delays) > 100:
        table.line(f"{name}: delay p50", at(found.delays, 50) / 1e6, "ms")
        table.line(f"{name}: delay p99", at(found.delays, 99) / 1e6, "ms")


def report(table: Table, played: str, due: float, *, quick: bool) -> None:
    """All of it."""
    turns, seconds = (3, 3.0) if quick else (7, 5.0)
    table.heading("8 rooms of 2 × 1.5 Mbit/s, ours and Janus by turns")
    own, other = by_turns(played, due, turns=turns, seconds=seconds)
    table.line("ours: CPU-seconds a room-minute", own.room_minute, "s", most=ROOM_MINUTE)
    tell(table, "ours", own, delays=False)
    table.line("ours: delay added p50", at(own.delays, 50) / 1e6, "ms", most=DELAY_P50)
    table.line("ours: delay added p99", at(own.delays, 99) / 1e6, "ms", most=DELAY_P99)
    table.line("in it, the loopback and one system call p50", at(own.bare, 50) / 1e6, "ms")
    table.line("not in it, until the client woke p50", at(own.waited, 50) / 1e6, "ms")
    table.line("not in it, until the client woke p99", at(own.waited, 99) / 1e6, "ms")
    table.line("the load client's own CPU a packet sent and received", middle(own.client), "µs")
    if other:
        table.line("Janus: CPU-seconds a room-minute", other.room_minute, "s")
        tell(table, "Janus", other)
        ratio = middle([a / b for a, b in zip(own.packet, other.packet, strict=True)])
        table.line("ours / Janus, CPU a forwarded packet", ratio, "×", most=BESIDE_JANUS)
    else:
        print("  Janus is not installed: not compared")
    for rooms in (1, 40):
        table.heading(f"{rooms} room{'s' * (rooms > 1)}, ours")
        with ours() as server:
            own_n = alone(server, Measured(rooms, due), played, turns=2 if quick else 4, seconds=seconds)
        table.line("ours: CPU-seconds a room-minute", own_n.room_minute, "s")
        share = middle(own_n.share)
        table.line(
            f"ours: share of a core, {rooms} rooms", share, "", most=CORE_OF_40 if rooms == 40 else None
        )
        tell(table, "ours", own_n)
    table.heading("1 room, aiortc's MediaRelay: decoded and encoded again")
    with stock() as server:
        # What it sends is another encoder's, in other packets: only the time counts.
        relay = alone(server, Measured(1, 0), played, turns=1, seconds=4.0 if quick else 10.0)
    table.line("MediaRelay: CPU-seconds a room-minute", relay.room_minute, "s")
    table.line("MediaRelay / ours at 8 rooms", relay.room_minute / own.room_minute, "×")
