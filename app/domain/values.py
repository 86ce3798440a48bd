"""``dataclass`` for values: what ``dataclasses.dataclass`` makes, at a third of its price at the start.

For each frozen class the standard decorator writes and compiles six functions, and the program goes through a
hundred and fifty such classes before its window can be painted. Five of the six are alike for all classes, so
here they are written once, and only ``__init__`` is compiled. A type checker is shown the standard decorator,
and the classes are dataclasses: ``fields``, ``replace`` and ``match`` work as usual. One difference: a frozen
class of the standard decorator cannot inherit from one made here.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):
        """Make a dataclass, as `dataclasses.dataclass` with the same arguments."""

        def make(plain: type) -> type:
            if not (frozen and eq):
                standard = dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)
                return standard(plain)
            return _frozen(plain, slots=slots, kw_only=kw_only)

        return make if cls is None else make(cls)


def _frozen(plain: type, *, slots: bool, kw_only: bool) -> type:
    own = frozenset(plain.__dict__)
    bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
    made: Any = bare(plain)
    parts = fields(made)
    made.__init__ = _initialiser(made, parts)
    made.__setattr__ = _refuse_setting
    made.__delattr__ = _refuse_deleting
    for name, method in _methods(parts):
        if name not in own:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]  # a class is what came in


def _methods(parts: tuple[Field[Any], ...]) -> tuple[tuple[str, Callable[..., Any]], ...]:
    compared = _values(tuple(part.name for part in parts if part.compare))
    shown = tuple(part.name for part in parts if part.repr)

    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    def text(self: Any) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({inside})"

    return (
        ("__eq__", equals),
        ("__hash__", hashed),
        ("__repr__", text),
        ("__getstate__", _state),
        ("__setstate__", _set_state),
    )


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function from an object to the tuple of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _initialiser(made: Any, parts: tuple[Field[Any], ...]) -> Callable[..., None]:
    """The one function that is compiled. Slots are filled by their own setters, past ``__setattr__``."""
    names: dict[str, Any] = {"missing": MISSING, "put": object.__setattr__}
    heads: dict[bool, list[str]] = {False: [], True: []}  # by keyword only
    body = []
    for part in parts:
        name = part.name
        head, value = name, name
        if part.default is not MISSING:
            names[f"default_{name}"] = part.default
            head = f"{name}=default_{name}"
        elif part.default_factory is not MISSING:
            names[f"make_{name}"] = part.default_factory
            head, value = f"{name}=missing", f"make_{name}() if {name} is missing else {name}"
        heads[bool(part.kw_only)].append(head)
        body.append(_assignment(made, name, value, names))
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    star = ["*"] if heads[True] else []
    head = ", ".join(["self", *heads[False], *star, *heads[True]])
    exec(f"def __init__({head}):\n " + "\n ".join(body or ["pass"]), names)
    made_here: Any = names["__init__"]
    made_here.__qualname__ = f"{made.__qualname__}.__init__"
    made_here.__annotations__ = {part.name: part.type for part in parts}
    return made_here  # type: ignore[no-any-return]


def _assignment(made: Any, name: str, value: str, names: dict[str, Any]) -> str:
    slot: Any = next((each.__dict__[name] for each in made.__mro__ if name in each.__dict__), None)
    if not hasattr(slot, "__set__"):  # a class without slots, where at most a default stands
        return f"put(self, {name!r}, {value})"
    names[f"put_{name}"] = slot.__set__
    return f"put_{name}(self, {value})"


def _refuse_setting(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, part.name) for part in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for part, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)
