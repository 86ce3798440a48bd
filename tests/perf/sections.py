"""What each section of the benchmark table measures, as rows.

Imports happen inside the functions: a section has a process of its own, and meets only what it needs.
"""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from tests.perf.row import Row

ROUNDS = 7
LANES = {"rest": "REST", "graphql": "GraphQL", "grpc": "gRPC"}
LIBRARIES = {"rest": "requests", "graphql": "gql", "grpc": "grpcio"}
MILLION = 1_000_000


def startup() -> list[Row]:
    """Process start to painted window and to ready servers, and the end, beside a bare PySide6 window."""
    from tests.perf import window_start

    median = window_start.run(ROUNDS)
    promised = (
        ("painted", "window painted", 0.5),
        ("ready", "three backends ready", 1.2),
        ("stopped", "closed, from the click to the end", 1.0),
    )
    return [
        Row(
            section="Start",
            what=what,
            ours=median[f"ours {key}"],
            unit="s",
            reference_name="bare PySide6 window painted",
            reference=median["bare painted"],
            goal=f"≤ {limit:g} s",
            kept=median[f"ours {key}"] <= limit,
        )
        for key, what, limit in promised
    ]


def starts() -> list[Row]:
    """Process start to an answer, or to a window with its servers, beside the whole run of a tool."""
    from tests.perf import bench_start as bench

    found = bench.run(5)
    tools = {name: found.pop(name) for name in ("newman", "bruno") if name in found}
    return [
        Row(
            section="Start, beside command-line tools that ask one server for one product",
            what=what,
            ours=seconds,
            unit="s",
            reference_name=name,
            reference=reference,
        )
        for what, seconds in found.items()
        for name, reference in tools.items() or (("", None),)
    ]


def calls() -> list[Row]:
    """One *get product* through pipeline, breaker, events and client against the bare library."""
    from tests.perf import bench_calls as bench

    return [
        Row(
            section="One call through the whole path",
            what=LANES[lane],
            ours=found["path_us"] / 1e6,
            unit="s",
            reference_name=f"bare {LIBRARIES[lane]}",
            reference=found["bare_us"] / 1e6,
            goal=f"≤ {bench.LIMIT:g} ×",
            kept=found["path_ratio"] <= bench.LIMIT,
        )
        for lane, found in bench.run(1500).items()
    ]


def resilience() -> list[Row]:
    """Cost over a bare call, beside the known libraries; then eight threads against one."""
    from tests.perf import bench_resilience as bench

    figures = bench.run(20_000)
    ours = {each.group: each for each in reversed(figures) if each.limit is not None}
    beside = [
        Row(
            section="Policies, time over a bare call",
            what=f"{each.group}: {ours[each.group].name}",
            ours=ours[each.group].over_bare / 1e9,
            unit="s",
            reference_name=each.name,
            reference=each.over_bare / 1e9,
            goal=f"≤ {ours[each.group].limit:g} ns",
            kept=ours[each.group].kept,
        )
        for each in figures
        if each.unit == "ns" and each is not ours[each.group]
    ]
    crowded = [
        Row(
            section="Policies, a call among eight threads against one alone",
            what=each.name,
            ours=each.over_bare,
            unit="×",
            goal="" if each.limit is None else f"≤ {each.limit:g} ×",
            kept=None if each.limit is None else each.kept,
        )
        for each in figures
        if each.unit == "×"
    ]
    return beside + crowded


def rates() -> list[Row]:
    """Requests a second of a repeat, one at a time, over the same servers in another process."""
    from tests.perf import bench_repeat as bench
    from tests.perf.tools import programs

    return [
        Row(
            section="Request rate, one at a time",
            what=f"{LANES[lane]}: repeat",
            ours=group["repeat"]["rate"],
            unit="/s",
            reference_name=f"bare {LIBRARIES[lane]}" if name == "bare" else name,
            reference=other["rate"],
            goal="" if goal is None else f"≥ {goal:g} ×",
            kept=None if goal is None else other["ours_against_it"] >= goal,
        )
        for lane, group in bench.run(ROUNDS, programs()).items()
        for name, other in group.items()
        if name != "repeat"
        for goal in (bench.GOALS.get(name),)
    ]


def catalog() -> list[Row]:
    """Each kind of question at ten, a hundred thousand and a million rows against a thousand."""
    from tests.perf import bench_catalog as bench

    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for rows in (10, 100_000, MILLION):
        for one in bench.measure(rows, 40)["questions"]:
            key = (bench.kind(one["question"]), rows)
            if key not in found or one["ratio"] > found[key]["ratio"]:
                found[key] = one
    return [
        Row(
            section="Catalog, answers over a socket (of each kind the worst lane and question)",
            what=f"{kind}, {rows:,} rows ({LANES[one['lane']]})",
            ours=one["large_ms"] / 1e3,
            unit="s",
            reference_name="1,000 rows",
            reference=one["small_ms"] / 1e3,
            goal=f"≤ {one['limit']:g} ×" if rows == MILLION else "",
            kept=one["ratio"] <= one["limit"] if rows == MILLION else None,
        )
        for (kind, rows), one in sorted(found.items())
    ]


