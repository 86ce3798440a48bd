"""One suite over three live lanes: same input, same domain result, same domain outcome."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import jwt
import pytest

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Outcome, Reply
from app.domain.token import decode_token, tampered_token
from app.operations.compare import semantic_diff
from app.viewmodels.session import LONGEST_LIFE
from backends.limits import ACCEPTED
from tests.support.live_lanes import EMAIL, PASSWORD, Blockable, LiveLanes

# The servers' own pools grow while they serve; that they all end is a test of the backends.
pytestmark = pytest.mark.leaves_threads

CANCEL_LIMIT = 0.05  # seconds from cancel() to Cancelled
PRODUCT = {"name": "Lamp", "price": "12.5", "stock": "3", "category": "Light"}
Clients = Mapping[Lane, LaneClient]


def ask(
    client: LaneClient,
    operation: OperationId,
    params: Mapping[str, str] | None = None,
    *,
    token: str | None = None,
    key: str | None = None,
    timeout: float = 5.0,
    cancel: CancelToken | None = None,
) -> Reply:
    """The whole way: draft with all fields, send."""
    draft = client.draft(operation, params or {}, OPERATIONS[operation].fields, token=token)
    return client.send(draft, operation, timeout=timeout, cancel=cancel, idempotency_key=key)


def refusal(client: LaneClient, operation: OperationId, *args: Any, **kwargs: Any) -> Reply:
    """The reply of a call that must fail."""
    with pytest.raises(AttemptFailed) as caught:
        ask(client, operation, *args, **kwargs)
    return caught.value.reply


def edited(draft: Draft, old: str, new: str) -> Draft:
    """The draft as a person would edit it, past all checks of the form."""
    match draft:
        case RestDraft():
            query = tuple((name, value.replace(old, new)) for name, value in draft.query)
            path = draft.path.replace(old, new)
            return replace(draft, path=path, query=query, body=draft.body.replace(old, new))
        case GraphqlDraft():
            return replace(draft, variables=draft.variables.replace(old, new))
        case GrpcDraft():
            return replace(draft, message=draft.message.replace(old, new))


def new_product(client: LaneClient, token: str, **changes: str) -> str:
    """The id of a product made for one test."""
    return str(ask(client, OperationId.CREATE_PRODUCT, {**PRODUCT, **changes}, token=token).value["id"])


READS: dict[str, tuple[OperationId, dict[str, str]]] = {
    "first page": (OperationId.LIST_PRODUCTS, {}),
    "last pages": (OperationId.LIST_PRODUCTS, {"page": "3", "limit": "7"}),
    "past the end": (OperationId.LIST_PRODUCTS, {"page": "5000"}),
    "filters": (
        OperationId.LIST_PRODUCTS,
        {"category": "Accessories", "price_min": "10", "price_max": "80.5", "limit": "50"},
    ),
    "sorted": (OperationId.LIST_PRODUCTS, {"sort": "price", "order": "desc", "limit": "20"}),
    "by name": (OperationId.LIST_PRODUCTS, {"sort": "name", "order": "asc"}),
    "product": (OperationId.GET_PRODUCT, {"id": "2"}),
    "order": (OperationId.GET_ORDER, {"id": "1"}),
    "long order": (OperationId.GET_ORDER, {"id": "5"}),
}


@pytest.mark.parametrize("name", READS)
def test_lanes_read_the_same(clients: Clients, name: str) -> None:
    """What one lane reads the others read too, field for field, in the same order."""
    operation, params = READS[name]
    replies = {lane: ask(client, operation, params) for lane, client in clients.items()}
    base = replies[Lane.REST].value
    for lane, reply in replies.items():
        assert semantic_diff(base, reply.value) == (), lane
        assert reply.outcome is Outcome.OK


def test_order_costs_one_round_trip_or_one_and_each_product(clients: Clients) -> None:
    """REST needs 1 + N exchanges for an order with N products, the others one."""
    trips = {
        lane: len(ask(client, OperationId.GET_ORDER, {"id": "1"}).exchanges)
        for lane, client in clients.items()
    }
    assert trips == {Lane.REST: 3, Lane.GRAPHQL: 1, Lane.GRPC: 1}


def test_follow_up_requests_use_the_kept_connection(clients: Clients) -> None:
    """The N of 1 + N go over the connection of the first."""
    exchanges = ask(clients[Lane.REST], OperationId.GET_ORDER, {"id": "1"}).exchanges
    assert [exchange.reused for exchange in exchanges[1:]] == [True, True]


def test_life_of_a_product(client: LaneClient, clients: Clients, token: str) -> None:
    """Create, replace, change and delete over one lane; every lane sees each step at once."""
    identity = new_product(client, token)

    def seen() -> list[Any]:
        return [ask(each, OperationId.GET_PRODUCT, {"id": identity}).value for each in clients.values()]

    made = {"id": identity, "name": "Lamp", "price": 12.5, "stock": 3, "category": "Light"}
    assert seen() == [made] * 3
    replaced = {"id": identity, "name": "Torch", "price": 8.25, "stock": 0, "category": ""}
    params = {"id": identity, "name": "Torch", "price": "8.25"}
    assert ask(client, OperationId.REPLACE_PRODUCT, params, token=token).value == replaced
    assert seen() == [replaced] * 3
    changed = {**replaced, "stock": 9}
    params = {"id": identity, "stock": "9"}
    assert ask(client, OperationId.PATCH_PRODUCT, params, token=token).value == changed
    assert seen() == [changed] * 3
    assert ask(client, OperationId.DELETE_PRODUCT, {"id": identity}, token=token).value == {"id": identity}
    for each in clients.values():
        assert refusal(each, OperationId.GET_PRODUCT, {"id": identity}).outcome is Outcome.NOT_FOUND


def test_placed_order_is_the_same_everywhere(client: LaneClient, clients: Clients, token: str) -> None:
    """An order placed over one lane is read alike over all, products included."""
    params = {"user_id": "user_123", "lines": "2x2, 7x1"}
    placed = ask(client, OperationId.CREATE_ORDER, params, token=token).value
    assert [item["quantity"] for item in placed["items"]] == [2, 1]
    assert placed["items"][0]["product"]["name"]
    for each in clients.values():
        read = ask(each, OperationId.GET_ORDER, {"id": placed["id"]}).value
        assert semantic_diff(placed, read) == ()


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        (OperationId.GET_PRODUCT, {"id": "999999999"}),
        (OperationId.GET_PRODUCT, {"id": "no such"}),
        (OperationId.GET_PRODUCT, {"id": "../../etc"}),
        (OperationId.GET_ORDER, {"id": "999999999"}),
        (OperationId.PATCH_PRODUCT, {"id": "999999999", "stock": "1"}),
        (OperationId.REPLACE_PRODUCT, {"id": "999999999", "name": "Lamp", "price": "1"}),
        (OperationId.DELETE_PRODUCT, {"id": "999999999"}),
    ],
)
def test_nothing_there(
    client: LaneClient, token: str, operation: OperationId, params: dict[str, str]
) -> None:
    """An id that nobody has is NOT_FOUND on every lane."""
    assert refusal(client, operation, params, token=token).outcome is Outcome.NOT_FOUND


INVALID: dict[str, tuple[OperationId, dict[str, str], str, str, str]] = {
    "page size": (OperationId.LIST_PRODUCTS, {"limit": "77"}, "77", "1000000", "limit"),
    "page": (OperationId.LIST_PRODUCTS, {"page": "77"}, "77", "-1", "page"),
    "sort": (OperationId.LIST_PRODUCTS, {"sort": "stock"}, "stock", "colour", "sort"),
    "price": (OperationId.CREATE_PRODUCT, {**PRODUCT, "price": "77.5"}, "77.5", "-77.5", "price"),
    "stock": (OperationId.CREATE_PRODUCT, {**PRODUCT, "stock": "77"}, "77", "-77", "stock"),
    "name": (OperationId.CREATE_PRODUCT, {**PRODUCT, "name": "seventy"}, "seventy", "x" * 201, "name"),
    "no name": (OperationId.CREATE_PRODUCT, {**PRODUCT, "name": "seventy"}, "seventy", "", "name"),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_input_names_the_field(client: LaneClient, token: str, name: str) -> None:
    """An impossible value is INVALID on every lane, and the details say which field it was."""
    operation, params, old, new, field = INVALID[name]
    draft = client.draft(operation, params, (), token=token)
    with pytest.raises(AttemptFailed) as caught:
        client.send(edited(draft, old, new), operation, timeout=5)
    reply = caught.value.reply
    assert reply.outcome is Outcome.INVALID
    assert [where for where, _ in reply.details] == [field]
    assert reply.exchanges, "the server has to say so, not the client"


def test_number_beyond_int32_is_invalid(client: LaneClient, token: str) -> None:
    """A stock that does not fit is INVALID, wherever it is noticed."""
    draft = client.draft(OperationId.CREATE_PRODUCT, {**PRODUCT, "stock": "77"}, (), token=token)
    with pytest.raises(AttemptFailed) as caught:
        client.send(edited(draft, "77", "99999999999"), OperationId.CREATE_PRODUCT, timeout=5)
    assert caught.value.reply.outcome is Outcome.INVALID


def test_request_beyond_the_size_limit_is_invalid(client: LaneClient, token: str) -> None:
    """A request of several megabytes is INVALID, not a lost connection, and the client works afterwards."""
    draft = client.draft(OperationId.CREATE_PRODUCT, {**PRODUCT, "name": "seventy"}, (), token=token)
    with pytest.raises(AttemptFailed) as caught:
        client.send(edited(draft, "seventy", "x" * 3_000_000), OperationId.CREATE_PRODUCT, timeout=5)
    assert caught.value.reply.outcome is Outcome.INVALID
    assert ask(client, OperationId.GET_PRODUCT, {"id": "1"}).outcome is Outcome.OK


def test_edited_request_for_something_else_is_answered(clients: Clients) -> None:
    """A path edited to another resource brings that resource's body, whatever operation it was."""
    rest = clients[Lane.REST]
    draft = rest.draft(OperationId.LIST_PRODUCTS, {}, ())
    assert isinstance(draft, RestDraft)
    reply = rest.send(replace(draft, path="/healthz", query=()), OperationId.LIST_PRODUCTS, timeout=5)
    assert reply.outcome is Outcome.OK
    assert reply.value


