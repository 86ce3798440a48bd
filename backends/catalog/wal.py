"""Reads the write-ahead log beside an SQLite file as bytes: was a part of it lost? Opens no database.

SQLite takes a log up to its first damaged frame and drops what follows without a word, commits included. The
frames it drops are told from old ones by their salt, and from those of a transaction that was taken back by
the mark of a commit, which such a transaction never writes.
Formats: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC = (0x377F0682, 0x377F0683)
_HEADER = 32  # bytes
_FRAME_HEADER = 24
_INDEX_HEADER = 48  # of the -shm file


@dataclass(frozen=True, slots=True)
class LogState:
    """What a log says of itself."""

    salt: bytes
    commits: tuple[int, ...]  # numbers of the frames that end a transaction, from 1
    sound_header: bool
    page_size: int = 0


def beside(database: Path, suffix: str) -> Path:
    """The companion of a database file: ``-wal``, ``-shm`` or ``-journal``."""
    return database.with_name(database.name + suffix)


def read_log(database: Path) -> LogState | None:
    """The log beside a database; None if there is none or it has not begun. Raises OSError."""
    log = beside(database, "-wal")
    if not log.exists() or log.stat().st_size <= _HEADER:
        return None
    with log.open("rb") as file:
        header = file.read(_HEADER)
        magic, _, page_size = struct.unpack(">III", header[:12])
        salt = header[16:24]
        if magic not in _MAGIC or _checksum(header[:24], big=magic == _MAGIC[1]) != header[24:]:
            return LogState(salt, (), sound_header=False)
        commits = []
        number = 0
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
            number += 1
            if frame[8:16] == salt and frame[4:8] != b"\0\0\0\0":
                commits.append(number)
            file.seek(_HEADER + number * (_FRAME_HEADER + page_size))
    return LogState(salt, tuple(commits), sound_header=True, page_size=page_size)


def lost_a_part(database: Path, log: LogState) -> bool:
    """Whether SQLite, which has the database open now, took less of the log than was committed to it.

    A killed writer leaves at most one frame torn, the last one, whose commit nobody was told of.
    """
    if not log.sound_header:
        return True
    index = beside(database, "-shm")
    head = index.read_bytes()[:_INDEX_HEADER] if index.exists() else b""
    if len(head) < _INDEX_HEADER or head[32:40] != log.salt:
        return False  # another process has begun the log anew meanwhile: all of it had been taken
    (taken,) = struct.unpack("=I", head[16:20])
    if not log.commits or log.commits[-1] <= taken:
        return False
    return log.commits[-1] > _first_broken(database, log, taken)


def _first_broken(database: Path, log: LogState, sound: int) -> int:
    """The number of the first frame after ``sound`` that does not continue the log's checksum."""
    size = _FRAME_HEADER + log.page_size
    with beside(database, "-wal").open("rb") as file:
        header = file.read(_HEADER)
        big = struct.unpack(">I", header[:4])[0] == _MAGIC[1]
        sum_before = header[24:]
        if sound:
            file.seek(_HEADER + (sound - 1) * size)
            sum_before = file.read(_FRAME_HEADER)[16:]
        file.seek(_HEADER + sound * size)
        number = sound
        while True:
            number += 1
            frame = file.read(size)
            content = frame[:8] + frame[_FRAME_HEADER:]
            if len(frame) < size or _checksum(content, big=big, begin=sum_before) != frame[16:24]:
                return number
            sum_before = frame[16:24]


def _checksum(data: bytes, *, big: bool, begin: bytes = bytes(8)) -> bytes:
    first, second = struct.unpack(">II", begin)
    words = struct.unpack(f"{'>' if big else '<'}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return struct.pack(">II", first, second)
