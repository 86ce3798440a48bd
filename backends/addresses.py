"""How an address is written."""


def bracketed(host: str) -> str:
    """``host`` as it stands before a port: an IPv6 address has colons of its own."""
    return f"[{host}]" if ":" in host else host
