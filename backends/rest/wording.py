"""What the descriptions of several routes say alike. Only data."""

from pydantic import BaseModel

from backends.rest import answers
from backends.rest.routes import Documented

ETAG = {"ETag": "Names this very content."}
IF_NONE_MATCH = {"If-None-Match": "Entity tags you have; 304 if one of them is still good."}
IDEMPOTENCY_KEY = {
    "Idempotency-Key": "1 to 200 visible ASCII characters. The same key with the same body gives the first "
    "answer again, with another body 409. Kept for a day."
}
RETRY_AFTER = {"Retry-After": "Seconds to wait."}
UNCHANGED = Documented(description="You have it already.", headers=ETAG)
KEY_REUSED = Documented(description="The key was used with another body.", body=answers.Error)


def made(description: str, body: type[BaseModel], where: str) -> Documented:
    """The answer to a POST that made something."""
    return Documented(description=description, body=body, headers={"Location": where, **ETAG})
