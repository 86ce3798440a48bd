"""What the Repeat panel says in sentences: what a run was, what its surroundings cost, how two runs differ.
Pure."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.operations.latencies import Ratio
from app.operations.repeat_results import LaneComparison, RepeatPlan, RepeatRun
from app.viewmodels.figures import NBSP, count, percent, seconds
from app.viewmodels.repeat_picture import LanePicture, RunPicture

IN_TURN = (
    "One lane after the other: each has the processor for itself, so the figures show the protocol. "
    "The machine may be busier for one than for the next."
)
TOGETHER = (
    "All lanes at the same time: they meet the same weather, but take the processor from one another, "
    "so every lane looks slower than it is."
)
BARE = "Without retries and circuit breaker: one attempt per call, the protocol itself."
GUARDED = (
    "With each lane's retries, and a circuit breaker of this run's own, so that the one in the window "
    "stays as it is."
)
EMBEDDED = (
    "The servers run inside this program: one process, one interpreter lock. Client and servers wait for "
    "one another, and these times are longer than the protocols need. For figures without it run trilane"
    " serve elsewhere and enter its addresses."
)
ELSEWHERE = "The servers run in another process: only the client shares this interpreter, with the window."
MIXED = (
    "Some servers run inside this program, some elsewhere: the lanes are not measured alike. "
    "Enter all addresses, or none."
)


OWN_LOG_IN = (
    "For what needs a log-in there. Used for nothing else and not remembered; this window's own token is "
    "sent to no other server."
)


NO_ANSWER = "no answered call"  # of a lane in the histogram


def log_in_wanted(operation: str, lanes: Sequence[Lane]) -> str:
    """Why a run cannot begin: servers elsewhere ask who it is."""
    *first, last = [lane.label for lane in lanes]
    names = f"{', '.join(first)} and {last}" if first else last
    return f"{operation} needs a log-in at the servers of {names}: enter e-mail and password under Servers."


def surroundings(plan_lanes: int, elsewhere: int) -> str:
    """What the place of the servers does to the figures."""
    if not elsewhere:
        return EMBEDDED
    return ELSEWHERE if elsewhere >= plan_lanes else MIXED


def run_title(number: int, run: RepeatRun) -> str:
    """ "3 · Get product · 200 calls · embedded · 12:01:04"."""
    title = OPERATIONS[run.plan.operation].title
    return f"{number} · {title} · {shape(run.plan)} · {servers_of(run)} · {_clock(run)}"


def short_title(number: int, run: RepeatRun) -> str:
    """ "run 3, embedded, 12:01:04"."""
    return f"run {number}, {servers_of(run)}, {_clock(run)}"


def list_title(number: int, run: RepeatRun) -> str:
    """As `run_title`, in two lines for a narrow list."""
    title = OPERATIONS[run.plan.operation].title
    return f"{number} · {title} · {_clock(run)}\n{shape(run.plan)} · {servers_of(run)}"


def choice_title(number: int, run: RepeatRun) -> str:
    """ "3 · embedded · 12:01:04", for a narrow box."""
    return f"{number} · {servers_of(run)} · {_clock(run)}"


def servers_of(run: RepeatRun) -> str:
    """Whose servers answered: this program's, a process's of their own on this machine, or a machine's."""
    lanes = [each.lane for each in run.lanes] or list(run.plan.lanes)
    hosts = list(dict.fromkeys(_host(run.addresses[lane]) for lane in lanes if lane in run.addresses))
    if not hosts:
        return "embedded"
    where = "own process" if all(map(_is_this_machine, hosts)) else f"servers at {' and '.join(hosts)}"
    return where if all(lane in run.addresses for lane in lanes) else f"partly embedded, partly {where}"


def _host(address: str) -> str:
    return urlsplit(address if "://" in address else f"//{address}").hostname or address


