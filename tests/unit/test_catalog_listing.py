"""Pages, totals and order of a catalog that is large enough to have all kinds of pages."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from backends.catalog.models import Product
from backends.catalog.service import CatalogService
from tests.support.catalogs import naive_listing, sample_catalog, small_scale, wrong_blocks

PRODUCTS = 25_000  # above the size from which on the indexes are made after the rows


@pytest.fixture(scope="module")
def large() -> Iterator[CatalogService]:
    with sample_catalog(PRODUCTS) as service:
        yield service


@pytest.fixture(scope="module")
def rows(large: CatalogService) -> list[Product]:
    return list(large.get_products([str(number) for number in range(1, PRODUCTS + 1)]).values())


FILTERS: list[dict[str, Any]] = [
    {},
    {"category": "Audio"},
    {"price_min": 100.0, "price_max": 900.0},
    {"price_max": 50.0},
    {"price_min": 1990.0},
    {"category": "Storage", "price_min": 100.0, "price_max": 900.0},
    {"category": "none such"},
]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["id", "name", "price", "stock", "category"])
def test_every_kind_of_page_is_what_sorting_all_rows_gives(
    large: CatalogService, rows: list[Product], sort: str, order: str, filters: dict[str, Any]
) -> None:
    """First, deep and last pages hold exactly the rows that a naive sort puts there."""
    given: dict[str, Any] = {"category": None, "price_min": None, "price_max": None} | filters
    expected = naive_listing(rows, sort=sort, order=order, **given)
    last = max(1, -(-len(expected) // 100))
    for page in {1, 2, last // 4 + 1, last // 2 + 1, max(1, last - 1), last, last + 1}:
        for _ in range(2):
            found = large.list_products(page=page, limit=100, sort=sort, order=order, **given)
            assert found.total == len(expected)
            assert list(found.products) == expected[(page - 1) * 100 : page * 100]


def test_a_generated_catalog_is_counted_right() -> None:
    """The blocks that are cut after a bulk insert agree with the rows."""
    with sample_catalog(3000) as service:
        assert service.list_products().total == 3000
        assert wrong_blocks(service.store) == []


def test_a_write_between_two_deep_pages_is_seen_by_the_second() -> None:
    """Marks that were laid for a long price range are not used after a change."""
    with small_scale(), sample_catalog() as service:

        def names() -> list[str]:
            return [
                product.name
                for page in range(1, 9)
                for product in service.list_products(
                    page=page, limit=5, sort="name", price_min=50, price_max=200
                ).products
            ]

        before = names()
        assert names() == before
        chosen = service.list_products(sort="name", price_min=50, price_max=200).products[2]
        service.update_product(chosen.id, name="zzz")
        after = names()
        assert after == sorted([*(name for name in before if name != chosen.name), "zzz"])


def test_a_page_past_the_end_is_empty_and_still_says_the_total() -> None:
    """Asking too far is no error."""
    with sample_catalog() as service:
        page = service.list_products(page=2**31 - 1, limit=100)
        assert page.products == ()
        assert page.total == 62


def test_a_listing_is_sorted_by_code_point() -> None:
    """Upper case comes before lower case, as in any byte-wise order."""
    with sample_catalog() as service:
        for name in ("zebra", "Zebra", "äpfel", "aPPLE"):
            service.create_product(name=name, price=1)
        names = [product.name for product in service.list_products(limit=100, sort="name").products]
        assert all(first <= second for first, second in pairwise(names))
