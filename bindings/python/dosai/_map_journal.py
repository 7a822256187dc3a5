"""The journal of dosai.map: a file per batch of rows, in the format of the output of `dosai batch`."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from hashlib import sha256
from typing import Callable, Iterable, Optional

from ._map_rows import MapError, Result, line_of, row_of

START = b'{"id": "batch_req_'  # of each line
LOCK_WAIT = 600.0  # seconds in which another task with the same batch wrote nothing
_busy: set[str] = set()  # the files that this process has open: the locks of POSIX are a process's
_freed = threading.Condition()


def forget_locks() -> None:
    """In a forked child: they are the parent's."""
    global _freed
    _freed = threading.Condition()
    _busy.clear()


def name_of(base_url: str, rows: Iterable[tuple[str, bytes]]) -> str:
    """By what is asked, not by a partition's number: the same rows have the same file wherever they run."""
    total = sha256(base_url.encode())
    for id, body in rows:
        for part in (id.encode("utf-8", "surrogatepass"), body):
            total.update(b"%d:" % len(part) + part)
    return total.hexdigest()[:32] + ".jsonl"


class Journal:
    """The results of one batch, of which no whole line is ever lost. `rows` is what it had, by id."""

    def __init__(self, folder: str, name: str, error: Callable[[], Optional[BaseException]] = lambda: None) -> None:
        """`error` is asked while a twin is waited for: what it returns ends that."""
        self._error = error
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(os.path.abspath(folder), name)
        self._file = -1
        self._lock()
        try:
            self.rows = self._replay()
            os.fsync(self._file)
            sync_folder(folder)
        except BaseException:
            self.close()
            raise
        self._dirty = False

    def write(self, number: int, row: Result) -> None:
        """Raises OSError; what could not be written whole is taken back."""
        line = line_of(number, row)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, "no space is left for the journal", self.path)
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length += len(line)
        self._dirty = True

    def sync(self) -> None:
        """What was written is durable after it."""
        if self._dirty:
            self._dirty = False
            os.fdatasync(self._file)

    def close(self) -> None:
        if self._file < 0:
            return
        file, self._file = self._file, -1
        os.close(file)
        with _freed:
            _busy.discard(self.path)
            _freed.notify_all()

    def _lock(self) -> None:
        """A twin of this batch, such as a task that an engine gave up but did not end, is waited for."""
        self._length, self._grew = 0, time.monotonic()
        with _freed:
            while not _freed.wait_for(lambda: self.path not in _busy, 0.2):
                self._check()
            _busy.add(self.path)
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            while True:
                try:
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except (BlockingIOError, PermissionError):
                    self._check()
                    time.sleep(0.05)
        except BaseException:
            self.close()
            with _freed:
                _busy.discard(self.path)
            raise

    def _check(self) -> None:
        error = self._error()
        if error is not None:
            raise error
        try:
            length = os.stat(self.path).st_size
        except FileNotFoundError:
            length = 0
        if length != self._length:
            self._length, self._grew = length, time.monotonic()
        if time.monotonic() - self._grew > LOCK_WAIT:
            raise MapError(f"{self.path}: another task has it open, and has written nothing for {LOCK_WAIT:.0f} s",
                           status="BUSY")

    def _replay(self) -> dict[str, Result]:
        rows: dict[str, Result] = {}
        self._length = 0
        with open(self._file, "rb", closefd=False) as file:  # closing any handle of the file would give up the lock
            for number, line in enumerate(file, 1):
                is_whole = line.endswith(b"\n")
                try:
                    row = row_of(line)
                except ValueError:
                    # What a process that died in the middle of a line leaves: its start, or zeros.
                    if is_whole or not START.startswith(line.split(b"\0")[0][:len(START)]):
                        raise MapError(f"{self.path}: line {number} is not a batch result",
                                       status="INVALID_ARGUMENT") from None
                    os.ftruncate(self._file, self._length)
                    break
                if row.error is None or row.id not in rows:  # it may have failed before it succeeded
                    rows[row.id] = row
                self._length += len(line)
                if not is_whole:
                    self._length += os.write(self._file, b"\n")
        return rows


def sync_folder(folder: str) -> None:
    """The file's name is as durable as what is in it. A folder that may not be synced is left alone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
