"""The routes of log-in and log-out."""

from collections.abc import Sequence

from flask import Response, request

from backends.auth import Auth, bearer
from backends.rest import answers
from backends.rest.models import Login
from backends.rest.routes import Documented, Route
from backends.rest.tags import unkept
from backends.rest.wording import RETRY_AFTER


class Session:
    """Handlers over authentication. Any thread."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def log_in(self, body: Login) -> Response:
        """A token for a password."""
        client = request.remote_addr or ""
        issued = self._auth.login(body.email, body.password, expires_in=body.expires_in, client=client)
        return unkept(
            {"token": issued.token, "token_type": issued.token_type, "expires_in": issued.expires_in}
        )

    def log_out(self) -> Response:
        """This token is refused from now on."""
        self._auth.log_out(bearer(request.headers["Authorization"]))
        return Response(status=204)


def session_routes(auth: Auth) -> Sequence[Route]:
    """The table of this module."""
    handlers = Session(auth)
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
                    headers=RETRY_AFTER,
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
    )
