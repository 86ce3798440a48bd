"""Timed scripts of outages and load: read, played over real sockets, reported. No Qt, no backends."""
