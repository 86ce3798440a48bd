"""How a fault is named on the wire. Header values and metadata are ASCII, rule names need not be."""

import re
from urllib.parse import quote

FAULT_HEADER = "X-Trilane-Fault"
FAULT_KEY = "x-trilane-fault"  # the same, as gRPC metadata
REQUEST_ID_KEY = "x-request-id"  # a client that sends it finds its faults in FaultEngine.recent

_LONGEST = 1024  # characters; gRPC refuses trailers of a few kilobytes
_UNSAFE = re.compile(r"%(?=[0-9A-Fa-f]{2})|[^\x20-\x7e]")


def wire_name(rule: str) -> str:
    """The rule in ASCII: what is not gets percent-encoded (UTF-8), so that decoding that restores it."""
    encoded = _UNSAFE.sub(lambda found: quote(found[0]), rule.strip())
    return encoded if len(encoded) <= _LONGEST else encoded[: _LONGEST - 3] + "..."
