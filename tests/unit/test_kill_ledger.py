"""The ledger of the kill rounds: what it lets through and what it calls lost."""

from typing import Any

import pytest

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from tests.support.kill_ledger import Found, Ledger, Write

OLD = {"id": "1", "name": "old", "price": 1.0}
NEW = {"id": "2", "name": "new", "price": 2.0}


def create(answer: dict[str, Any] | None) -> Write:
    params = {"name": "new", "price": "2.0"}
    return Write(Lane.REST, OperationId.CREATE_PRODUCT, params, answer=answer)


def change(price: str, *, acknowledged: bool) -> Write:
    answer = {"id": "1"} if acknowledged else None
    return Write(Lane.GRPC, OperationId.PATCH_PRODUCT, {"id": "1", "price": price}, answer=answer)


def delete(*, acknowledged: bool) -> Write:
    answer = {"id": "1"} if acknowledged else None
    return Write(Lane.GRAPHQL, OperationId.DELETE_PRODUCT, {"id": "1"}, answer=answer)


def order(answer: dict[str, Any] | None) -> Write:
    params = {"user_id": "user_123", "lines": "1x2"}
    return Write(Lane.REST, OperationId.CREATE_ORDER, params, answer=answer)


PLACED = {
    "id": "7",
    "user_id": "user_123",
    "total": 2.0,
    "items": [{"quantity": 2, "subtotal": 2.0, "product": OLD}],
}
ROW = {"user_id": "user_123", "total": 2.0, "lines": (("1", 2),), "subtotals": (2.0,)}


def faults(*writes: Write, products: list[dict[str, Any]], orders: dict[str, Any] | None = None) -> list[str]:
    ledger = Ledger()
    ledger.begin(Found({"1": OLD}, {}))
    ledger.settle([writes], Found({row["id"]: row for row in products}, orders or {}))
    return ledger.faults


@pytest.mark.parametrize("there", [[OLD], [OLD, NEW]])
def test_a_create_in_doubt_may_be_there_or_not(there: list[dict[str, Any]]) -> None:
    """Nobody was told, so both are right."""
    assert faults(create(None), products=there) == []


def test_an_acknowledged_create_has_to_be_there_once() -> None:
    """Lost, doubled and renumbered products are each named."""
    assert "lost: product 2" in faults(create(NEW), products=[OLD])[0]
    assert "2 times" in faults(create(None), products=[OLD, NEW, NEW | {"id": "3"}])[0]
    assert "given out twice" in faults(create(NEW | {"id": "1"}), products=[OLD])[0]
    assert "nobody asked for product 2" in faults(products=[OLD, NEW])[0]


def test_changes_and_deletes_in_doubt_are_whole_or_not_at_all() -> None:
    """A third price is a fault, and so is an acknowledged change that is gone."""
    for price, wrong in ((1.0, 0), (5.0, 0), (3.0, 1)):
        there = [OLD | {"price": price}]
        assert len(faults(change("5.0", acknowledged=False), products=there)) == wrong
    assert faults(change("5.0", acknowledged=True), products=[OLD])
    assert faults(delete(acknowledged=False), products=[]) == []
    assert faults(delete(acknowledged=True), products=[OLD])
    assert "lost" in faults(products=[])[0]


def test_orders_are_whole_and_asked_for() -> None:
    """An order without its items, or one more than was asked for, is a fault."""
    assert faults(order(None), products=[OLD], orders={"7": ROW}) == []
    assert faults(order(PLACED), products=[OLD], orders={"7": ROW}) == []
    assert "lost: order 7" in faults(order(PLACED), products=[OLD])[0]
    assert faults(order(PLACED), products=[OLD], orders={"7": ROW | {"lines": ()}})
    assert "half or unknown" in faults(order(None), products=[OLD], orders={"7": ROW, "8": ROW})[0]
