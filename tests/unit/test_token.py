"""Reading a token without checking it, and spoiling one."""

import base64
import json
from contextlib import suppress

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.token import decode_token, tampered_token

SECRET = "a secret that is long enough for HS256"


def test_header_and_claims_are_those_that_were_signed() -> None:
    """Decoding gives what the issuer put in."""
    token = jwt.encode({"sub": "user@example.com", "exp": 2_000_000_000}, SECRET, algorithm="HS256")
    decoded = decode_token(token)
    assert decoded.header == {"alg": "HS256", "typ": "JWT"}
    assert decoded.claims["sub"] == "user@example.com"
    assert decoded.expires_at == 2_000_000_000


def test_a_tampered_token_reads_well_and_fails_its_check() -> None:
    """The changed token is well formed, says something else, and no verifier takes it."""
    token = jwt.encode({"sub": "user@example.com"}, SECRET, algorithm="HS256")
    spoilt = tampered_token(token)
    assert decode_token(spoilt).claims["sub"] == "admin@example.com"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(spoilt, SECRET, algorithms=["HS256"])


@pytest.mark.parametrize("exp", [None, "soon", True])
def test_an_unusable_expiry_is_none(exp: object) -> None:
    """A claim that is no number is no expiry."""
    packed = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, {"exp": exp})
    ]
    assert decode_token(".".join((*packed, ""))).expires_at is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands where a token should: it is refused with InvalidInput, or it really reads as one."""
    with suppress(InvalidInput):
        assert isinstance(decode_token(text).claims, dict)
