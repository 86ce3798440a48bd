"""Writing a kept run to a file, off the GUI thread: a hundred thousand rows take a moment."""

import time
from pathlib import Path

from app.domain.cancel import CancelToken
from app.domain.events import Event
from app.domain.values import dataclass
from app.operations.repeat_export import as_csv, as_json
from app.operations.repeat_results import RepeatRun
from app.viewmodels.ports import Publish


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExported(Event):
    """A file was written, or ``problem`` says why not."""

    file: str
    problem: str = ""


class RunExport:
    """The job of one file. Holds no QObject."""

    def __init__(self, run: RepeatRun, file: str, publish: Publish) -> None:
        self._run, self._file, self._publish = run, file, publish

    def __call__(self, cancel: CancelToken) -> None:
        path = Path(self._file)
        text = as_csv(self._run) if path.suffix.lower() == ".csv" else as_json(self._run)
        problem = ""
        try:
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            problem = error.strerror or str(error)
        self._publish(RunExported(at=time.monotonic(), file=self._file, problem=problem))
