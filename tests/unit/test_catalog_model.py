"""The catalog against a naive model: whatever is written, every listing is what sorting a list would give."""

import math
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backends.catalog.models import Product
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from tests.support.catalogs import naive_listing, small_scale, wrong_blocks

NAMES = st.sampled_from(["a", "A", "ab", "Ä", "ß", "zz", "日本", "a b", "𝔘", "é"])
PRICES = st.sampled_from([0.0, -0.0, 1, 1.0, 1.005, 9.99, 10, 999.99, 1e9]) | st.floats(0, 1e9)
STOCKS = st.sampled_from([0, 1, 2, 2**31 - 1])
CATEGORIES = st.sampled_from(["", "=", "Audio", "Zubehör"])
BOUNDS = st.none() | PRICES


class Catalog(RuleBasedStateMachine):
    """Creates, changes, deletes and lists in a catalog whose blocks hold four rows."""

    def __init__(self) -> None:
        super().__init__()
        self._scale = small_scale()
        self._scale.__enter__()
        self._store = CatalogStore.ephemeral()
        self._service = CatalogService(self._store)
        self._model: dict[str, Product] = {}
        self._last_id = 0

    def teardown(self) -> None:
        """Remove the temporary catalog."""
        self._store.close()
        self._scale.__exit__(None, None, None)

    @initialize(count=st.integers(0, 12), price=PRICES, category=CATEGORIES)
    def begin(self, count: int, price: float, category: str) -> None:
        """Some equal rows to start with: the worst case of every sort."""
        for _ in range(count):
            self.create("a", price, 1, category)

    @rule(name=NAMES, price=PRICES, stock=STOCKS, category=CATEGORIES)
    def create(self, name: str, price: float, stock: int, category: str) -> None:
        """A new product gets an id that was never used."""
        made = self._service.create_product(name=name, price=price, stock=stock, category=category)
        assert int(made.id) == self._last_id + 1
        self._last_id += 1
        assert made == Product(made.id, name, float(price), stock, category)
        assert math.copysign(1, made.price) == 1
        self._model[made.id] = made

    @rule(
        data=st.data(),
        changes=st.fixed_dictionaries(
            {}, optional={"name": NAMES, "price": PRICES, "stock": STOCKS, "category": CATEGORIES}
        ),
    )
    def update(self, data: st.DataObject, changes: dict[str, Any]) -> None:
        """Given fields change, the others stay."""
        if self._model:
            old = self._model[data.draw(st.sampled_from(sorted(self._model)))]
            new = self._service.update_product(old.id, **changes)
            for field in ("id", "name", "price", "stock", "category"):
                assert getattr(new, field) == changes.get(field, getattr(old, field))
            self._model[old.id] = new

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A deleted product is gone, the others stay."""
        if self._model:
            chosen = data.draw(st.sampled_from(sorted(self._model)))
            self._service.delete_product(chosen)
            del self._model[chosen]

    @rule(
        sort=st.sampled_from(["id", "name", "price", "stock", "category"]),
        order=st.sampled_from(["asc", "desc"]),
        category=st.none() | CATEGORIES,
        low=BOUNDS,
        high=BOUNDS,
        limit=st.integers(1, 5),
    )
    def list_all_pages(
        self, sort: str, order: str, category: str | None, low: float | None, high: float | None, limit: int
    ) -> None:
        """All pages together are the sorted list, and each says the exact total; also when asked again."""
        if low is not None and high is not None and low > high:
            low, high = high, low
        filters: dict[str, Any] = {"category": category, "price_min": low, "price_max": high}
        expected = naive_listing(self._model.values(), sort=sort, order=order, **filters)
        for _ in range(2):  # the second time along the marks that the first one laid
            found: list[Product] = []
            for number in range(1, len(expected) // limit + 3):
                page = self._service.list_products(
                    page=number, limit=limit, sort=sort, order=order, **filters
                )
                assert page.total == len(expected)
                found += page.products
            assert found == expected

    @invariant()
    def every_block_is_right(self) -> None:
        """The counts are those of the rows."""
        assert wrong_blocks(self._store) == []


TestCatalog = Catalog.TestCase
TestCatalog.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
