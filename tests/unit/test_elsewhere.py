"""What goes to servers elsewhere: their own token or none, never this program's."""

import pytest

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, InvalidInput, TrilaneError
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Reply
from app.operations.elsewhere import for_elsewhere, needs_log_in, tokens_for
from app.operations.log_in import Credentials
from tests.support.clock import FakeClock
from tests.support.repeats import DOWN, ClockedClient

ME = Credentials(email="me@example.com", password="secret")
MINE = (("X-Tag", "kept"), ("AUTHORIZATION", "Bearer MINE"))


class UnreachableClient(ClockedClient):
    """Nobody answers its login."""

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Down."""
        raise AttemptFailed(DOWN)


def clients(**tokens: str) -> dict[Lane, ClockedClient]:
    """A client for each lane, whose login gives the told token."""
    made = {Lane(name): ClockedClient(Lane(name), FakeClock()) for name in tokens}
    for name, token in tokens.items():
        made[Lane(name)].token = token
    return made


@pytest.mark.parametrize(
    "draft",
    [
        RestDraft(method="POST", path="/api/v1/products", headers=MINE),
        GraphqlDraft(query="mutation { x }", headers=MINE),
        GrpcDraft(method="products.ProductService/CreateProduct", metadata=MINE),
    ],
)
def test_the_authorization_gives_way_to_the_servers_own(draft: Draft) -> None:
    """However it is spelt; other headers stay; without a token of its own the server gets none."""
    theirs = repr(for_elsewhere(draft, token="THEIRS", secret="MINE"))
    assert "MINE" not in theirs
    assert "Bearer THEIRS" in theirs
    assert "kept" in theirs
    assert "uthorization" not in repr(for_elsewhere(draft, token=None, secret="MINE"))


@pytest.mark.parametrize(
    "draft",
    [
        RestDraft(method="GET", path="/api/v1/products/MINE"),
        RestDraft(method="POST", path="/", body='{"token": "MINE"}'),
        GraphqlDraft(query="{ x }", variables='{"token": "MINE"}'),
        GrpcDraft(method="a/b", metadata=(("x-token", "MINE"),)),
    ],
)
def test_a_token_anywhere_else_is_refused(draft: Draft) -> None:
    """It is never sent, and never taken out in silence."""
    with pytest.raises(InvalidInput, match="token"):
        for_elsewhere(draft, token="THEIRS", secret="MINE")


def test_who_needs_a_log_in() -> None:
    """Writes, and reads that a person edited into writes."""
    assert needs_log_in(OperationId.CREATE_PRODUCT, Lane.REST)
    assert not needs_log_in(OperationId.GET_PRODUCT, Lane.REST)
    assert needs_log_in(OperationId.GET_PRODUCT, Lane.REST, RestDraft(method="DELETE", path="/"))


def test_each_lane_elsewhere_asks_its_own_server() -> None:
    """This program's servers share one token; a lane elsewhere gets what its own server gives."""
    lanes = clients(rest="A", graphql="B", grpc="C")
    found = tokens_for(lanes, ME, elsewhere={Lane.REST}, cancel=CancelToken())
    assert found == {Lane.REST: "A", Lane.GRAPHQL: "B", Lane.GRPC: "B"}
    assert len(lanes[Lane.GRPC].logins) == 0
    assert tokens_for(lanes, ME, elsewhere=tuple(Lane), cancel=CancelToken()) == {
        Lane.REST: "A",
        Lane.GRAPHQL: "B",
        Lane.GRPC: "C",
    }


def test_a_refusal_names_its_lane_and_a_dead_road_does_not_stop_the_others() -> None:
    """Who is not let in should know where; who does not answer shows it in each call."""
    refusing = clients(rest="")
    with pytest.raises(TrilaneError, match="REST: the log-in failed: wrong password"):
        tokens_for(refusing, ME, elsewhere={Lane.REST}, cancel=CancelToken())
    dead = UnreachableClient(Lane.REST, FakeClock())
    mixed: dict[Lane, ClockedClient] = {Lane.REST: dead, **clients(grpc="C")}
    assert tokens_for(mixed, ME, elsewhere=tuple(Lane), cancel=CancelToken()) == {Lane.GRPC: "C"}
    with pytest.raises(TrilaneError, match="REST"):
        tokens_for({Lane.REST: dead}, ME, elsewhere={Lane.REST}, cancel=CancelToken())
