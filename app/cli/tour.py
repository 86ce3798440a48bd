"""``trilane tour``: what the window shows, for a machine without a display. Only the picture needs Qt."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.compare import answered
from app.cli.session import HeadlessSession, lane_addresses
from app.cli.table import comparison_table
from app.domain.cancel import CancelToken
from app.domain.errors import TrilaneError
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId

if TYPE_CHECKING:
    from backends.serving import ServerSettings

PICTURE_LIMIT = 60  # seconds
# In this order what one writes the next may read; a fresh catalog makes the first new product's id known.
STOPS = (
    OperationId.LIST_PRODUCTS,
    OperationId.GET_PRODUCT,
    OperationId.GET_ORDER,
    OperationId.CREATE_PRODUCT,
    OperationId.REPLACE_PRODUCT,
    OperationId.PATCH_PRODUCT,
    OperationId.CREATE_ORDER,
    OperationId.DELETE_PRODUCT,
    OperationId.LIMITED,
)


def take_tour(settings: "ServerSettings", *, picture: Path, theme: str, cancel: CancelToken) -> None:
    """Print every comparison, then save the picture. TrilaneError when servers, login or a lane fail."""
    lanes = tuple(Lane)
    with (
        lane_addresses(settings, {}, lanes, cancel) as addresses,
        HeadlessSession(addresses, cancel) as session,
    ):
        for lane, address in addresses.items():
            click.echo(f"{lane.label:8} {address}")
        session.log_in("user@example.com", "password")
        click.echo("Logged in as user@example.com; one token serves all three lanes.\n")
        failed = [stop.value for stop in STOPS if not _visit(session, stop, lanes)]
    if failed:
        raise TrilaneError(f"these operations did not get an answer on every lane: {', '.join(failed)}")
    _save_picture(picture, theme, cancel)


def _visit(session: HeadlessSession, stop: OperationId, lanes: tuple[Lane, ...]) -> bool:
    operation = OPERATIONS[stop]
    params = {one.name: one.default for one in operation.parameters if one.default}
    if stop is OperationId.DELETE_PRODUCT:
        return _visit_delete(session, lanes)
    results = session.run(stop, params, operation.default_fields, lanes)
    click.echo(comparison_table(operation, params, results) + "\n")
    return all(answered(result) for result in results)


def _visit_delete(session: HeadlessSession, lanes: tuple[Lane, ...]) -> bool:
    """Each lane deletes a product of its own: the second deletion of one would rightly be refused."""
    create, delete = OPERATIONS[OperationId.CREATE_PRODUCT], OPERATIONS[OperationId.DELETE_PRODUCT]
    params = {one.name: one.default for one in create.parameters if one.default}
    made = session.run(create.id, params, create.fields, lanes)
    if not all(answered(result) for result in made):
        return False
    results = [
        session.run(delete.id, {"id": result.reply.value["id"]}, delete.default_fields, (result.lane,))[0]
        for result in made
    ]
    click.echo(comparison_table(delete, {"id": "one for each lane"}, results) + "\n")
    return all(answered(result) for result in results)


def _save_picture(picture: Path, theme: str, cancel: CancelToken) -> None:
    """A process of its own draws it: a missing system library must not end this one."""
    command = [sys.executable, "-m", "app", "picture", str(picture), "--theme", theme]
    # With our temporary folder: when it is killed, nobody else removes what it kept there.
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TMPDIR": tempfile.gettempdir()}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        forget = cancel.on_cancel(process.kill)
        try:
            _, told = process.communicate(timeout=PICTURE_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise TrilaneError(f"the picture was not drawn within {PICTURE_LIMIT} s") from None
        finally:
            forget()
    cancel.raise_if_cancelled()
    if process.returncode != 0:
        lines = told.strip().splitlines()
        raise TrilaneError(f"the picture could not be drawn: {lines[-1] if lines else process.returncode}")
    click.echo(f"The window, drawn without a display: {picture}")
