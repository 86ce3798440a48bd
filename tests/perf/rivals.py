"""The known command-line tools with a request of ours: the files that they read, and how they are run.

Each asks for product 1 and nothing else. What they print is thrown away.
"""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUERY = "query Product($id: ID!) {\n  product(id: $id) {\n    id name price stock category\n  }\n}"
LOCUST_SECONDS = 5
LOCUST_USERS = ("FastHttpUser", "HttpUser")
Rate = Callable[[], float]  # calls a second


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that sends the request as often as it is told, in a process of its own."""

    command: Callable[[int], list[str]]
    folder: Path

    def seconds(self, count: int = 1) -> float:
        """The whole process, from before its start to its end. Raises CalledProcessError."""
        started = time.perf_counter()
        _run(self.command(count), self.folder)
        return time.perf_counter() - started

    def rate(self, few: int, many: int) -> float:
        """Requests a second: of those by which a long run is longer than a short one."""
        short = self.seconds(few)
        return (many - few) / max(self.seconds(many) - short, 1e-9)


def newman(program: Path, lane: str, addresses: Mapping[str, str], folder: Path) -> Tool:
    """A collection of one request, run silently."""
    item: dict[str, Any] = {"name": "product", "request": _newman_request(lane, addresses)}
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    file = folder / f"{lane}.json"
    file.write_text(json.dumps({"info": {"name": lane, "schema": schema}, "item": [item]}))
    return Tool(lambda count: [str(program), "run", str(file), "-n", str(count), "--silent"], folder)


def _newman_request(lane: str, addresses: Mapping[str, str]) -> dict[str, Any]:
    if lane == "rest":
        return {"method": "GET", "url": f"{addresses['rest']}/api/v1/products/1"}
    body = {"mode": "graphql", "graphql": {"query": QUERY, "variables": '{"id": "1"}'}}
    return {"method": "POST", "url": addresses["graphql"], "body": body}


def bruno(program: Path, lane: str, addresses: Mapping[str, str], folder: Path) -> Tool:
    """The same request as a Bruno collection."""
    home = folder / f"bruno-{lane}"
    home.mkdir()
    (home / "bruno.json").write_text(json.dumps({"version": "1", "name": lane, "type": "collection"}))
    if lane == "rest":
        text = f"get {{\n  url: {addresses['rest']}/api/v1/products/1\n  body: none\n  auth: none\n}}\n"
    else:
        indented = "\n".join(f"  {line}" for line in QUERY.splitlines())
        text = (
            f"post {{\n  url: {addresses['graphql']}\n  body: graphql\n  auth: none\n}}\n\n"
            f'body:graphql {{\n{indented}\n}}\n\nbody:graphql:vars {{\n  {{"id": "1"}}\n}}\n'
        )
    kind = "http" if lane == "rest" else "graphql"
    (home / "product.bru").write_text(f"meta {{\n  name: product\n  type: {kind}\n  seq: 1\n}}\n\n{text}")
    return Tool(lambda count: [str(program), "run", "product.bru", "--iteration-count", str(count)], home)


def locust(program: Path, user: str, address: str, folder: Path) -> Rate:
    """One user of the class ``user`` that never waits, for some seconds, over REST; by locust's own count."""
    file = folder / f"{user}.py"
    file.write_text(
        f"from locust import {user}, task\n\n\nclass Customer({user}):\n    @task\n"
        '    def product(self):\n        self.client.get("/api/v1/products/1")\n'
    )
    command = [str(program), "-f", str(file), "--headless", "--users", "1", "--json", "--only-summary"]
    command += ["--run-time", f"{LOCUST_SECONDS}s", "--host", address]

    def rate() -> float:
        (found,) = json.loads(_run(command, folder))
        assert found["num_failures"] == 0
        taken = found["last_request_timestamp"] - found["start_time"]
        return float(found["num_requests"] / taken)

    return rate


def _run(command: list[str], folder: Path) -> bytes:
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout
