"""What the three servers have in common, opened once by whichever needs it first.

The heavy imports (SQLAlchemy and what follows) happen in the opening, not with this module, so that a
window can be on the screen before they begin.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backends.first_use import FirstUse
from backends.secret_files import load_secret, store_secret
from backends.temporary import OwnFolder

if TYPE_CHECKING:
    from backends.auth import Auth
    from backends.catalog.service import CatalogService
    from backends.catalog.store import CatalogStore
    from backends.faults import FaultEngine
    from backends.limits import RateLimiter
    from backends.orders import OrderFeed

    Prepare = Callable[[CatalogStore], None]

ADMIN_SECRET = "admin-secret.txt"
LIMITED_CALLS = 5  # a minute, per lane and client
LIMITED_WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a person may choose about the three servers. Port 0 means: any free port."""

    host: str = "127.0.0.1"
    rest_port: int = 0
    graphql_port: int = 0
    graphql_ws_port: int = 0
    grpc_port: int = 0
    database_url: str | None = None
    data_dir: Path | None = None  # None: the user data folder
    ephemeral: bool = False  # a temporary catalog that is gone afterwards
    products: int | None = None  # rows to generate; None: the sample catalog
    open_writes: bool = False  # writes without a token over GraphQL and gRPC, as in the usual tutorial
    seed: int = 42
    set_aside: bool = False  # rename a catalog file that is damaged or not ours, and start a new one


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Everything a server works with. Its members are for any thread."""

    settings: ServerSettings
    store: "CatalogStore"
    service: "CatalogService"
    auth: "Auth"
    limited: "RateLimiter"
    feed: "OrderFeed"
    faults: "FaultEngine"
    admin_secret: str


def _end(opened: Opened) -> None:
    opened.feed.close()
    opened.store.close()


class FolderUnusable(Exception):
    """The data folder cannot be made or written."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"the data folder {folder} cannot be written ({error.strerror or error}); name another one in "
            "TRILANE_HOME, or take a temporary catalog with --ephemeral"
        )


class Shared:
    """Opens store, secrets and feed on first use and closes them once. Any thread."""

    def __init__(self, settings: ServerSettings) -> None:
        from backends.faults import FaultEngine

        self.settings = settings
        self.faults = FaultEngine(settings.seed)
        self._passing: OwnFolder | None = None  # of an ephemeral installation's files
        self.admin_secret = self._admin_secret()
        self._lock = threading.Lock()
        self._opened = FirstUse(self._open, _end)
        self.notice = ""  # a sentence for the person, if the start did something unusual

    def open(self, lane: str | None = None) -> Opened:
        """The shared parts; the first caller opens them, others wait. Raises what the database raises.

        A ``lane`` that asks again while it still waits gives up an opening that has not reached the database.
        """
        return self._opened.get(lane)

    def admin_secret_file(self) -> Path:
        """Where a person finds the admin secret, as text. An ephemeral one is written when asked for."""
        if not self.settings.ephemeral:
            return self._folder() / ADMIN_SECRET
        with self._lock:
            if self._passing is None:
                self._passing = OwnFolder()
                store_secret(self._passing.path / ADMIN_SECRET, self.admin_secret.encode())
            return self._passing.path / ADMIN_SECRET

    def close(self) -> None:
        """End the feed and close the database; an ephemeral secret's file goes. Idempotent."""
        self._opened.close()
        with self._lock:
            passing, self._passing = self._passing, None
        if passing is not None:
            passing.remove()

    def _open(self, go_on: Callable[[], None]) -> Opened:
        from backends.allocator import return_large_blocks
        from backends.auth import Auth
        from backends.catalog.accounts import Accounts
        from backends.catalog.seeding import fill
        from backends.catalog.service import CatalogService
        from backends.limits import RateLimiter
        from backends.orders import OrderFeed
        from backends.orders.book import CatalogBook
        from backends.orders.publishing import PublishingCatalog

        return_large_blocks()

        def prepare(store: "CatalogStore") -> None:
            go_on()
            fill(store, products_wanted=self.settings.products, seed=self.settings.seed)

        store = self._open_store(prepare, go_on)
        self.notice = self.notice or store.notice
        try:
            feed = OrderFeed(CatalogBook(CatalogService(store)))
            accounts = Accounts(store)
            return Opened(
                settings=self.settings,
                store=store,
                service=PublishingCatalog(store, feed),
                auth=Auth(self._secret("jwt.secret"), accounts, revocations=accounts),
                limited=RateLimiter(LIMITED_CALLS, LIMITED_WINDOW),
                feed=feed,
                faults=self.faults,
                admin_secret=self.admin_secret,
            )
        except BaseException:
            store.close()
            raise

    def _open_store(self, prepare: "Prepare", go_on: Callable[[], None]) -> "CatalogStore":
        """A store that works. Raises DatabaseUnusable, unless the file is set aside."""
        from backends.catalog.store import CatalogStore

        if self.settings.database_url is not None:
            return CatalogStore.prepared(self.settings.database_url, prepare)
        if self.settings.ephemeral:
            return CatalogStore.ephemeral(prepare)
        return self._open_file(self._folder() / "catalog.sqlite3", prepare, go_on)

    def _open_file(self, path: Path, prepare: "Prepare", go_on: Callable[[], None]) -> "CatalogStore":
        from backends.catalog.database import DatabaseUnusable, set_aside
        from backends.catalog.store import CatalogStore

        url = f"sqlite:///{path}"
        try:
            return CatalogStore.prepared(url, prepare)
        except DatabaseUnusable as error:
            if not (error.replaceable and self.settings.set_aside):
                raise
            go_on()  # a start that was given up leaves the file alone
            kept = set_aside(path)
            store = CatalogStore.prepared(url, prepare)
            self.notice = f"A new catalog was started: the old one {error.why}. It is kept as {kept}"
            return store

    def _admin_secret(self) -> str:
        """Text, because a person copies it into a header."""
        if self.settings.ephemeral:
            return secrets.token_hex(32)
        made = self._load_secret(ADMIN_SECRET, lambda: secrets.token_hex(32).encode(), text=True)
        return made.decode("ascii")

    def _secret(self, name: str) -> bytes:
        if self.settings.ephemeral:
            return secrets.token_bytes(32)
        return self._load_secret(name, lambda: secrets.token_bytes(32))

    def _load_secret(self, name: str, make: Callable[[], bytes], *, text: bool = False) -> bytes:
        folder = self._folder()
        try:
            return load_secret(folder / name, make, text=text)
        except OSError as error:
            raise FolderUnusable(folder, error) from error

    def _folder(self) -> Path:
        folder = self.settings.data_dir
        if folder is None:
            from platformdirs import user_data_path

            folder = user_data_path("trilane", appauthor=False)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderUnusable(folder, error) from error
        return folder
