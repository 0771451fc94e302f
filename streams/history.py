"""Histories in files: JSON lines, packed or not, several merged by log time (contract §1 `recordedtime`).

A file's order is kept. Its log time is the running maximum of `recordedtime`, else `time`, over the lines that
became facts; what lies behind it arrived late, at log time. A line that cannot be used moves no time.
"""

import gzip
import heapq
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from detectors.clock import DAY, rfc3339
from detectors.facts import Fact
from streams.ingest import DeadLetter, Ingest, Raw, on_time
from streams.sentences import Unusable

LEAP = 400 * DAY
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BUFFER = 1 << 20
_STEP = 1 << 20

Item = Fact | DeadLetter
Progress = Callable[[int, int], None]


class HistoryError(Exception):
    """A history that cannot be read; the message is one sentence for the person who named the file."""


class FileReader:
    """The facts and dead letters of one or several files, in order of log time; equal log times by order of files.

    `until` (ms UTC): lines that arrive later are left unread and counted in `unread`. `progress(done, size)` is
    called with bytes read and bytes in all, about once a MB. HistoryError when a file is missing or damaged.
    """

    def __init__(
        self, paths: Sequence[Path], ingest: Ingest, until: int | None = None, progress: Progress | None = None
    ) -> None:
        self.unread = 0
        self._paths, self._ingest, self._until, self._progress = paths, ingest, until, progress
        self._size = sum(_size(path) for path in paths)
        self._done = 0

    def __iter__(self) -> Iterator[Item]:
        """Reads the files from their beginning."""
        self.unread = self._done = 0
        files = [self._file(path) for path in self._paths]
        if len(files) == 1:
            return (item for _, item in files[0])
        return (item for _, item in heapq.merge(*files, key=lambda timed: timed[0]))

    def _file(self, path: Path) -> Iterator[tuple[int, Item]]:
        """One file's items, each with its log time."""
        clock = _LogTime()
        lines = self._lines(path)
        for number, line in lines:
            raw = Raw(line, b"", (), str(path), 0, number, clock.now or 0)
            for item in self._ingest.read_all(raw, clock.arrival):
                if isinstance(item, Fact):
                    if self._until is not None and item.arrived > self._until:
                        self.unread += 1 + sum(1 for _ in lines)
                        return
                    clock.now = item.arrived
                yield clock.now or 0, item

    def _lines(self, path: Path) -> Iterator[tuple[int, bytes]]:
        """The lines that are not empty, with their numbers, without line ends and byte order marks."""
        number = 0
        try:
            with path.open("rb") as file:
                unpacked = _unpacked(file)
                told = 0
                for number, line in enumerate(unpacked, 1):
                    if file.tell() - told >= _STEP:
                        self._tell(file.tell() - told)
                        told = file.tell()
                    stripped = line.rstrip(b"\r\n").removeprefix(_BOM)
                    if stripped and not stripped.isspace():
                        yield number, stripped
                self._tell(file.tell() - told)
        except (OSError, EOFError, zlib.error) as why:
            raise _unreadable(path, number, why) from None

    def _tell(self, read: int) -> None:
        self._done += read
        if self._progress is not None:
            self._progress(self._done, self._size)


class _LogTime:
    """A file's log time, `now` (ms UTC; None before the first fact)."""

    def __init__(self) -> None:
        self.now: int | None = None

    def arrival(self, _raw: Raw, at: int, recorded: int | None) -> int:
        """When a line arrived. Raises Unusable (future_time), without `recordedtime` for a leap of 400 days."""
        if recorded is not None:
            on_time(at, recorded)
        elif self.now is not None and at > self.now + LEAP:
            found = f'"time" is {rfc3339(at)}, but the line before it is of {rfc3339(self.now)}'
            raise Unusable("future_time", "time", f"{found}; expected at most 400 days after it.")
        told = at if recorded is None else recorded
        return told if self.now is None else max(self.now, told)


def _unpacked(file: io.BufferedReader) -> BinaryIO:
    """The file's bytes, unpacked when it is a gzip file, whatever its name."""
    if file.peek(2)[:2] == _GZIP:
        return io.BufferedReader(gzip.GzipFile(fileobj=file), _BUFFER)
    return file


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            raise HistoryError(f"{path} is a folder; name the files in it.")
        return path.stat().st_size
    except FileNotFoundError:
        raise HistoryError(f"There is no file {path}; check the name.") from None
    except (OSError, ValueError) as why:
        raise _unreadable(path, 0, why) from None


def _unreadable(path: Path, line: int, why: Exception) -> HistoryError:
    if isinstance(why, gzip.BadGzipFile | EOFError | zlib.error):
        return HistoryError(f"{path} is damaged after line {line} ({why}); get a whole copy of it, or unpack it first.")
    told = why.strerror if isinstance(why, OSError) and why.strerror else str(why)
    return HistoryError(f"{path} cannot be read ({told}); check that it is a file you may read.")
