"""Rounds of: start ``trilane serve``, write over three lanes, SIGKILL, look into the file, go on with it."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.clients.port import LaneClient
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.operations.lane_access import make_client
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from tests.support.catalogs import wrong_blocks
from tests.support.kill_ledger import Found, Ledger, Write, order_row
from tests.support.kill_writers import Writer, send, writers_of
from tests.support.live_lanes import EMAIL, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
RETRIES = 12  # acknowledged creates that are sent again after each start
START_LIMIT = 60.0  # seconds


@dataclass
class Tally:
    """What the rounds came to."""

    rounds: int = 0
    killed_while_starting: int = 0
    acknowledged: int = 0
    in_doubt: int = 0
    retried: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds ({self.killed_while_starting} killed while starting), "
            f"{self.acknowledged} writes acknowledged, {self.in_doubt} in doubt, {self.retried} sent again, "
            f"{len(self.faults)} faults"
        )


class Killing:
    """A catalog that is killed again and again. Equal seeds kill at equal moments and send equal requests."""

    def __init__(self, home: Path, *, seed: int) -> None:
        self.tally = Tally()
        self._home = home
        self._seed = seed
        self._file = home / "data" / "catalog.sqlite3"
        self._ledger = Ledger()
        self._begun = False
        self._token = ""
        self._unsettled: list[Writer] = []
        self._keyed: list[Write] = []

    def round(self, number: int) -> None:
        """One start, one kill, one look."""
        name = f"k{self._seed}-{number}"
        draw = random.Random(name)
        self.tally.rounds += 1
        if draw.random() < 0.1:
            self._kill_a_start(draw)
        else:
            self._kill_writers(name, draw)
        if draw.random() < 0.5:  # otherwise the next server is the first to open what was left
            self.settle()
        self.tally.faults = self._ledger.faults

    def settle(self) -> None:
        """Open the file and hold it against what was acknowledged."""
        if not self._file.exists():
            assert not self._begun
            return
        found, wrong = look_into(self._file)
        self._ledger.faults += wrong
        if not self._begun:
            if not found.products:
                return
            self._begun = True
            self._ledger.begin(found)
        writers, self._unsettled = self._unsettled, []
        self._ledger.settle((one.writes for one in writers), found)
        self._keyed = [write for one in writers for write in one.writes if write.key is not None]

    def _kill_a_start(self, draw: random.Random) -> None:
        self.tally.killed_while_starting += 1
        with self._serving() as process:
            threading.Event().wait(draw.uniform(0.05, 1.5))  # the moment itself, nothing is waited for
            process.kill()

    def _kill_writers(self, name: str, draw: random.Random) -> None:
        with self._serving() as process, _clients(process) as clients:
            self.settle()
            self._token = self._token or str(clients[Lane.REST].log_in(EMAIL, PASSWORD, None).value["token"])
            self._send_again(clients, draw)
            killing = threading.Event()
            writers, acknowledged = writers_of(clients, round_name=name, token=self._token, killing=killing)
            for writer in writers:
                writer.start()
            acknowledged.reach(draw.randint(1, 150), seconds=20.0)
            threading.Event().wait(draw.uniform(0.0, 0.02))
            killing.set()
            process.kill()
            for writer in writers:
                writer.join()
        self._unsettled = writers
        for writer in writers:
            self._ledger.faults += writer.refused
            self.tally.acknowledged += sum(write.answer is not None for write in writer.writes)
            self.tally.in_doubt += sum(write.answer is None for write in writer.writes)

    def _send_again(self, clients: dict[Lane, LaneClient], draw: random.Random) -> None:
        """The same key brings the first result, also on another lane and after a kill."""
        creates = (OperationId.CREATE_PRODUCT, OperationId.CREATE_ORDER)
        keyed = [write for write in self._keyed if write.operation in creates]
        self._keyed = []
        known = [write for write in keyed if write.answer is not None]
        chosen = draw.sample(known, min(RETRIES, len(known)))
        for write in chosen + [write for write in keyed if write.answer is None]:
            lane = draw.choice(tuple(Lane))
            self.tally.retried += 1
            try:
                answer = send(clients[lane], write, self._token)
            except AttemptFailed as failed:
                self._ledger.faults.append(f"key {write.key} again over {lane}: {failed}")
                continue
            if write.answer is None:
                self._in_doubt_no_more(write, answer)
            elif answer != write.answer:
                self._ledger.faults.append(f"key {write.key}: first {write.answer}, then {answer}")

    def _in_doubt_no_more(self, write: Write, answer: dict[str, object]) -> None:
        ledger = self._ledger
        if write.operation is OperationId.CREATE_ORDER:
            ledger.orders.setdefault(str(answer["id"]), order_row(answer))
            return
        known = [row["id"] for row in ledger.products.values() if row["name"] == answer["name"]]
        if not known:
            ledger.take(answer)
        elif known != [answer["id"]]:
            ledger.faults.append(f"key {write.key}: {known} is there, the answer has {answer['id']}")

    @contextmanager
    def _serving(self) -> Iterator["subprocess.Popen[str]"]:
        with _process(self._home) as process:
            yield process
            process.kill()
            said = process.communicate()[1]
            if said:
                self._ledger.faults.append(f"the server said: {said}")


@contextmanager
def serving_in(home: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[Lane, LaneClient]]]:
    """``trilane serve`` with a client for each lane; killed afterwards if it still runs."""
    with _process(home) as process, _clients(process) as clients:
        yield process, clients


@contextmanager
def _process(home: Path) -> Iterator["subprocess.Popen[str]"]:
    paths = os.pathsep.join([str(ROOT / "proto"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env={**os.environ, "TRILANE_HOME": str(home), "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def _clients(process: "subprocess.Popen[str]") -> Iterator[dict[Lane, LaneClient]]:
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, f"the server did not start: {process.stderr.read()}"
    addresses = json.loads(line)
    clients = {lane: make_client(lane, addresses[lane.value]) for lane in Lane}
    try:
        yield clients
    finally:
        for client in clients.values():
            client.close()


def look_into(file: Path) -> tuple[Found, list[str]]:
    """Open a catalog as the program does; its rows, and in words what does not hold together."""
    store = CatalogStore.in_file(file)
    try:
        with store.reading() as connection:
            sql = connection.exec_driver_sql
            wrong = [f"integrity: {row[0]}" for row in sql("PRAGMA integrity_check") if row[0] != "ok"]
            wrong += [f"foreign key: {tuple(row)}" for row in sql("PRAGMA foreign_key_check")]
            products = {
                str(row.id): {**row._mapping, "id": str(row.id)} for row in sql("SELECT * FROM products")
            }
        wrong += wrong_blocks(store)
        placed = CatalogService(store).recent_orders(0, 1_000_000)
        wrong += [
            f"order {order.id} has the total {order.total} and the items {order.items}"
            for order in placed
            if not order.items or round(sum(item.subtotal for item in order.items), 2) != order.total
        ]
        orders = {
            order.id: {
                "user_id": order.user_id,
                "total": order.total,
                "lines": tuple((item.product.id, item.quantity) for item in order.items),
                "subtotals": tuple(item.subtotal for item in order.items),
            }
            for order in placed
        }
        return Found(products, orders), wrong
    finally:
        store.close()