def pictures() -> list[Row]:
    """A frame of the timeline and of the breaker diagram, offscreen."""
    from PySide6.QtWidgets import QApplication

    from tests.perf import bench_pictures as bench

    app = QApplication.instance() or QApplication([])
    costs = {
        f"timeline, {attempts} attempts in view, {history:,} before": bench.timeline_costs(
            attempts, history=history
        )
        for attempts, history in ((100, 0), (500, 0), (500, 5000))
    }
    costs["breaker diagram, three countdowns"] = bench.diagram_costs()
    assert app is not None
    return [
        Row(
            section="A frame of the pictures",
            what=what,
            ours=statistics.median(values),
            unit="s",
            reference_name="an empty widget of that size",
            reference=bench.empty_cost(),
            goal=f"≤ {bench.LIMIT * 1000:g} ms",
            kept=statistics.median(values) <= bench.LIMIT,
        )
        for what, values in costs.items()
    ]


def heartbeat() -> list[Row]:
    """How late the window's thread is, servers inside; beside the same window with nothing to do."""
    from tests.perf import bench_heartbeat as bench

    found = bench.figures(10.0, ("idle", "traffic", "large", "streams"))
    promised = {
        "idle": ("idle", None, None),
        "traffic": ("full traffic on three lanes", 8.0, 50.0),
        "5 MB on REST": ("an answer of 5 MB", None, 50.0),
        "5 MB on three lanes": ("three answers of 5 MB at once", None, None),
        "streams 2000/s": ("three streams of 2,000 messages a second", 16.0, None),
    }
    rows = [
        Row(
            section="Heartbeat of the window, lateness (servers in the same process)",
            what=f"{words}: {kind}",
            ours=found[f"{name} {kind} ms"] / 1e3,
            unit="s",
            reference_name=f"idle: {kind}",
            reference=found[f"idle {kind} ms"] / 1e3,
            goal="" if limit is None else f"≤ {limit:g} ms",
            kept=None if limit is None else found[f"{name} {kind} ms"] <= limit,
        )
        for name, (words, p99, longest) in promised.items()
        for kind, limit in (("p50", None), ("p99", p99), ("max", longest))
    ]
    share = found["of the machine others took %"]
    note = Row(
        section=rows[0].section,
        what="share of the machine that other programs took meanwhile",
        ours=share,
        unit="%",
    )
    return [*rows, note]


def streams() -> list[Row]:
    """Thirty seconds of 2,000 messages a second on each lane, servers in a process of their own."""
    from tests.perf import bench_streams as bench

    with bench.own_process() as addresses:
        found = bench.run(addresses, 30.0, bench.RATE)
    section = "Streams, 2,000 messages a second on three lanes for 30 s (servers in their own process)"
    lanes = [
        Row(
            section=section,
            what=f"{label}: received ({found[f'{lane} dropped']:g} dropped)",
            ours=found[f"{lane} received"],
            unit="messages",
            reference_name="sent",
            reference=30.0 * bench.RATE,
            goal="every one counted",
            kept=found[f"{lane} received"] + found[f"{lane} dropped"] == 30.0 * bench.RATE,
        )
        for lane, label in LANES.items()
    ]
    late = found["heartbeat p99 ms"]
    beat = Row(
        section=section,
        what="heartbeat lateness, p99",
        ours=late / 1e3,
        unit="s",
        goal=f"≤ {bench.LIMIT * 1000:g} ms",
        kept=late <= bench.LIMIT * 1000,
    )
    return [*lanes, beat]


def memory() -> list[Row]:
    """What the whole process holds: after the start, after 100,000 calls, and for 10,000 rows of orders."""
    from tests.perf import bench_heartbeat as bench

    found = bench.figures(10.0, ("rows", "memory"))
    start = found["memory at start MB"]
    promised = (
        ("after the start", start, 200.0),
        ("after 100,000 calls", found["memory after calls MB"], 260.0),
        ("added by 10,000 rows of orders", found["memory of 10,000 rows MB"], None),
    )
    return [
        Row(
            section="Resident memory, window and three servers",
            what=what,
            ours=value,
            unit="MB",
            reference_name="after the start",
            reference=start,
            goal="" if limit is None else f"≤ {limit:g} MB",
            kept=None if limit is None else value <= limit,
        )
        for what, value, limit in promised
    ]


def servers() -> list[Row]:
    """Requests a second over one connection and over eight, against the usual servers."""
    from tests.perf import bench_servers as bench

    return [
        Row(
            section="Servers, requests a second",
            what=f"{LANES[lane]}, {connections} connection{'s' if connections > 1 else ''}",
            ours=each["ours"],
            unit="/s",
            reference_name="bare grpcio, constant answer" if lane == "grpc" else "werkzeug, same handlers",
            reference=each["other"],
            goal=f"≥ {bench.GOALS[lane]:g} ×",
            kept=each["ratio"] >= bench.GOALS[lane],
        )
        for lane, counts in bench.run(ROUNDS).items()
        for connections, each in counts.items()
    ]


SECTIONS: Mapping[str, Callable[[], list[Row]]] = {
    "startup": startup,
    "starts": starts,
    "calls": calls,
    "resilience": resilience,
    "rates": rates,
    "servers": servers,
    "catalog": catalog,
    "heartbeat": heartbeat,
    "streams": streams,
    "pictures": pictures,
    "memory": memory,
}
