"""How an address is written, and why one cannot be listened on."""

import errno


def bracketed(host: str) -> str:
    """``host`` as it stands before a port: an IPv6 address has colons of its own."""
    return f"[{host}]" if ":" in host else host


def not_bound(host: str, port: int, error: OSError) -> OSError:
    """What a server raises that cannot listen there: it names the address and says what can be done."""
    if error.errno == errno.EADDRINUSE:
        reason = "the port is already in use; name another one, or 0 for any that is free"
    elif error.errno == errno.EACCES:
        reason = "this user may not take the port; name one above 1023, or 0 for any that is free"
    else:
        reason = error.strerror or str(error)
    return OSError(error.errno, f"cannot listen on {bracketed(host)}:{port}: {reason}")