def _unusable_tokens(live: LiveLanes, good: str) -> dict[str, str | None]:
    now = int(time.time())
    claims = {**decode_token(good).claims, "iat": now - 20, "exp": now - 10}
    secret = (live.folder / "jwt.secret").read_bytes()
    return {
        "none": None,
        "tampered": tampered_token(good),
        "expired": jwt.encode(claims, secret, algorithm="HS256"),
        "foreign": jwt.encode({**claims, "exp": now + 60}, b"x" * 32, algorithm="HS256"),
        "unsigned": jwt.encode({**claims, "exp": now + 60}, "", algorithm="none"),
        "garbage": "not.a.token",
    }


@pytest.mark.parametrize("kind", ["none", "tampered", "expired", "foreign", "unsigned", "garbage"])
def test_write_without_a_good_token(live: LiveLanes, client: LaneClient, token: str, kind: str) -> None:
    """A write with no token or a bad one is UNAUTHENTICATED on every lane."""
    bad = _unusable_tokens(live, token)[kind]
    assert refusal(client, OperationId.CREATE_PRODUCT, PRODUCT, token=bad).outcome is Outcome.UNAUTHENTICATED


def test_any_lane_issues_a_token_for_all(client: LaneClient, clients: Clients) -> None:
    """A token from one lane opens the others."""
    issued = client.log_in(EMAIL, PASSWORD, 60).value
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 60)
    for each in clients.values():
        assert ask(each, OperationId.CREATE_PRODUCT, PRODUCT, token=issued["token"]).outcome is Outcome.OK


