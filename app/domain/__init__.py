"""Words of the field as types: lanes, operations, results, errors, events. No Qt, no I/O."""
