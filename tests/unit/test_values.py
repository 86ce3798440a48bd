"""The program's own decorator for values: nothing about them may differ from the standard one."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest

from app.domain import values


@values.dataclass(frozen=True, slots=True)
class Point:
    """Positional, as a pair."""

    x: float
    y: float = 0.0


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """By keyword only, with parts that do not count."""

    text: str
    tags: list[str] = field(default_factory=list, hash=False, compare=False)
    secret: str = field(default="", repr=False)


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Longer(Note):
    """Inherits its first fields."""

    length: int = 0

    def __post_init__(self) -> None:
        """Refuses what makes no sense."""
        if self.length < 0:
            raise ValueError("length is negative")


@values.dataclass(frozen=True)
class Roomy:
    """Without slots, with a method of its own for equality."""

    name: str = "roomy"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roomy)

    def __hash__(self) -> int:
        return 7


def twin(kind: type) -> Any:
    """The same fields under the standard decorator."""
    parts = [
        (
            part.name,
            part.type,
            field(
                default=part.default,
                default_factory=part.default_factory,
                repr=part.repr,
                compare=part.compare,
                kw_only=part.kw_only,
            ),
        )
        for part in fields(kind)
    ]
    return dataclasses.make_dataclass(kind.__name__, parts, frozen=True, slots=True)


CASES: list[tuple[type, tuple[Any, ...], dict[str, Any]]] = [
    (Point, (1.0,), {}),
    (Point, (1.0, 2.0), {}),
    (Point, (), {"y": 3.0, "x": 4.0}),
    (Note, (), {"text": "a", "tags": ["t"]}),
    (Longer, (), {"text": "a", "secret": "s", "length": 2}),
]


@pytest.mark.parametrize(("kind", "positional", "named"), CASES)
def test_values_hold_and_show_what_the_standard_decorator_makes_of_the_same_fields(
    kind: type, positional: tuple[Any, ...], named: dict[str, Any]
) -> None:
    """Arguments, defaults, text, hash and the names for match are those of a standard dataclass."""
    ours, standard = kind(*positional, **named), twin(kind)(*positional, **named)
    assert dataclasses.asdict(ours) == dataclasses.asdict(standard)
    assert repr(ours) == repr(standard)
    assert hash(ours) == hash(standard)
    assert kind.__match_args__ == type(standard).__match_args__  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "make",
    [
        Point,
        lambda: Point(1, 2, 3),  # type: ignore[call-arg]
        lambda: Note("by position"),  # type: ignore[call-arg]
        lambda: Note(text="a", other=1),  # type: ignore[call-arg]
    ],
)
def test_wrong_arguments_are_type_errors(make: Callable[[], object]) -> None:
    """Missing, surplus, unknown and positional arguments are refused as by any function."""
    with pytest.raises(TypeError):
        make()


def test_equal_values_are_equal_and_of_one_class() -> None:
    """Equality compares the fields that count, and only within one class."""
    assert Note(text="a", tags=["x"]) == Note(text="a", tags=["y"])
    assert Note(text="a") != Note(text="b")
    assert Note(text="a") != Longer(text="a")
    assert len({Point(1.0), Point(1.0, 0.0), Point(2.0)}) == 2


def test_a_factory_makes_a_default_of_its_own_for_each_value() -> None:
    """Two values never share a default that can change."""
    assert Note(text="a").tags is not Note(text="a").tags


def test_values_cannot_be_changed() -> None:
    """Setting or deleting any attribute, a new one too, is refused."""
    point = Point(1.0)
    with pytest.raises(FrozenInstanceError):
        point.x = 2.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        point.z = 2.0  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_replace_copy_and_pickle_make_equal_values() -> None:
    """Values survive the usual ways of being copied, and their own check runs on what is replaced."""
    long = Longer(text="a", tags=["t"], length=1)
    assert replace(long, length=2) == Longer(text="a", length=2)
    for again in (copy.copy(long), copy.deepcopy(long), pickle.loads(pickle.dumps(long))):
        assert dataclasses.asdict(again) == dataclasses.asdict(long)
    with pytest.raises(ValueError, match="negative"):
        replace(long, length=-1)


def test_a_class_keeps_the_methods_it_brings() -> None:
    """Equality and hash that a class defines itself are left alone, with slots or without."""
    assert Roomy() == Roomy("other")
    assert hash(Roomy()) == 7
    assert Roomy("kept").name == "kept"


def test_other_options_are_the_standard_decorators() -> None:
    """What is not frozen is made by the standard decorator, and can be changed."""

    @values.dataclass(slots=True)
    class Counter:
        count: int = 0

    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
    assert Counter.__hash__ is None
