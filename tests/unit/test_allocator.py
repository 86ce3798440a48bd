"""What a log-in needs for a moment is given back."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import re, sys, threading
from pathlib import Path
from backends.allocator import return_large_blocks
from backends.passwords import DEMO_HASH, matches

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def hash_twice():
    with one_by_one:
        for _ in range(2):
            assert matches("password", DEMO_HASH)
    meet.wait()
    meet.wait()  # a heap is its thread's as long as that lives

assert return_large_blocks()
one_by_one, meet = threading.Lock(), threading.Barrier(7)
before = resident()
threads = [threading.Thread(target=hash_twice) for _ in range(6)]
for each in threads:
    each.start()
meet.wait()
print(resident() - before)
meet.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep less")
def test_threads_that_hashed_a_password_keep_nothing_of_it() -> None:
    """Six threads that hash a password twice leave less behind than one hash takes."""
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 12
