"""What a form says about a typed value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.operations import OPERATIONS, Operation, OperationId, Parameter, ParameterKind
from app.domain.parameters import problem, problems

STOCK = Parameter(name="stock", label="stock", kind=ParameterKind.INTEGER, minimum=0, maximum=2_147_483_647)
PRICE = Parameter(name="price", label="price", kind=ParameterKind.DECIMAL, required=True, minimum=0)
LINES = Parameter(name="lines", label="lines", kind=ParameterKind.LINES, required=True)
SORT = Parameter(name="sort", label="sort", kind=ParameterKind.CHOICE, choices=("", "id", "price"))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.id.value)
def test_every_default_can_be_sent(operation: Operation) -> None:
    """The form opens without an error."""
    assert problems(operation, {each.name: each.default for each in operation.parameters}) == {}


@pytest.mark.parametrize(
    ("parameter", "text", "why"),
    [
        (STOCK, "1.5", "must be a whole number"),
        (STOCK, "٣", "must be a whole number"),
        (STOCK, "-1", "must be between 0 and 2 147 483 647"),
        (STOCK, "2147483648", "must be between 0 and 2 147 483 647"),
        (PRICE, "", "must not be empty"),
        (PRICE, "   ", "must not be empty"),
        (PRICE, "cheap", "must be a number, such as 49.90"),
        (PRICE, "inf", "must be a finite number"),
        (PRICE, "1e999", "must be a finite number"),
        (PRICE, "-0.01", "must be 0 or more"),
        (LINES, "1", "must be product id x quantity, separated by commas: 1x1, 2x2"),
        (LINES, "1x0", "must be product id x quantity, separated by commas: 1x1, 2x2"),
        (LINES, "1x1,", "must be product id x quantity, separated by commas: 1x1, 2x2"),
        (SORT, "colour", "must be one of id, price"),
    ],
)
def test_a_bad_value_is_named(parameter: Parameter, text: str, why: str) -> None:
    """Each kind of mistake has its sentence."""
    assert problem(parameter, text) == why


@pytest.mark.parametrize(
    ("parameter", "text"),
    [(STOCK, ""), (STOCK, " 7 "), (PRICE, "1e3"), (LINES, "1x1, 2 x 20"), (SORT, ""), (SORT, "price")],
)
def test_a_good_value_has_no_problem(parameter: Parameter, text: str) -> None:
    """What the backends take, the form takes."""
    assert problem(parameter, text) == ""


@given(st.text(max_size=30), st.sampled_from([STOCK, PRICE, LINES, SORT]))
def test_no_text_breaks_the_check(text: str, parameter: Parameter) -> None:
    """Anything can be typed: the answer is a sentence or nothing, never an exception."""
    assert isinstance(problem(parameter, text), str)


def test_problems_names_the_fields() -> None:
    """Only the parameters with a mistake are listed."""
    operation = OPERATIONS[OperationId.CREATE_PRODUCT]
    values = {"name": "", "price": "1", "stock": "x", "category": ""}
    assert problems(operation, values) == {"name": "must not be empty", "stock": "must be a whole number"}