def test_wrong_password(client: LaneClient) -> None:
    """A wrong password is UNAUTHENTICATED on every lane."""
    with pytest.raises(AttemptFailed) as caught:
        client.log_in("nobody@example.com", "wrong", None)
    assert caught.value.reply.outcome is Outcome.UNAUTHENTICATED


def test_revoked_token_is_refused_everywhere(clients: Clients) -> None:
    """After a log-out no lane takes the token any more."""
    rest = clients[Lane.REST]
    token = rest.log_in(EMAIL, PASSWORD, None).value["token"]
    headers = (("Authorization", f"Bearer {token}"),)
    rest.send(RestDraft(method="POST", path="/auth/logout", headers=headers), None, timeout=5)
    for client in clients.values():
        reply = refusal(client, OperationId.CREATE_PRODUCT, PRODUCT, token=token)
        assert reply.outcome is Outcome.UNAUTHENTICATED


def test_same_key_and_same_payload_create_once(client: LaneClient, token: str) -> None:
    """A repeated create with the same idempotency key returns the first product."""
    key = uuid4().hex
    first, second = (
        ask(client, OperationId.CREATE_PRODUCT, PRODUCT, token=token, key=key).value for _ in range(2)
    )
    assert first == second


def test_same_key_and_other_payload_conflict(client: LaneClient, token: str) -> None:
    """The key of one create cannot be used for another: CONFLICT on every lane."""
    key = uuid4().hex
    ask(client, OperationId.CREATE_PRODUCT, PRODUCT, token=token, key=key)
    other = {**PRODUCT, "price": "13"}
    reply = refusal(client, OperationId.CREATE_PRODUCT, other, token=token, key=key)
    assert reply.outcome is Outcome.CONFLICT


