"""``trilane run SCENARIO``: plays a script over servers of its own and ends with a report."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from app.cli.hosting import Hosting
from app.cli.scenario_files import open_catalog
from app.cli.scenario_scene import HeadlessScene
from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.errors import InvalidInput
from app.domain.events import Event, ScenarioProgress
from app.domain.lanes import Lane
from app.infrastructure.paths import Paths
from app.operations.calls import CallRunner
from app.operations.lane_access import make_client
from app.operations.log_in import Credentials, request_token
from app.operations.scenarios.calls import Chance, ScriptedCalls
from app.operations.scenarios.conductor import Conductor
from app.operations.scenarios.player import Player
from app.operations.scenarios.recording import Recording
from app.operations.scenarios.report import Report, build_report, report_text
from app.operations.scenarios.script import Script
from app.operations.scenarios.staged_client import StagedClient
from app.operations.stream_access import StreamAccess
from app.resilience.pipeline import Pipeline

if TYPE_CHECKING:
    from backends.serving import ServerSettings

Publish = Callable[[Event], object]

_LOGIN = Credentials(email="user@example.com", password="password")


def list_scenarios(paths: Paths) -> None:
    """Print every scenario with its title; of broken files what is wrong."""
    catalog = open_catalog(paths)
    entries = catalog.entries()
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        about = entry.title if entry.error is None else f"cannot be used: {entry.error}"
        click.echo(f"{entry.name:{width}}  {about}")
    click.echo(f"\nYour own are *.toml in {catalog.own_folder}")


def play_scenario(
    wanted: str,
    *,
    paths: Paths,
    settings: "ServerSettings",
    speed: float,
    seed: int | None,
    lanes: tuple[Lane, ...] | None,
    as_json: bool,
    cancel: CancelToken,
) -> None:
    """Play and print the report. TrilaneError for a bad file, when servers do not come up, when cancelled."""
    script = _chosen(open_catalog(paths).find(wanted), seed, lanes)
    click.echo(f"{script.title}: {script.duration:g} s, {speed:g} times the speed", err=True)
    report = perform(script, settings, speed=speed, told=_tell_progress, cancel=cancel)
    click.echo(json.dumps(report, indent=2, ensure_ascii=False) if as_json else report_text(report))


def perform(
    script: Script,
    settings: "ServerSettings",
    *,
    speed: float = 1.0,
    told: Publish | None = None,
    cancel: CancelToken | None = None,
) -> Report:
    """Play a script over embedded servers and return its report; ``told`` gets every event. Blocks.

    Raises Cancelled when the token is.
    """
    conductor, recording = Conductor(speed=speed), Recording()
    cancel = cancel or CancelToken()

    def publish(event: Event) -> None:
        recording.take(event)
        if told is not None:
            told(event)

    with _stage(script, settings, conductor, publish, cancel) as (scene, calls):
        cancel.on_cancel(conductor.stop)
        player = Player(script, conductor, scene)
        conductor.run(player.play)
    return build_report(
        script, recording, dropped=player.dropped, injected=scene.injected, silent=calls.silent
    )


@contextmanager
def _stage(
    script: Script, settings: "ServerSettings", conductor: Conductor, publish: Publish, cancel: CancelToken
) -> Iterator[tuple[HeadlessScene, ScriptedCalls]]:
    with Hosting(settings) as hosting, ExitStack() as closing:
        addresses = hosting.start(cancel)
        chance = Chance(script.seed)
        clients: dict[Lane, LaneClient] = {
            lane: StagedClient(make_client(lane, addresses[lane.value]), conductor) for lane in script.lanes
        }
        for client in clients.values():
            closing.callback(client.close)
        pipelines = {
            lane: Pipeline(
                lane=lane, publish=publish, clock=conductor.clock, sleep=conductor.sleep, random=chance
            )
            for lane in script.lanes
        }
        runners = {
            lane: CallRunner(client, pipelines[lane], publish=publish, clock=conductor.clock)
            for lane, client in clients.items()
        }
        _, token = request_token(clients, _LOGIN, None)
        calls = ScriptedCalls(script, clients, runners.get, token=token)
        streams = StreamAccess()
        for lane in script.lanes:
            streams.connect(lane, addresses)
        closing.callback(streams.close)
        scene = HeadlessScene(
            conductor,
            hosting.faults,
            pipelines,
            calls,
            streams=streams.stream,
            chance=chance,
            publish=publish,
        )
        yield scene, calls


def _chosen(script: Script, seed: int | None, lanes: tuple[Lane, ...] | None) -> Script:
    kept = tuple(lane for lane in script.lanes if lanes is None or lane in lanes)
    if not kept:
        has = ", ".join(script.lanes)
        raise InvalidInput("--lanes", f"none of them plays in {script.name}; it has {has}")
    return replace(script, seed=script.seed if seed is None else seed, lanes=kept)


def _tell_progress(event: Event) -> None:
    if isinstance(event, ScenarioProgress) and event.running and event.step >= 0:
        click.echo(f"{event.elapsed:7.1f} s  {event.caption}", err=True)
