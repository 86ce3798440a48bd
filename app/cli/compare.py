"""``trilane run compare``: one operation over the lanes, told as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from app.cli.session import Addresses, HeadlessSession, lane_addresses
from app.cli.table import comparison_table
from app.domain.cancel import CancelToken
from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import Operation
from app.domain.parameters import problems
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass
from app.operations.records import comparison_record

if TYPE_CHECKING:
    from backends.serving import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An operation with checked inputs."""

    operation: Operation
    params: Mapping[str, str]
    fields: tuple[str, ...]

    @classmethod
    def read(cls, operation: Operation, pairs: Sequence[str], fields: str | None) -> "Request":
        """From ``NAME=VALUE`` texts and comma-separated fields. InvalidInput names what cannot be used."""
        params = {one.name: one.default for one in operation.parameters if one.default}
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals:
                raise InvalidInput("--param", f"{pair!r} is not NAME=VALUE")
            if name not in {one.name for one in operation.parameters}:
                known = ", ".join(one.name for one in operation.parameters) or "none"
                raise InvalidInput("--param", f"{operation.id} has no {name!r}; it has: {known}")
            params[name] = value
        params = {name: value for name, value in params.items() if value.strip()}
        for name, why in problems(operation, params).items():
            raise InvalidInput(name, why)
        named = (name.strip() for name in fields.split(",")) if fields else operation.default_fields
        wanted = tuple(dict.fromkeys(named))  # a field named twice is wanted once
        for name in wanted:
            if name not in operation.fields:
                raise InvalidInput("--fields", f"{name!r} is none of {', '.join(operation.fields)}")
        return cls(operation=operation, params=params, fields=wanted)


def compare_once(
    request: Request,
    *,
    lanes: tuple[Lane, ...],
    addresses: Addresses,
    settings: "ServerSettings",
    login: tuple[str, str],
    as_json: bool,
    cancel: CancelToken,
) -> bool:
    """Run and print. True when every lane answered. TrilaneError when servers or login fail."""
    with (
        lane_addresses(settings, addresses, lanes, cancel) as found,
        HeadlessSession(found, cancel) as session,
    ):
        session.log_in(*login, elsewhere=addresses)
        results = session.run(request.operation.id, request.params, request.fields, lanes)
    if as_json:
        record = {"params": dict(request.params), **comparison_record(results)}
        click.echo(json.dumps(record, indent=2))
    else:
        click.echo(comparison_table(request.operation, request.params, results))
    return all(answered(result) for result in results)


def answered(result: CallResult) -> bool:
    """Whether the lane brought the value, or has no counterpart for the operation."""
    return result.outcome in {Outcome.OK, Outcome.UNSUPPORTED}
