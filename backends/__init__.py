"""The catalog and its three servers. No Qt and no import of ``app``: it also runs headless."""
