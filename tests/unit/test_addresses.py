"""Addresses of servers elsewhere: what is taken, and the sentence for what is not."""

import pytest

from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.operations.addresses import EXAMPLES, address_problem, checked_address


@pytest.mark.parametrize(
    ("lane", "text"),
    [
        (Lane.REST, "http://127.0.0.1:8000"),
        (Lane.REST, " http://catalog.example/ "),
        (Lane.REST, "http://[::1]:8000"),
        (Lane.GRAPHQL, "http://127.0.0.1:8001/graphql"),
        (Lane.GRPC, "127.0.0.1:50051"),
        (Lane.GRPC, "[::1]:50051"),
        (Lane.GRPC, "catalog.example:443"),
        *((lane, "") for lane in Lane),
        *EXAMPLES.items(),
    ],
)
def test_an_address_that_can_be_used_has_no_problem(lane: Lane, text: str) -> None:
    """Names, numbers, IPv6, spaces around; empty means this program's own server."""
    assert address_problem(lane, text) == ""


@pytest.mark.parametrize(
    ("lane", "text", "named"),
    [
        (Lane.REST, "127.0.0.1:8000", "begin with http://"),
        (Lane.REST, "ftp://x", "begin with http://"),
        (Lane.REST, "https://x", "encrypted"),
        (Lane.REST, "http://", "names no host"),
        (Lane.REST, "http://x:port", "port"),
        (Lane.REST, "http://x:0", "port"),
        (Lane.REST, "http://x:70000", "port"),
        (Lane.REST, "http://x/api", "end after host and port"),
        (Lane.REST, "http://x?a=b", "nothing else"),
        (Lane.REST, "http://me@x", "nothing else"),
        (Lane.REST, "http://a b", "spaces"),
        (Lane.GRAPHQL, "http://x:1", "path"),
        (Lane.GRPC, "http://x:1", "without http://"),
        (Lane.GRPC, "x", "host:port"),
        (Lane.GRPC, ":50051", "host:port"),
        (Lane.GRPC, "x:y", "port"),
        (Lane.GRPC, "x:70000", "port"),
        (Lane.GRPC, "x/y:1", "end after the port"),
    ],
)
def test_a_bad_address_is_explained(lane: Lane, text: str, named: str) -> None:
    """The sentence names the part that is wrong."""
    assert named in address_problem(lane, text)


def test_a_checked_address_is_tidy() -> None:
    """Spaces and the last slash go; a bad one is InvalidInput that names the lane."""
    assert checked_address(Lane.REST, " http://x:1/ ") == "http://x:1"
    with pytest.raises(InvalidInput, match="address of gRPC"):
        checked_address(Lane.GRPC, "x")
