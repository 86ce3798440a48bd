"""What the service accepts, refuses and remembers."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backends.catalog.errors import Conflict, InvalidInput, NotFound
from backends.catalog.models import Product
from backends.catalog.service import CatalogService
from tests.support.catalogs import sample_catalog, wrong_blocks


@pytest.fixture
def service() -> Iterator[CatalogService]:
    with sample_catalog() as made:
        yield made


def everything(service: CatalogService) -> tuple[Product, ...]:
    return service.list_products(limit=100).products


GOOD: dict[str, Any] = {"name": "Lamp", "price": 10.0, "stock": 1, "category": "Home"}
BAD_FIELDS: list[Any] = [
    *[("name", value) for value in ("", " ", "\u3000", "x" * 201, "a\0b", "a\nb", "\x7f", "\ud800", None, 5)],
    *[("price", value) for value in (-0.01, math.nan, math.inf, -math.inf, 1e9 + 1, 10**30, "1", True, None)],
    *[("stock", value) for value in (-1, 2**31, 1.5, "1", False, None)],
    *[("category", value) for value in ("x" * 101, "a\tb", None, 1)],
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
@pytest.mark.parametrize("verb", ["create", "replace", "update"])
def test_a_bad_value_is_refused_by_name_and_changes_nothing(
    service: CatalogService, verb: str, field: str, value: Any
) -> None:
    """Whatever the write, an unusable value is InvalidInput that names its field, and no row differs."""
    before = everything(service)
    writes: dict[str, Callable[[], object]] = {
        "create": lambda: service.create_product(**GOOD | {field: value}),
        "replace": lambda: service.replace_product("1", **GOOD | {field: value}),
        "update": lambda: service.update_product("1", **{field: value}),
    }
    with pytest.raises(InvalidInput) as caught:
        writes[verb]()
    assert [name for name, _ in caught.value.details] == [field]
    assert everything(service) == before


@pytest.mark.parametrize(("name", "why"), [("\ud800", "surrogate"), ("a\0b", "control"), ("\u3000", "blank")])
def test_a_refused_name_says_what_is_wrong_with_it(service: CatalogService, name: str, why: str) -> None:
    """Half a character, a control character and nothing to see are three reasons."""
    with pytest.raises(InvalidInput, match=why):
        service.create_product(**GOOD | {"name": name})


def test_a_number_too_large_for_a_double_is_refused_like_any_other(service: CatalogService) -> None:
    """Python's integers have no end; prices have one."""
    with pytest.raises(InvalidInput):
        service.create_product(**GOOD | {"price": 10**400})
    with pytest.raises(InvalidInput):
        service.list_products(price_min=10**400)


@pytest.mark.parametrize(
    "arguments",
    [
        {"page": 0},
        {"page": 2**31},
        {"page": True},
        {"limit": 0},
        {"limit": 101},
        {"limit": "10"},
        {"sort": "prise"},
        {"order": "up"},
        {"price_min": -1},
        {"price_max": math.nan},
        {"price_min": 2, "price_max": 1},
        {"category": "x" * 101},
        {"category": "\0"},
    ],
)
def test_a_bad_listing_is_refused(service: CatalogService, arguments: dict[str, Any]) -> None:
    """Pages, sizes, sorts and bounds outside their limits are InvalidInput."""
    with pytest.raises(InvalidInput):
        service.list_products(**arguments)


def test_all_faults_are_told_at_once(service: CatalogService) -> None:
    """Whoever gets three fields wrong hears of three fields."""
    with pytest.raises(InvalidInput) as caught:
        service.create_product(name="", price=-1, stock=-1)
    assert {field for field, _ in caught.value.details} == {"name", "price", "stock"}


@pytest.mark.parametrize("product_id", ["0", "-1", "01", "9" * 19, "9" * 400, "1 ", "", "abc", "１", "1\n"])
def test_an_id_that_no_row_can_have_is_not_found(service: CatalogService, product_id: str) -> None:
    """A malformed id is a product that does not exist, not an error of another kind."""
    with pytest.raises(NotFound):
        service.get_product(product_id)
    with pytest.raises(NotFound):
        service.get_order(product_id)
    with pytest.raises(NotFound):
        service.update_product(product_id, stock=1)
    assert service.get_products([product_id]) == {}


def test_replace_resets_what_is_absent_and_update_keeps_it(service: CatalogService) -> None:
    """The two kinds of change differ in what happens to fields that are not given."""
    assert service.update_product("1", price=5).stock == 10
    replaced = service.replace_product("1", name="Laptop", price=5)
    assert replaced == service.get_product("1") == Product("1", "Laptop", 5.0, 0, "")


def test_an_id_is_never_given_out_twice(service: CatalogService) -> None:
    """Deleting the newest product does not free its id."""
    first = service.create_product(**GOOD)
    service.delete_product(first.id)
    assert int(service.create_product(**GOOD).id) == int(first.id) + 1
    with pytest.raises(NotFound):
        service.get_product(first.id)


def test_an_ordered_product_cannot_be_deleted(service: CatalogService) -> None:
    """Orders never lose their products."""
    with pytest.raises(Conflict):
        service.delete_product("1")
    assert service.get_order("1").items[0].product == service.get_product("1")


def test_the_first_order_is_that_of_the_tutorial(service: CatalogService) -> None:
    """One Laptop, two Mice, of user_123."""
    order = service.get_order("1")
    assert (order.user_id, order.total, order.status) == ("user_123", 1059.97, "processing")
    assert [(item.product.name, item.quantity, item.subtotal) for item in order.items] == [
        ("Laptop", 1, 999.99),
        ("Mouse", 2, 59.98),
    ]


