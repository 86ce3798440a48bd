"""The route that exists to be limited: a few answers a minute, and how many are left."""

import math
import time
from collections.abc import Callable, Sequence

from flask import Response, request

from backends.limits import ACCEPTED, RateLimiter, Verdict
from backends.rest import answers
from backends.rest.problems import too_many
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import unkept
from backends.rest.wording import RETRY_AFTER

_HEADERS = {
    "X-RateLimit-Limit": "Requests that a client has per window.",
    "X-RateLimit-Remaining": "Requests that are left.",
    "X-RateLimit-Reset": "When the window is empty again, in seconds since the epoch.",
}


class Limited:
    """Its handler. Any thread."""

    def __init__(self, limiter: RateLimiter, clock: Callable[[], float] = time.time) -> None:
        self._limiter = limiter
        self._clock = clock

    def get(self) -> Response:
        """A few answers per minute and client."""
        verdict = self._limiter.hit(f"rest {request.remote_addr or ''}")
        headers = self._headers(verdict)
        if not verdict.allowed:
            raise too_many("too many requests", verdict.retry_after, headers)
        content = {"message": ACCEPTED, "limit": verdict.limit, "remaining": verdict.remaining}
        return unkept(content, headers)

    def _headers(self, verdict: Verdict) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(math.ceil(self._clock() + verdict.reset_after)),
        }


def limited_routes(limiter: RateLimiter) -> Sequence[Route]:
    """The table of this module."""
    return (
        Route(
            method="GET",
            rule=f"{API}/limited",
            operation="limited",
            handler=Limited(limiter).get,
            summary="An endpoint with a small rate limit",
            tag="limits",
            responses={
                200: Documented(description="Within the limit.", body=answers.Limited, headers=_HEADERS),
                429: Documented(
                    description="The limit is reached.",
                    body=answers.TooManyRequests,
                    headers={**_HEADERS, **RETRY_AFTER},
                ),
            },
        ),
    )
