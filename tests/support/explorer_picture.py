"""Takes the picture of the explorer page.

python -m tests.support.explorer_picture docs/images/explorer.png [dark|light]
"""

import sys
import tempfile
from pathlib import Path

from tests.support.browser import CHROMIUM, Page, browser
from tests.support.servers import catalog_servers

READY = "document.querySelector('#docs .entry')"
DOCUMENT = """# One request, only the fields you ask for.
query Order($id: ID!) {
  order(id: $id) {
    ...Head
    items {
      quantity
      product {
        name
        price
      }
    }
  }
}

fragment Head on Order {
  id
  total
  staus
\x20\x20
}
"""


def main(file: Path, scheme: str) -> int:
    """Draw the page into a file; without chromium say so and leave the file as it is."""
    if CHROMIUM is None:
        sys.stderr.write("no chromium: the picture of the explorer stays as it is\n")
        return 0
    with (
        catalog_servers("graphql") as servers,
        tempfile.TemporaryDirectory() as profile,
        browser(Path(profile)) as page,
    ):
        page.look(scheme)
        page.open(servers.addresses["graphql"], READY)
        _work(page)
        page.picture(file)
    return 0


def _work(page: Page) -> None:
    """Run a query, then stand in the middle of completing a field beside a mistake."""
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.good')")
    page.key("a", "ctrl")
    page.run("document.querySelector('#query textarea').select()")
    page.paste(DOCUMENT)
    end = "document.querySelector('#query textarea').value.length - 3"
    page.run(f"document.querySelector('#query textarea').setSelectionRange({end}, {end})")
    page.type("us")
    page.until("document.querySelector('.popup:not([hidden]) li')")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "dark"))
