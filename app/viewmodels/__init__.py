"""State of one panel each, for any view. Hooks that Qt calls are guarded from the first class on."""

from app.runtime.overrides import guard_overrides

guard_overrides()
