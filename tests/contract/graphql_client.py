"""A bare GraphQL client for the contract tests: posts, and gives back status and body."""

from collections.abc import Mapping
from typing import Any

import requests

Variables = Mapping[str, Any] | None
Headers = Mapping[str, str] | None


class Graphql:
    """Talks to one endpoint over one connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def post(self, query: str, variables: Variables = None, headers: Headers = None) -> requests.Response:
        """Send a document."""
        body = {"query": query, "variables": variables}
        return self.session.post(self.url, json=body, headers=headers, timeout=10)

    def data(self, query: str, variables: Variables = None, headers: Headers = None) -> Any:
        """The data of an answer that must have no errors."""
        response = self.post(query, variables, headers)
        body = response.json()
        assert "errors" not in body, body
        assert response.status_code == 200
        return body["data"]

    def code(self, query: str, variables: Variables = None, headers: Headers = None) -> tuple[int, str]:
        """Status and the code of the first error."""
        response = self.post(query, variables, headers)
        return response.status_code, response.json()["errors"][0]["extensions"]["code"]

    def log_in(self) -> dict[str, str]:
        """Headers of the account that is there out of the box."""
        document = 'mutation { login(email: "user@example.com", password: "password") { token tokenType } }'
        answer = self.data(document)["login"]
        return {"Authorization": f"{answer['tokenType']} {answer['token']}"}
