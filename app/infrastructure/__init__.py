"""Files of the user: where they are, settings, logs and crash reports. No Qt, and nothing about lanes."""
