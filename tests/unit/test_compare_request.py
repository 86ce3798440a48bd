"""What ``run compare`` and the window's command line ask for."""

from app.cli.compare import Request
from app.domain.operations import OPERATIONS, OperationId

PRODUCT = OPERATIONS[OperationId.GET_PRODUCT]


def test_a_field_that_is_named_twice_is_wanted_once() -> None:
    """Counted twice, it would make an exact answer look as if a field were missing."""
    assert Request.read(PRODUCT, (), "name, id,name").fields == ("name", "id")
