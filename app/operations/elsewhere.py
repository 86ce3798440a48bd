"""What may go to a server that is not this program's own: never this program's token. No Qt.

A token belongs to the servers that issued it. Whoever else is sent it could use it.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GrpcDraft
from app.domain.errors import AttemptFailed, InvalidInput, TrilaneError
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Headers
from app.operations.calls import writes
from app.operations.log_in import ROAD, Credentials, explain, request_token

_HEADER = "authorization"


def needs_log_in(operation: OperationId, lane: Lane, draft: Draft | None = None) -> bool:
    """Whether a server asks who it is; ``draft`` is the request where a person edited it."""
    if lane in OPERATIONS[operation].unsupported:
        return False
    return OPERATIONS[operation].writes or (draft is not None and writes(draft, operation))


def for_elsewhere(draft: Draft, *, token: str | None, secret: str | None) -> Draft:
    """An edited request as it may go elsewhere: its authorization gives way to ``token``, or goes.

    InvalidInput when ``secret``, this program's own token, also stands anywhere else in it.
    """
    if isinstance(draft, GrpcDraft):
        cleaned: Draft = replace(draft, metadata=_authorized(draft.metadata, token, _HEADER))
    else:
        cleaned = replace(draft, headers=_authorized(draft.headers, token, _HEADER.title()))
    if secret and secret in repr(cleaned):
        raise InvalidInput("request", "holds this program's token, which no other server is sent")
    return cleaned


def tokens_for(
    clients: Mapping[Lane, LaneClient],
    credentials: Credentials,
    *,
    elsewhere: Collection[Lane],
    cancel: CancelToken,
) -> dict[Lane, str]:
    """Log in. This program's servers share one token; each lane elsewhere gets one from its own server.

    A lane elsewhere that cannot be reached is left out, for its calls will say so, unless all are. Raises
    TrilaneError that names the lane which refused, and Cancelled.
    """
    own = {lane: client for lane, client in clients.items() if lane not in elsewhere}
    tokens = dict.fromkeys(own, request_token(own, credentials, None)[1]) if own else {}
    unreachable: TrilaneError | None = None
    for lane in clients:
        cancel.raise_if_cancelled()
        if lane in own:
            continue
        try:
            tokens[lane] = request_token({lane: clients[lane]}, credentials, None)[1]
        except AttemptFailed as error:
            failure = TrilaneError(f"{lane.label}: the log-in failed: {explain(error)}")
            if error.reply.outcome not in ROAD:
                raise failure from error
            unreachable = failure
    if unreachable is not None and not tokens:
        raise unreachable
    return tokens


def _authorized(headers: Headers, token: str | None, name: str) -> Headers:
    kept = tuple(each for each in headers if each[0].strip().lower() != _HEADER)
    return (*kept, (name, f"Bearer {token}")) if token else kept
