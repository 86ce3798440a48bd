"""The routes of log-in and log-out, and the endpoint that exists to be limited."""

import math
import time
from collections.abc import Callable, Sequence

from flask import Response, request

from backends.auth import Auth, bearer
from backends.limits import ACCEPTED, RateLimiter, Verdict
from backends.rest import answers
from backends.rest.models import Login
from backends.rest.problems import too_many
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import unkept

_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "Requests that a client has per window.",
    "X-RateLimit-Remaining": "Requests that are left.",
    "X-RateLimit-Reset": "When the window is empty again, in seconds since the epoch.",
}
_RETRY_AFTER = {"Retry-After": "Seconds to wait."}


class Session:
    """Handlers over authentication and limits. Any thread."""

    def __init__(self, auth: Auth, limiter: RateLimiter, clock: Callable[[], float] = time.time) -> None:
        self._auth = auth
        self._limiter = limiter
        self._clock = clock

    def log_in(self, body: Login) -> Response:
        """A token for a password."""
        issued = self._auth.login(body.email, body.password, expires_in=body.expires_in, client=_client())
        return unkept(
            {"token": issued.token, "token_type": issued.token_type, "expires_in": issued.expires_in}
        )

    def log_out(self) -> Response:
        """This token is refused from now on."""
        self._auth.log_out(bearer(request.headers["Authorization"]))
        return Response(status=204)

    def limited(self) -> Response:
        """A few answers per minute and client."""
        verdict = self._limiter.hit(f"rest {_client()}")
        headers = self._limit_headers(verdict)
        if not verdict.allowed:
            raise too_many("too many requests", verdict.retry_after, headers)
        content = {"message": ACCEPTED, "limit": verdict.limit, "remaining": verdict.remaining}
        return unkept(content, headers)

    def _limit_headers(self, verdict: Verdict) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(math.ceil(self._clock() + verdict.reset_after)),
        }


def session_routes(auth: Auth, limiter: RateLimiter) -> Sequence[Route]:
    """The table of this module."""
    handlers = Session(auth, limiter)
    return (
        Route(
            method="POST",
            rule="/auth/login",
            operation="login",
            handler=handlers.log_in,
            summary="Log in",
            tag="session",
            body=Login,
            responses={
                200: Documented(description="Logged in.", body=answers.Token),
                401: Documented(
                    description="Wrong email or password.",
                    body=answers.Error,
                    headers={"WWW-Authenticate": "Bearer."},
                ),
                429: Documented(
                    description="Too many failed log-ins of this email.",
                    body=answers.TooManyRequests,
                    headers=_RETRY_AFTER,
                ),
            },
        ),
        Route(
            method="POST",
            rule="/auth/logout",
            operation="logout",
            handler=handlers.log_out,
            summary="Log out: the token is refused from now on",
            tag="session",
            needs_token=True,
            responses={204: Documented(description="Logged out.")},
        ),
        Route(
            method="GET",
            rule=f"{API}/limited",
            operation="limited",
            handler=handlers.limited,
            summary="An endpoint with a small rate limit",
            tag="limits",
            responses={
                200: Documented(
                    description="Within the limit.", body=answers.Limited, headers=_LIMIT_HEADERS
                ),
                429: Documented(
                    description="The limit is reached.",
                    body=answers.TooManyRequests,
                    headers={**_LIMIT_HEADERS, **_RETRY_AFTER},
                ),
            },
        ),
    )


def _client() -> str:
    return request.remote_addr or ""
