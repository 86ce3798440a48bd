"""A process that writes to a catalog until it is killed, saying each id once it is acknowledged."""

import sys
from pathlib import Path

from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore


def main() -> None:
    """Create and delete products for ever; one line per acknowledged write."""
    service = CatalogService(CatalogStore.in_file(Path(sys.argv[1])))
    number = 0
    while True:
        number += 1
        product = service.create_product(name=f"written {number}", price=number, category="Audio")
        sys.stdout.write(f"+{product.id}\n")
        if number % 3 == 0:
            service.delete_product(product.id)
            sys.stdout.write(f"-{product.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
