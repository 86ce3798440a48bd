"""The monkey itself: what it writes down can be done again, and what it draws can be set."""

import random
from pathlib import Path

from app.domain.lanes import Lane
from backends.faults.rules import FaultKind, parse_rules
from tests.monkey.complaints import Look, growth
from tests.monkey.deeds import Deed, DeedLog, read
from tests.monkey.weather import random_rules


def test_a_written_deed_is_read_back_as_it_was(tmp_path: Path) -> None:
    """A log holds all that a replay needs, also texts that are no ASCII."""
    deeds = [
        Deed(number=1, at=0.5, do="click", how={"x": 3, "y": 4, "with": "ctrl"}, on="QPushButton send"),
        Deed(number=2, at=0.625, do="type", how={"text": "Ünï→"}),
    ]
    log = DeedLog(tmp_path / "deeds.jsonl")
    for deed in deeds:
        log.write(deed)
    log.close()
    assert list(read(log.file.read_text(encoding="utf-8").splitlines())) == deeds


def test_a_log_remembers_its_last_thirty_lines(tmp_path: Path) -> None:
    """What stands before a failure is kept, and no more."""
    log = DeedLog(tmp_path / "deeds.jsonl")
    for number in range(100):
        log.write(Deed(number=number, at=0.0, do="hover"))
    log.close()
    assert [deed.number for deed in read(log.last)] == list(range(70, 100))


def test_random_weather_has_every_kind_and_the_engine_takes_it() -> None:
    """No rule that the monkey draws is refused, and each kind of fault comes up."""
    draw, kinds = random.Random(1), set()
    for _ in range(500):
        lane = draw.choice(tuple(Lane))
        kinds |= {rule.kind for rule in parse_rules(lane.value, random_rules(draw, lane))}
    assert kinds == set(FaultKind)


def look(memory: int) -> Look:
    """A process of a size."""
    return Look(at=0.0, memory=memory, threads=40, descriptors=40, widgets=1000, objects=2000)


def test_growth_is_told_with_its_figures() -> None:
    """Memory that climbs from calm to calm is named; memory that wavers is not."""
    climbing = [look(200_000 + 5_000 * number) for number in range(12)]
    wavering = [look(200_000 + 5_000 * (number % 2)) for number in range(12)]
    assert growth(climbing) == ["memory grew from 210000 to 245000"]
    assert growth(wavering) == []
