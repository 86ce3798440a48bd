"""Servers that were stopped are let go: a window that starts and stops them often must not grow."""

import gc
import weakref

import pytest

from backends.serving import ServerSettings
from tests.support.servers import catalog_servers


@pytest.mark.parametrize("lane", ["rest", "graphql", "grpc"])
def test_nothing_holds_a_stopped_server(lane: str) -> None:
    """Neither a registry of its library nor a thread keeps its catalog in memory."""
    with catalog_servers(lane, settings=ServerSettings(ephemeral=True)) as servers:
        catalog = weakref.ref(servers.backends._shared.open().service)
        del servers
    gc.collect()
    assert catalog() is None
