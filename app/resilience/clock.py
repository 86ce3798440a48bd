"""Time and chance as parameters, so that a minute passes in a test without a minute passing.

Nothing here may be read at import time; every policy takes these three as arguments.
"""

from collections.abc import Callable

Clock = Callable[[], float]  # monotonic seconds; only differences mean anything
Sleep = Callable[[float], object]  # waits that many seconds
Random = Callable[[], float]  # a draw from [0, 1)