def test_key_is_known_on_every_lane(clients: Clients, token: str) -> None:
    """A create repeated over another lane with the same key is the same create."""
    key = uuid4().hex
    ids = {
        ask(client, OperationId.CREATE_PRODUCT, PRODUCT, token=token, key=key).value["id"]
        for client in clients.values()
    }
    assert len(ids) == 1


def test_the_longest_life_that_the_window_offers_is_granted(client: LaneClient) -> None:
    """The form promises no token that a backend then refuses."""
    granted = client.log_in(EMAIL, PASSWORD, LONGEST_LIFE).value
    assert granted["expires_in"] == LONGEST_LIFE


def test_rate_limited_endpoint(client: LaneClient) -> None:
    """The limited endpoint counts down, then refuses and says how long to wait."""
    answers = [ask(client, OperationId.LIMITED).value for _ in range(5)]
    assert [each["remaining"] for each in answers] == [4, 3, 2, 1, 0]
    assert {each["message"] for each in answers} == {ACCEPTED}, "no lane may word it another way"
    reply = refusal(client, OperationId.LIMITED)
    assert reply.outcome is Outcome.RATE_LIMITED
    assert reply.retry_after == pytest.approx(60, abs=5)


NAMES = ("Ünïcødé ☕ 日本語 🎉", '"quoted" \\ back/slash', "\u05e2\u05d1\u05e8\u05d9\u05ea", "a&b=c?d#e%20+")


@pytest.mark.parametrize("name", NAMES)
def test_text_survives_every_lane(client: LaneClient, clients: Clients, token: str, name: str) -> None:
    """A name written over one lane is read letter for letter over all."""
    identity = new_product(client, token, name=name)
    for each in clients.values():
        assert ask(each, OperationId.GET_PRODUCT, {"id": identity}).value["name"] == name


def test_filter_of_any_text_is_taken_literally(clients: Clients, token: str) -> None:
    """A category with every awkward character filters on every lane."""
    category = "a&b=c?d#e%20+ ü☕'\""
    identity = new_product(clients[Lane.REST], token, category=category)
    for client in clients.values():
        page = ask(client, OperationId.LIST_PRODUCTS, {"category": category}).value
        assert [product["id"] for product in page["products"]] == [identity]
        assert page["total"] == 1


def test_graphql_sends_what_was_wanted_only(clients: Clients) -> None:
    """The selection is the wanted fields; REST and gRPC send the whole product."""
    received = {}
    for lane, client in clients.items():
        draft = client.draft(OperationId.GET_PRODUCT, {"id": "1"}, ("name",))
        received[lane] = set(client.send(draft, OperationId.GET_PRODUCT, timeout=5).value)
    whole = {"id", "name", "price", "stock", "category"}
    assert received == {Lane.REST: whole, Lane.GRAPHQL: {"name"}, Lane.GRPC: whole}


