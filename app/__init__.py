"""Trilane, the desktop program. Imports point one way; see docs/architecture.md."""

__version__ = "0.1.0"
