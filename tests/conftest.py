"""What every test gets: the offscreen platform before Qt is imported."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
