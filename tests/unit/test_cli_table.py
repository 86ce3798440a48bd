"""The table of a comparison in a terminal."""

import pytest

from app.cli.table import comparison_table
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import CallResult, Outcome, Reply


def answers(operation: OperationId, *ids: str) -> list[CallResult]:
    return [
        CallResult(
            call_id=lane.value,
            lane=lane,
            operation=operation,
            reply=Reply(outcome=Outcome.OK, value={"id": id_}),
            fields=("id",),
        )
        for lane, id_ in zip(Lane, ids, strict=True)
    ]


@pytest.mark.parametrize(
    ("operation", "ids", "explained"),
    [
        (OperationId.CREATE_PRODUCT, ("7", "8", "9"), True),
        (OperationId.CREATE_PRODUCT, ("7", "7", "7"), False),
        (OperationId.GET_PRODUCT, ("7", "8", "9"), False),
    ],
)
def test_different_ids_are_explained_where_each_lane_made_something(
    operation: OperationId, ids: tuple[str, ...], explained: bool
) -> None:
    """Three products were made, so three ids are no disagreement; anywhere else they are one."""
    table = comparison_table(OPERATIONS[operation], {}, answers(operation, *ids))
    assert ("made one of its own" in table) is explained
    assert ("id is '8', not '7'" in table) is (len(set(ids)) > 1)
