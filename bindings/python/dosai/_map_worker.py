"""The thread of dosai.map: one event loop and one AsyncClient for all calls of a process."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import deque
from ctypes import byref, sizeof
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _ffi
from ._async_client import AsyncClient
from ._call import Handle, check, lent_text
from ._chat import CHAT
from ._errors import APIError, DosaiError, InvalidArgumentError
from ._map_journal import Journal
from ._map_limits import Borrower, Hold, Lease, Share
from ._map_rows import MapError, Result, error_row, one_line

if TYPE_CHECKING:
    from .map import Spec

SYNC = 1.0  # seconds
RETRY, RETRY_MOST, RETRY_AFTER_MOST = 0.5, 30.0, 86400.0  # seconds, as in `dosai batch`
FOR_ALL = ("AUTHENTICATION", "INSUFFICIENT_CREDITS", "REDIRECTED", "RESOURCE", "OUT_OF_MEMORY", "CANCELLED", "FORKED")
OF_CONNECTIONS = ("CONNECTION", "PROXY", "TLS", "TIMEOUT")


class Batch:
    """Rows of a run that have a journal together. `left` is how many of them have no result yet."""

    def __init__(self, run: Run, journal: Optional[Journal]) -> None:
        self.run, self.journal, self.left = run, journal, 0

    def close(self) -> None:
        if self.journal is not None:
            journal, self.journal = self.journal, None
            try:
                journal.sync()
            finally:
                journal.close()


class Run:
    """What one consumer has under way. `done` gets each job that has ended, or the error that ends the run."""

    def __init__(self) -> None:
        self.done: SimpleQueue[Union[Job, BaseException]] = SimpleQueue()
        self.error: Optional[BaseException] = None  # nothing more is sent
        self.in_flight = 0
        self.batches: set[Batch] = set()


class Job:
    """A row: `body` is the JSON that is sent, or why there is none; `number` is its place in the batch, from 1."""

    __slots__ = ("run", "batch", "number", "id", "body", "cost", "is_sent", "result")

    def __init__(self, run: Run, batch: Batch, number: int, id: str, body: Union[bytes, Exception], cost: int) -> None:
        self.run, self.batch, self.number, self.id, self.body, self.cost = run, batch, number, id, body, cost
        self.is_sent = False  # a request is in flight
        self.result: Optional[Result] = None


class Worker:
    """Sends the jobs of all runs of one spec in this process. Other threads may call only `submit`, `report`, `cancel`
    and `stop`."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        rates = spec.limiter.rates() if isinstance(spec.limiter, Share) else {}
        self._client = AsyncClient(spec.api_key, spec.base_url, timeout=spec.timeout, max_retries=0, **rates)  # type: ignore[arg-type]
        self.base_url = self._client.base_url
        self._options = self._client._options(CHAT, unary=True)
        self._waiting: deque[Job] = deque()
        self._active: dict[asyncio.Task[None], Job] = {}
        self._journals: set[Batch] = set()  # that were written to since the last sync
        self._is_poked, self._process = False, os.getpid()
        self.runs: set[Run] = set()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="dosai.map", daemon=True)
        self._thread.start()

    def submit(self, jobs: list[Job]) -> None:
        self._waiting.extend(jobs)
        try:
            self._poke()
        except RuntimeError:  # the thread has ended
            raise closed() from None

    def report(self, rows: list[Result]) -> None:
        """Rows that nobody had to send."""
        try:
            self.loop.call_soon_threadsafe(self._report, rows)
        except RuntimeError:
            raise closed() from None

    @property
    def is_inherited(self) -> bool:
        """It is the parent's, and has no thread here."""
        return self._process != os.getpid()

    @property
    def waiting(self) -> int:
        """Jobs that wait for another to end."""
        return len(self._waiting)

    def cancel(self, run: Run, error: BaseException) -> None:
        """Ends a run: returns when nothing of it is in flight."""
        if self.is_inherited:
            return
        over = threading.Event()
        run.error = run.error or error
        if threading.current_thread() is self._thread:  # the garbage collector may close an iterator here
            over.set()
        try:
            self.loop.call_soon_threadsafe(self._cancel, run, over)
        except RuntimeError:  # the thread has ended
            over.set()
        for _ in range(50):
            if over.wait(0.2) or not self._thread.is_alive():
                break
        if not self._thread.is_alive():
            close_batches(run)

    def stop(self) -> None:
        """Ends the thread."""
        try:
            self.loop.call_soon_threadsafe(self.loop.stop)
        except RuntimeError:
            return
        self._thread.join(10)

    # ---- in the thread

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._begin())
        self.loop.call_later(SYNC, self._tick)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(self._end())
            self.loop.close()

    async def _begin(self) -> None:
        limiter = self._spec.limiter
        self._limits = Borrower(limiter, self._lose) if isinstance(limiter, Lease) else Hold()

    async def _end(self) -> None:
        for task in self._active:
            task.cancel()
        await asyncio.gather(*self._active, return_exceptions=True)
        for run in list(self.runs):
            run.error = run.error or closed()
            run.done.put(run.error)
            close_batches(run)
        await self._limits.close()
        await self._client.close()
        self._sync()

    def _cancel(self, run: Run, over: threading.Event) -> None:
        def end(_: asyncio.Future[list[Any]]) -> None:
            self._pump()
            close_batches(run)
            over.set()
        tasks = [task for task, job in self._active.items() if job.run is run]
        for task in tasks:
            task.cancel()
        asyncio.gather(*tasks, return_exceptions=True).add_done_callback(end)

    def _poke(self) -> None:
        if not self._is_poked:
            self._is_poked = True
            self.loop.call_soon_threadsafe(self._pump)

    def _pump(self) -> None:
        self._is_poked = False
        while self._waiting and (len(self._active) < self._spec.concurrency or self._waiting[0].run.error):
            job = self._waiting.popleft()
            if job.run.error is None:
                job.run.in_flight += 1
                task = self.loop.create_task(self._do(job))
                self._active[task] = job
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        job = self._active.pop(task)
        job.run.in_flight -= 1
        error = None if task.cancelled() else task.exception()
        if error is not None and job.run.error is None:
            job.run.error = error
            for other, its in self._active.items():
                if its.run is job.run and not its.is_sent:  # it waits for its turn, or to try again
                    other.cancel()
        if job.run.error is not None and job.run.in_flight == 0:  # what was sent is paid for, and kept
            job.run.done.put(job.run.error)
        if self._waiting:
            self._pump()
        if job.run.in_flight == 0:
            self._limits.tell()

    def _lose(self, error: BaseException) -> None:
        """Nor do those wait that have no call in flight: each would try the coordinator for as long again."""
        for run in {job.run for job in self._waiting}:
            run.error = run.error or error
            if run.in_flight == 0:
                run.done.put(run.error)

    def _report(self, rows: list[Result]) -> None:
        for row in rows:
            self._limits.report(row)
        if not self._active:
            self._limits.tell()

    def _tick(self) -> None:
        self._sync()
        self.loop.call_later(SYNC, self._tick)

    def _sync(self) -> None:
        batches, self._journals = self._journals, set()
        for batch in batches:
            try:
                if batch.journal is not None:
                    batch.journal.sync()
            except OSError as error:  # nothing more is sent that could not be kept
                batch.run.error = batch.run.error or error
                batch.run.done.put(error)

    async def _do(self, job: Job) -> None:
        row = await self._ask(job, job.body) if isinstance(job.body, bytes) else error_row(job.id, job.body, 0, None)
        if row.error is not None and self._spec.on_error == "raise":
            raise MapError(f"row {job.id}: {row.error}", status=row.status)
        batch = job.batch
        if batch.journal is not None and row.attempts:
            batch.journal.write(job.number, row)
            self._journals.add(batch)
        batch.left -= 1
        if batch.left == 0:
            job.run.batches.discard(batch)
            batch.close()
        job.result = row
        self._limits.report(row)
        job.run.done.put(job)

    async def _ask(self, job: Job, body: bytes) -> Result:
        """Calls until it succeeds, or until another attempt would not help. Raises MapError for what concerns all."""
        attempt = 0
        while True:
            attempt += 1
            ticket = await self._limits.admit(job.cost)
            begun = time.monotonic()
            job.is_sent = True
            try:
                answer = await self._send(body)
            except DosaiError as error:
                job.is_sent = False
                delay = error_delay(error, attempt - 1)
                can_retry = isinstance(error, APIError) and error.is_retryable
                if can_retry and is_hold(error):
                    self._limits.hold(delay)
                if can_retry and attempt <= self._spec.max_retries:
                    if job.run.error is not None:  # the row is left to the next run
                        raise asyncio.CancelledError from None
                    await asyncio.sleep(delay)
                    continue
                if concerns_all(error):
                    raise MapError(str(error), status=error.status) from error
                return error_row(job.id, error, attempt, milliseconds(begun))
            except Exception as error:  # what the function of the key raises
                raise MapError(f"{type(error).__name__}: {error}", status="CANCELLED") from error
            row = answer_row(job.id, answer, attempt, milliseconds(begun))
            if row.total_tokens is not None:
                self._limits.settle(ticket, row.total_tokens)
            return row

    async def _send(self, body: bytes) -> Handle:
        pointer, error = _ffi.dosai_request(), _ffi.dosai_error()
        check(_ffi.dosai_request_parse(body, len(body), byref(pointer), byref(error)), error)
        request = Handle(pointer, _ffi.dosai_request_free)
        call = await self._client._submit(_ffi.dosai_loop_submit_chat, self._options, request.pointer)
        return await call.answer()