def _is_this_machine(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def against(number: int, base: RepeatRun, shown: RepeatRun) -> str:
    """What a comparison stands on; says so where the two runs did not ask the same servers."""
    words = f"Against {short_title(number, base)}, dotted in the histogram:"
    if base.addresses == shown.addresses:
        return words
    return f"{words} the two did not ask the same servers."


def _clock(run: RepeatRun) -> str:
    return time.strftime("%H:%M:%S", time.localtime(run.started_at))


def shape(plan: RepeatPlan) -> str:
    """How often and how many at once: "200 calls, 4 at once"."""
    once = "" if plan.concurrency == 1 else f", {plan.concurrency} at once"
    return f"{grouped(plan.count)}{NBSP}{'call' if plan.count == 1 else 'calls'}{once}"


def grouped(value: float) -> str:
    """A whole number with thin groups: "1 208"."""
    return f"{value:,.0f}".replace(",", NBSP)


def run_notes(run: RepeatRun) -> list[str]:
    """Errors by reason, retries, lanes that were left out, addresses of servers elsewhere."""
    notes = ["Cancelled: these are the calls that were made until then."] if run.cancelled else []
    for lane in run.lanes:
        reasons = ", ".join(f"{grouped(number)} × {why}" for why, number in lane.errors.items())
        if reasons:
            notes.append(f"{lane.lane.label}: {reasons}")
        amplification = lane.per_call(lane.attempts)
        if amplification is not None and amplification != 1 and run.plan.resilient:
            notes.append(f"{lane.lane.label}: {amplification:.2f} attempts per call")
    notes += [f"{lane.label}: {why}" for lane, why in run.skipped.items()]
    asked = ", ".join(f"{lane.label} {address}" for lane, address in run.addresses.items())
    return [*notes, f"Servers elsewhere: {asked}"] if asked else notes


def comparison_sentence(each: LaneComparison) -> str:
    """One lane in two runs, with what can be claimed about it."""
    parts = []
    if each.p50 is not None:
        parts.append(f"p50 {_times(each.p50.value)}: {_claim(each.p50, FEW)}")
    if each.p99 is not None:
        parts.append(f"p99 {_times(each.p99.value)}: {_claim(each.p99, FEW_SLOW)}")
    if each.rate is not None:
        parts.append(f"rate {_times(each.rate)}")
    return f"{each.lane.label}: {'; '.join(parts) or 'nothing to compare'}"


FEW = "too few calls to tell from noise (40 are needed)"
FEW_SLOW = "too few slow calls to tell from noise (380 calls are needed, more when they come in clusters)"
HOW_COMPARED = (
    "Each run is cut into 20 consecutive pieces; how much the medians of the pieces scatter is the noise."
    " The interval of p50 holds 95 % of 2 000 random redraws of those pieces. A p99 rests on one call in a "
    "hundred: its interval is that of the ranks around it, wider when the slow calls come in clusters. "
    "Weather that lasted a whole run cannot be seen from inside it: repeat both runs when it matters."
)


def _claim(ratio: Ratio, unknown: str) -> str:
    if ratio.low is None or ratio.high is None:
        return unknown
    interval = f"95{NBSP}% interval {ratio.low:.2f} to {ratio.high:.2f}"
    if not ratio.beyond_noise:
        return f"no more than noise ({interval})"
    return f"{'slower' if ratio.value > 1 else 'faster'}, more than noise ({interval})"


def _times(ratio: float) -> str:
    return f"×{NBSP}{ratio:.2f}"


def histogram_summary(picture: RunPicture | None) -> str:
    """The histogram for those who hear it."""
    if picture is None or not picture.lanes:
        return "Nothing measured yet."
    return ". ".join(_spoken(lane) for lane in picture.lanes) + "."


def _spoken(lane: LanePicture) -> str:
    figures = lane.summary
    if figures is None:
        return f"{lane.lane.label}: {NO_ANSWER}"
    mode = max(lane.buckets.items(), key=lambda item: item[1])
    return (
        f"{lane.lane.label}: {count(figures.count, 'answered call')}, fastest {seconds(figures.minimum)}, "
        f"half within {seconds(figures.p50)}, 99 of 100 within {seconds(figures.p99)}, "
        f"slowest {seconds(figures.maximum)}; {percent(mode[1] / figures.count)} in the fullest bucket"
    )


def series_summary(picture: RunPicture | None) -> str:
    """The time series for those who hear it."""
    if picture is None or not picture.lanes:
        return "Nothing measured yet."
    found = []
    for lane in picture.lanes:
        slowest = max(lane.columns, key=lambda column: column.slowest, default=None)
        failed = sum(number for _, number in lane.failures)
        words = f"{lane.lane.label}: {seconds(lane.duration)} long, {count(failed, 'failure')}"
        if slowest is not None:
            words += f", slowest call {seconds(slowest.slowest)} at {seconds(slowest.start)}"
        found.append(words)
    return ". ".join(found) + "."
