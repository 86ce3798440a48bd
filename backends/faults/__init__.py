"""Faults that the servers commit on purpose: rules, and the seeded decision which of them fires.

Nothing here touches a socket; the three servers act on an ``Injection`` in their own way.
"""

from backends.faults.engine import FaultEngine, Fired, Injection
from backends.faults.rules import FaultError, FaultKind, Rule, parse_rules

__all__ = ["FaultEngine", "FaultError", "FaultKind", "Fired", "Injection", "Rule", "parse_rules"]
