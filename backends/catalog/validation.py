"""The one place that says which values the catalog takes. The servers translate, they do not judge.

Every check collects, so that a caller learns all faults of a request at once. Integers given as bool
and numbers given as text are refused here too: not every protocol has types of its own.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from backends.catalog.errors import InvalidInput
from backends.catalog.models import OrderStatus

NAME_MAX = 200
CATEGORY_MAX = 100
PRICE_MAX = 1_000_000_000.0
INT32_MAX = 2**31 - 1
ID_MAX = 2**63 - 1
LIMIT_MAX = 100
LINES_MAX = 100
QUANTITY_MAX = 1_000_000
KEY_MAX = 200
SORTS = ("id", "name", "price", "stock", "category")
ORDERS = ("asc", "desc")

# Patterns in the dialect that Python, Rust and ECMAScript share, so that a schema can show the very rule.
# Control characters: C0, DEL, C1, and the line and paragraph separators.
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_SPACES = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
PLAIN_TEXT = f"^[^{_CONTROL}]*$"
VISIBLE_TEXT = f"^[{_SPACES}]*[^{_CONTROL}{_SPACES}][^{_CONTROL}]*$"
ID_PATTERN = "^[1-9][0-9]{0,17}$"  # all of them fit into 63 bits
KEY_PATTERN = "^[!-~]{1,200}$"

_PLAIN = re.compile(PLAIN_TEXT)
_VISIBLE = re.compile(VISIBLE_TEXT)
_ID = re.compile(ID_PATTERN, re.ASCII)
_KEY = re.compile(KEY_PATTERN)
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves that no encoding can carry


@dataclass(slots=True)
class Checks:
    """Collects what is wrong with a request; ``raise_if_any`` ends it."""

    faults: list[tuple[str, str]] = field(default_factory=list)

    def fault(self, name: str, why: str) -> None:
        """Note that a field is unusable."""
        self.faults.append((name, why))

    def raise_if_any(self) -> None:
        """Refuse the request, naming every fault."""
        if self.faults:
            raise InvalidInput.of(self.faults)

    def text(self, name: str, value: object, *, shortest: int, longest: int) -> None:
        """Text of a length in characters, without control characters."""
        if not isinstance(value, str):
            self.fault(name, "must be text")
        elif not shortest <= len(value) <= longest:
            self.fault(name, f"must have {shortest} to {longest} characters, has {len(value)}")
        elif _SURROGATES.search(value):
            self.fault(name, "must be valid Unicode, and has half of a surrogate pair")
        elif not is_plain(value):
            self.fault(name, "must not contain control characters")
        elif shortest and not _VISIBLE.fullmatch(value):
            self.fault(name, "must not be blank")

    def number(self, name: str, value: object) -> None:
        """A finite price, zero or more."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(name, "must be a number")
        elif isinstance(value, float) and not math.isfinite(value):
            self.fault(name, "must be a finite number")
        elif not 0 <= value <= PRICE_MAX:
            self.fault(name, f"must be between 0 and {PRICE_MAX:.0f}")

    def integer(self, name: str, value: object, lowest: int, highest: int) -> None:
        """A whole number within bounds."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(name, "must be a whole number")
        elif not lowest <= value <= highest:
            self.fault(name, f"must be between {lowest} and {highest}")

    def choice(self, name: str, value: object, choices: Sequence[str]) -> None:
        """One of a few words."""
        if value not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}")


def is_plain(text: str) -> bool:
    """Whether a text has no control characters and can be encoded."""
    return _PLAIN.fullmatch(text) is not None and _SURROGATES.search(text) is None


def parse_id(value: object) -> int | None:
    """The number behind an id on the wire, or None if no row can have it."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        return None
    return int(value)


def check_product(checks: Checks, values: dict[str, object]) -> None:
    """Check whichever of the four fields of a product are given."""
    if "name" in values:
        checks.text("name", values["name"], shortest=1, longest=NAME_MAX)
    if "price" in values:
        checks.number("price", values["price"])
    if "stock" in values:
        checks.integer("stock", values["stock"], 0, INT32_MAX)
    if "category" in values:
        checks.text("category", values["category"], shortest=0, longest=CATEGORY_MAX)
    for name in values.keys() - {"name", "price", "stock", "category"}:
        checks.fault(name, "is not a field of a product")


def check_listing(
    *,
    page: object,
    limit: object,
    sort: object,
    order: object,
    category: object,
    price_min: object,
    price_max: object,
) -> None:
    """Check everything a listing takes, or raise InvalidInput."""
    checks = Checks()
    checks.integer("page", page, 1, INT32_MAX)
    checks.integer("limit", limit, 1, LIMIT_MAX)
    checks.choice("sort", sort, SORTS)
    checks.choice("order", order, ORDERS)
    if category is not None:
        checks.text("category", category, shortest=0, longest=CATEGORY_MAX)
    before = len(checks.faults)
    for name, bound in (("price_min", price_min), ("price_max", price_max)):
        if bound is not None:
            checks.number(name, bound)
    if len(checks.faults) == before and price_min is not None and price_max is not None:
        assert isinstance(price_min, int | float)
        assert isinstance(price_max, int | float)
        if price_min > price_max:
            checks.fault("price_min", "must not be greater than price_max")
    checks.raise_if_any()


def check_order(user_id: object, lines: Sequence[tuple[str, int]]) -> None:
    """Check the shape of an order; whether its products exist is the store's to say."""
    checks = Checks()
    checks.text("user_id", user_id, shortest=1, longest=100)
    if not 1 <= len(lines) <= LINES_MAX:
        checks.fault("lines", f"must have 1 to {LINES_MAX} lines, has {len(lines)}")
    for number, (product_id, quantity) in enumerate(lines[:LINES_MAX]):
        if parse_id(product_id) is None:
            checks.fault(f"lines.{number}.product_id", "is not the id of a product")
        checks.integer(f"lines.{number}.quantity", quantity, 1, QUANTITY_MAX)
    checks.raise_if_any()


def check_status(status: object) -> None:
    """Check the new status of an order."""
    checks = Checks()
    checks.choice("status", status, tuple(OrderStatus))
    checks.raise_if_any()


def check_key(key: object) -> None:
    """An idempotency key is 1 to 200 visible ASCII characters."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidInput.of([("idempotency_key", f"must be 1 to {KEY_MAX} visible ASCII characters")])
