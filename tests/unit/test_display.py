"""Choosing between window and tour."""

import socket
from pathlib import Path

import pytest

from app.cli.display import has_display


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":4711"}, False),
        ({"DISPLAY": "unix:4711.0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-4711", "XDG_RUNTIME_DIR": "/nowhere"}, False),
        ({"DISPLAY": "desk.example:0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
def test_a_display_counts_when_it_can_be_there(environ: dict[str, str], expected: bool) -> None:
    """A name that nobody answers to is no display: Qt would abort instead of taking the tour."""
    assert has_display(environ) is expected


def test_a_wayland_socket_that_answers_is_a_display(tmp_path: Path) -> None:
    """The socket of the session is asked, not only its name."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-0"))
        server.listen()
        assert has_display({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)})