def test_sixteen_threads_at_once(client: LaneClient) -> None:
    """Calls from many threads neither mix nor fail."""
    wrong: list[object] = []

    def work(number: int) -> None:
        for _ in range(5):
            identity = str(number % 16 + 1)
            value = ask(client, OperationId.GET_PRODUCT, {"id": identity}).value
            if value["id"] != identity:
                wrong.append((identity, value))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- trouble on the road -------------------------------------------------------------------------------


def get(blockable: Blockable, timeout: float = 5.0, cancel: CancelToken | None = None) -> Reply:
    return ask(blockable.client, OperationId.GET_PRODUCT, {"id": "1"}, timeout=timeout, cancel=cancel)


def get_refusal(blockable: Blockable, timeout: float = 5.0) -> Reply:
    return refusal(blockable.client, OperationId.GET_PRODUCT, {"id": "1"}, timeout=timeout)


def cancelled_after(blockable: Blockable, draft: Draft, operation: OperationId) -> float:
    """Seconds from cancel() to the end of a call, cancelled once it is held up on the road."""
    cancel = CancelToken()
    at: list[float] = []

    def watch() -> None:
        blockable.road.held.wait(5)
        at.append(time.perf_counter())
        cancel.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(Cancelled):
        blockable.client.send(draft, operation, timeout=10, cancel=cancel)
    ended = time.perf_counter()
    watcher.join()
    return ended - at[0]


@pytest.mark.parametrize("moment", ["sending", "waiting", "reading"])
def test_cancel_at_any_moment(blockable: Blockable, moment: str) -> None:
    """Cancel ends a call within 50 ms while it sends, waits or reads; then the client works again."""
    get(blockable)
    name = "x" * 8_000_000 if moment == "sending" else "Lamp"
    draft = blockable.client.draft(OperationId.CREATE_PRODUCT, {**PRODUCT, "name": "seventy"}, ())
    if moment == "sending":
        blockable.road.hold_requests()
    else:
        blockable.road.hold_answers(after=0 if moment == "waiting" else 20)
    taken = cancelled_after(blockable, edited(draft, "seventy", name), OperationId.CREATE_PRODUCT)
    blockable.road.pass_all()
    assert taken < CANCEL_LIMIT
    assert get(blockable).outcome is Outcome.OK


def test_cancelled_before_it_began(blockable: Blockable) -> None:
    """A call whose token is set already is Cancelled at once."""
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        get(blockable, cancel=cancel)


def test_no_answer_in_time(blockable: Blockable) -> None:
    """An answer that does not come in time is TIMEOUT, in time; then the client works again."""
    get(blockable)
    blockable.road.hold_answers()
    started = time.perf_counter()
    assert get_refusal(blockable, timeout=0.2).outcome is Outcome.TIMEOUT
    assert time.perf_counter() - started == pytest.approx(0.2, abs=0.1)
    blockable.road.pass_all()
    assert get(blockable).outcome is Outcome.OK


def test_server_gone_and_back(blockable: Blockable) -> None:
    """Nobody listening is REFUSED; once the server is back the same client reaches it again."""
    get(blockable)
    blockable.road.close()
    first, later = get_refusal(blockable), get_refusal(blockable)
    assert {first.outcome, later.outcome} <= {Outcome.REFUSED, Outcome.RESET}
    assert later.outcome is Outcome.REFUSED
    blockable.road.reopen()
    deadline = time.perf_counter() + 2
    outcome = Outcome.REFUSED
    while outcome is Outcome.REFUSED and time.perf_counter() < deadline:
        try:
            outcome = get(blockable).outcome
        except AttemptFailed as failed:
            outcome = failed.reply.outcome
    assert outcome is Outcome.OK


def test_connection_cut_before_the_answer(blockable: Blockable) -> None:
    """A connection that breaks after the request is RESET; the next call makes a new one."""
    get(blockable)
    blockable.road.hold_answers()

    def cut() -> None:
        blockable.road.held.wait(5)
        blockable.road.cut()

    cutter = threading.Thread(target=cut)
    cutter.start()
    reply = get_refusal(blockable)
    cutter.join()
    blockable.road.pass_all()
    assert reply.outcome is Outcome.RESET
    assert get(blockable).outcome is Outcome.OK