def closed() -> MapError:
    return MapError("the mapper was closed", status="CANCELLED")


def close_batches(run: Run) -> None:
    """The run has ended anyway, so a disk that fails changes nothing."""
    for batch in list(run.batches):
        try:
            batch.close()
        except OSError:
            pass


def milliseconds(since: float) -> int:
    return int((time.monotonic() - since) * 1000)


def is_hold(error: Any) -> bool:
    return error.status == "RATE_LIMITED" or (error.status == "UNAVAILABLE" and (error.retry_after or 0) > 0)


def concerns_all(error: DosaiError) -> bool:
    """It is not the row's own fault: the others would fail too. The rule of `dosai batch`."""
    if isinstance(error, InvalidArgumentError):
        return False
    if error.status in OF_CONNECTIONS:
        timings = getattr(error, "timings", None) or {}
        return timings.get("connect") is None
    return error.status in FOR_ALL


def error_delay(error: DosaiError, retries: int) -> float:
    """Seconds until the next attempt, as in `dosai batch`."""
    asked: float = getattr(error, "retry_after", None) or 0
    if asked > 0:
        return min(asked, RETRY_AFTER_MOST) + 0.001
    return min(RETRY * (1 << min(retries, 10)), RETRY_MOST) * random.uniform(0.75, 1)


def answer_row(id: str, answer: Handle, attempts: int, latency_ms: int) -> Result:
    """What the library read of the answer: nothing is parsed again."""
    completion, usage = answer.pointer, _ffi.dosai_usage()
    usage.struct_size = sizeof(usage)
    _ffi.dosai_completion_usage(completion, byref(usage))
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    prompt, completed, total = (None if count < 0 else count for count in counts)
    return Result(
        id, lent_text(_ffi.dosai_completion_content, completion, 0),
        one_line(lent_text(_ffi.dosai_completion_json, completion) or "{}"),
        lent_text(_ffi.dosai_completion_finish_reason_text, completion, 0), "OK",
        _ffi.dosai_completion_http_status(completion), None, lent_text(_ffi.dosai_completion_request_id, completion),
        attempts, prompt, completed, total, latency_ms, False)