def test_money_is_rounded_to_cents_from_the_decimal_that_was_typed(service: CatalogService) -> None:
    """Binary fractions do not leak into totals."""
    cheap = service.create_product(name="Screw", price=0.1)
    odd = service.create_product(name="Nut", price=0.285)
    order = service.create_order(user_id="user_123", lines=[(cheap.id, 3), (odd.id, 10)])
    assert [item.subtotal for item in order.items] == [0.3, 2.85]
    assert order.total == 3.15
    assert service.get_order(order.id) == order


def test_an_order_keeps_the_price_of_its_day(service: CatalogService) -> None:
    """A later price changes the product in the order, not what was paid."""
    service.update_product("1", price=1)
    order = service.get_order("1")
    assert order.total == 1059.97
    assert order.items[0].product.price == 1.0


@pytest.mark.parametrize(
    ("user_id", "lines", "error"),
    [
        ("user_123", [], InvalidInput),
        ("user_123", [("1", 0)], InvalidInput),
        ("user_123", [("1", True)], InvalidInput),
        ("user_123", [("x", 1)], InvalidInput),
        ("user_123", [("1", 1)] * 101, InvalidInput),
        ("", [("1", 1)], InvalidInput),
        ("nobody", [("1", 1)], NotFound),
        ("user_123", [("999999", 1)], NotFound),
    ],
)
def test_an_impossible_order_leaves_no_trace(
    service: CatalogService, user_id: str, lines: list[tuple[str, int]], error: type[Exception]
) -> None:
    """A refused order inserts nothing and uses up no number that anybody could see."""
    newest = service.recent_orders(0, 1000)[-1].id
    with pytest.raises(error):
        service.create_order(user_id=user_id, lines=lines)
    assert service.recent_orders(int(newest), 10) == ()


def test_recent_orders_follow_a_number(service: CatalogService) -> None:
    """A feed that knows order n asks for what came after it, oldest first."""
    placed = [service.create_order(user_id="user_124", lines=[("2", n)]) for n in (1, 2)]
    assert service.recent_orders(int(placed[0].id) - 1, 10) == tuple(placed)
    assert service.recent_orders(int(placed[0].id) - 1, 1) == (placed[0],)
    assert service.recent_orders(int(placed[1].id), 10) == ()


def test_a_status_can_be_set_to_known_words_only(service: CatalogService) -> None:
    """The rest of the order stays as it was."""
    changed = service.set_order_status("1", "shipped")
    assert (changed.status, changed.total) == ("shipped", 1059.97)
    with pytest.raises(InvalidInput):
        service.set_order_status("1", "lost")
    with pytest.raises(NotFound):
        service.set_order_status("100000", "shipped")


def test_an_idempotency_key_gives_the_first_product_again(service: CatalogService) -> None:
    """The same key and payload create once, even after the product has changed or gone."""
    first = service.create_product(**GOOD, idempotency_key="k")
    service.delete_product(first.id)
    total = service.list_products().total
    assert service.create_product(**GOOD, idempotency_key="k") == first
    assert service.list_products().total == total


def test_an_idempotency_key_gives_the_first_order_again(service: CatalogService) -> None:
    """Orders are compared by their lines; the answer is the order as it was placed."""
    first = service.create_order(user_id="user_123", lines=[("1", 2)], idempotency_key="k")
    service.set_order_status(first.id, "delivered")
    assert service.create_order(user_id="user_123", lines=[("1", 2)], idempotency_key="k") == first


def test_a_key_with_another_payload_is_a_conflict(service: CatalogService) -> None:
    """A reused key never hands out somebody else's result."""
    service.create_product(**GOOD, idempotency_key="k")
    with pytest.raises(Conflict):
        service.create_product(**GOOD | {"price": 11.0}, idempotency_key="k")


def test_a_failed_create_does_not_use_up_its_key(service: CatalogService) -> None:
    """Only results are remembered."""
    with pytest.raises(NotFound):
        service.create_order(user_id="nobody", lines=[("1", 1)], idempotency_key="k")
    assert service.create_order(user_id="user_123", lines=[("1", 1)], idempotency_key="k").id


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 201, "a\n"])
def test_a_malformed_key_is_refused(service: CatalogService, key: str) -> None:
    """Keys are visible ASCII."""
    with pytest.raises(InvalidInput):
        service.create_product(**GOOD, idempotency_key=key)


def test_a_key_is_forgotten_after_a_day(service: CatalogService) -> None:
    """The clock decides, not the number of keys."""
    now = [1_000_000.0]
    timed = CatalogService(service.store, clock=lambda: now[0])
    first = timed.create_product(**GOOD, idempotency_key="k")
    now[0] += 24 * 3600 - 1
    assert timed.create_product(**GOOD, idempotency_key="k") == first
    now[0] += 1
    assert timed.create_product(**GOOD, idempotency_key="k") != first


def test_a_refused_precondition_changes_nothing(service: CatalogService) -> None:
    """The condition sees the stored row, under the write lock, and can veto."""
    seen = []

    def veto(product: Product) -> None:
        seen.append(product)
        raise Conflict("no")

    before = everything(service)
    for write in (
        lambda: service.update_product("3", price=1, only_if=veto),
        lambda: service.replace_product("3", name="x", price=1, only_if=veto),
        lambda: service.delete_product("3", only_if=veto),
    ):
        with pytest.raises(Conflict):
            write()
    assert everything(service) == before
    assert {product.id for product in seen} == {"3"}
    assert wrong_blocks(service.store) == []
