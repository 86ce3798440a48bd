"""Random faults in the fault engine's own words: every kind, any rate."""

import random
from typing import Any

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from backends.faults.rules import GRAPHQL_CODES, GRPC_CODES, Distribution, FaultKind

STATUSES = (500, 502, 503, 504, 429, 404, 401, 408, 409)


def random_rules(draw: random.Random, lane: Lane) -> list[dict[str, Any]]:
    """None to three rules for a lane."""
    return [_rule(draw, lane) for _ in range(draw.choice((0, 1, 1, 2, 3)))]


def _rule(draw: random.Random, lane: Lane) -> dict[str, Any]:
    kind = draw.choice(tuple(FaultKind))
    rule: dict[str, Any] = {"kind": kind.value, "rate": round(draw.random(), 2)}
    if draw.random() < 0.3:
        rule["operation"] = draw.choice(tuple(OperationId)).value
    if draw.random() < 0.3:
        rule["burst"] = draw.choice((0.5, 0.9))
    match kind:
        case FaultKind.ERROR | FaultKind.FAIL_NEXT:
            rule |= _error(draw, lane)
            if kind is FaultKind.FAIL_NEXT:
                rule["count"] = draw.randrange(1, 9)
        case FaultKind.DELAY:
            rule |= {
                "ms": draw.choice((1, 20, 200, 2000)),
                "spread_ms": draw.choice((0, 30)),
                "distribution": draw.choice(tuple(Distribution)).value,
                "per_message": draw.random() < 0.3,
            }
        case FaultKind.RATE_LIMIT:
            rule |= {"limit": draw.randrange(1, 10), "window_s": draw.choice((0.5, 2.0, 10.0))}
        case FaultKind.DRIP:
            rule["bytes_per_s"] = draw.choice((16, 256, 4096))
        case FaultKind.RESET | FaultKind.TRUNCATE | FaultKind.MALFORMED | FaultKind.STALL | FaultKind.ABORT:
            rule["after"] = draw.randrange(1, 20)
    return rule


def _error(draw: random.Random, lane: Lane) -> dict[str, Any]:
    more = {"retry_after_s": draw.choice((0.1, 1.0))} if draw.random() < 0.3 else {}
    match lane:
        case Lane.REST:
            return {"status": draw.choice(STATUSES), **more}
        case Lane.GRAPHQL:
            return {"code": draw.choice(GRAPHQL_CODES), "partial": draw.random() < 0.3, **more}
        case Lane.GRPC:
            return {"code": draw.choice(GRPC_CODES), **more}
