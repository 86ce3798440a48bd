"""How a command ends when it cannot do what it was asked to: a sentence and a code, never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from app.domain.errors import TrilaneError

UNREAD = 141  # what a shell reports of a program that SIGPIPE ended
UNWRITABLE = {getattr(errno, name, None) for name in ("EPIPE", "ENOSPC", "EDQUOT", "EIO")}


class Refusal(click.ClickException):
    """Something that the person can put right; exit code 2."""

    exit_code = 2


@contextmanager
def plain_errors() -> Iterator[None]:
    """Our errors as one sentence on stderr instead of a traceback."""
    try:
        yield
    except TrilaneError as error:
        raise Refusal(str(error)) from error


class Commands(click.Group):
    """All commands. Each ends quietly when nobody reads what it prints, as ``| head`` does."""

    def invoke(self, ctx: click.Context) -> Any:
        """Click's hook."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            _forget_output()
            if error.errno == errno.EPIPE:
                ctx.exit(UNREAD)
            raise Refusal(f"the output cannot be written: {error.strerror}") from error


def _forget_output() -> None:
    """What still waits to be written goes nowhere: it would fail again when the interpreter ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
