"""Threads and the way back to the GUI. The only room that knows them; QtCore only, no widgets.

Hooks that Qt calls are guarded from the first class on.
"""

from app.runtime.overrides import guard_overrides

guard_overrides()
