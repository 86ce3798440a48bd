"""What a catalog must hold after its server was killed: what was acknowledged, nothing that nobody asked for.

Pure bookkeeping over what was asked, what was answered and what the file holds. A write without an answer
is in doubt: it may have happened or not, but never by half and never twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.lanes import Lane
from app.domain.operations import OperationId

USER = "user_123"
Row = dict[str, Any]


@dataclass(eq=False)
class Write:
    """One request, noted before it is sent. ``answer`` is set once it is acknowledged."""

    lane: Lane
    operation: OperationId
    params: Mapping[str, str]
    key: str | None = None
    answer: Row | None = None


@dataclass(frozen=True)
class Found:
    """What the database file holds."""

    products: Mapping[str, Row]
    orders: Mapping[str, Row]


@dataclass
class Ledger:
    """The catalog as it has to be. One thread uses it, between the rounds."""

    products: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)  # product ids that were ever seen
    faults: list[str] = field(default_factory=list)

    def begin(self, found: Found) -> None:
        """Take the sample catalog as it was made."""
        self.products, self.orders = dict(found.products), dict(found.orders)
        self.given = set(found.products)

    def settle(self, writers: Iterable[Sequence[Write]], found: Found) -> None:
        """Follow the writes of each writer, in its order, and compare. What is wrong goes into ``faults``."""
        doubts: list[Write] = []
        named: dict[str, list[str]] = {}
        for number, row in found.products.items():
            named.setdefault(row["name"], []).append(number)
        for writes in writers:
            for write in writes:
                self._product(write, found, named)
                if write.operation is OperationId.CREATE_ORDER:
                    if write.answer is None:
                        doubts.append(write)
                    else:
                        self._order(write.answer)
        self._compare("product", self.products, found.products)
        self._adopt(doubts, found)
        self._compare("order", self.orders, found.orders)

    def _product(self, write: Write, found: Found, named: Mapping[str, list[str]]) -> None:
        match write.operation:
            case OperationId.CREATE_PRODUCT:
                self._create(write, found, named.get(write.params["name"], []))
            case OperationId.PATCH_PRODUCT:
                number = write.params["id"]
                wanted = {**self.products[number], "price": float(write.params["price"])}
                if write.answer is not None or found.products.get(number) == wanted:
                    self.products[number] = wanted
            case OperationId.DELETE_PRODUCT:
                number = write.params["id"]
                if write.answer is not None or number not in found.products:
                    del self.products[number]

    def _create(self, write: Write, found: Found, numbers: list[str]) -> None:
        name = write.params["name"]
        if len(numbers) > 1:
            self.faults.append(f"{name} was created {len(numbers)} times: {numbers}")
        if write.answer is not None:
            self.take(write.answer)
        elif numbers:
            self.take(found.products[numbers[0]] | {"price": float(write.params["price"])})

    def take(self, row: Row) -> None:
        """A product that was created; its id must be new."""
        if row["id"] in self.given:
            self.faults.append(f"product id {row['id']} was given out twice")
        self.given.add(row["id"])
        self.products[row["id"]] = row

    def _order(self, answer: Row) -> None:
        if answer["id"] in self.orders:
            self.faults.append(f"order id {answer['id']} was given out twice")
        self.orders[answer["id"]] = order_row(answer)

    def _adopt(self, doubts: Iterable[Write], found: Found) -> None:
        """Orders that were placed without an answer: each is there as often as asked for at most."""
        asked = Counter(lines_of(write.params["lines"]) for write in doubts)
        for number, row in found.orders.items():
            if number not in self.orders and asked[row["lines"]] > 0:
                asked[row["lines"]] -= 1
                self.orders[number] = row

    def _compare(self, kind: str, wanted: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        for number in wanted.keys() - there.keys():
            self.faults.append(f"lost: {kind} {number} {wanted[number]}")
        if kind == "product":
            extra = there.keys() - wanted.keys()
            self.faults += [f"nobody asked for {kind} {number} {there[number]}" for number in extra]
        else:
            extra = there.keys() - wanted.keys()
            self.faults += [f"half or unknown: {kind} {number} {there[number]}" for number in extra]
        for number in wanted.keys() & there.keys():
            if wanted[number] != there[number]:
                self.faults.append(f"{kind} {number} is {there[number]}, has to be {wanted[number]}")


def lines_of(text: str) -> tuple[tuple[str, int], ...]:
    """``1x2, 3x1`` as pairs of product id and quantity."""
    pairs = [line.strip().partition("x") for line in text.split(",")]
    return tuple((product, int(quantity)) for product, _, quantity in pairs)


def order_row(answer: Row) -> Row:
    """What must stay of an order: not the product's price of today, but what was paid."""
    return {
        "user_id": answer["user_id"],
        "total": answer["total"],
        "lines": tuple((item["product"]["id"], item["quantity"]) for item in answer["items"]),
        "subtotals": tuple(item["subtotal"] for item in answer["items"]),
    }
