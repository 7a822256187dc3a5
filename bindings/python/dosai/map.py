"""Rows to answers, inside the workers of the engine that you already run: Ray Data, Spark, Dask, or none.

    spec = Spec(model="dos-ai", body={"max_tokens": 100})
    for row in Mapper(spec).rows(rows, id="id", request="prompt"):
        print(row.id, row.content or row.error)

There is exactly one output row for each id; requests are sent at least once. A row that fails is a row, too: its
`error` says why. What concerns all rows (a refused key, used-up credit, an unreachable server) raises MapError.

`dosai.map` starts one thread in a process for each spec, with an event loop of its own, so that calls go on while the
engine does something else. It is never the thread that reads the engine's iterator. docs/how-to/scale.md has the rest.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, Optional, Union
from uuid import uuid4

from ._json import encode
from ._map_coordinator import serve_limits
from ._map_journal import Journal, forget_locks, name_of
from ._map_limits import Lease, Limiter, Share
from ._map_rows import (
    SPARK_SCHEMA, MapError, Result, arrow_schema, pandas_frame, read_requests, read_results,
)
from ._map_worker import Batch, Job, Run, Worker, closed
from ._timeout import NOT_GIVEN

if TYPE_CHECKING:
    from typing_extensions import Literal

    SCHEMA: Any
    META: Any

Column = Union[str, Callable[[Any], Any]]  # the name of a column, or a function of a row

ROWS = 256  # of a batch, where the rows come one by one
SLOW = 0.01  # seconds that a source may hold up rows that are ready
AHEAD = 32  # times the concurrency: rows that wait for one before them


@dataclass(frozen=True)
class Spec:
    """What is asked, and how. It can be pickled, and holds no key: the workers have DOSAI_API_KEY, or `api_key`, a
    function that returns the key in a worker.

    body          fields of every request, such as {"max_tokens": 100}
    base_url      the server; None: DOSAI_BASE_URL of the worker
    concurrency   calls at once in a process
    max_retries   of each row
    timeout       seconds, as for a Client
    on_error      "row": a failed row has an `error`; "raise": it raises MapError
    limiter       a Lease of serve_limits(), or a Share
    journal       a folder, on a disk that all workers share, in which results are kept until the task is done
    """

    model: str
    body: Mapping[str, Any] = field(default_factory=dict)
    base_url: Optional[str] = None
    api_key: Optional[Callable[[], str]] = None
    concurrency: int = 64
    max_retries: int = 10
    timeout: Any = NOT_GIVEN
    on_error: Literal["row", "raise"] = "row"
    limiter: Limiter = None
    journal: Optional[str] = None
    _mark: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        if isinstance(self.api_key, (str, bytes)):
            raise TypeError("Spec() takes no key, because it is pickled and kept by the engine, where others can read "
                            "it: set DOSAI_API_KEY in the workers, or give a function that returns the key there")
        if self.on_error not in ("row", "raise"):
            raise ValueError('on_error must be "row" or "raise"')
        if self.concurrency < 1 or self.max_retries < 0:
            raise ValueError("concurrency must be at least 1, and max_retries must not be negative")
        encode(dict(self.body))
        object.__setattr__(self, "_mark", uuid4().hex)


class Mapper:
    """Turns rows into results. Threads may share it. It can be pickled: each process has a thread and connections of
    its own, made when they are first needed, and again in a forked child."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._runs: set[Run] = set()

    def __reduce__(self) -> Any:
        return Mapper, (self.spec,)

    def rows(self, rows: Iterable[Any], *, id: Column, request: Column, ordered: bool = True) -> Iterator[Result]:
        """Yields a Result for each row, as the answers come; ordered: in the order of the rows.

        `id` and `request` are keys of a row, or functions of it. A request is a prompt, a list of messages, or a dict
        of fields of the request. What is in flight ends when the iterator is closed. Raises MapError.
        """
        read = reader(id, request)
        for done in self._run(chunks(map(read, rows), ROWS if self.spec.journal else 1), ordered):
            yield from (job.result for job in done if job.result is not None)

    def batches(self, batches: Iterable[Any], *, id: Column = "id", request: Column = "prompt") -> Iterator[Any]:
        """Yields a pyarrow.RecordBatch with SCHEMA for each one given, with as many rows, in the same order.

        The next batch is pulled while the last calls of those before it run."""
        from importlib import import_module

        arrow, read = import_module("pyarrow"), reader(id, request)
        names, schema = columns_of(id, request), arrow_schema()
        units = (list(map(read, rows_of(batch, names))) for batch in batches)
        for jobs in self._run(units, True, whole=True):
            yield arrow.RecordBatch.from_pylist([job.result._asdict() for job in jobs if job.result], schema=schema)

    def table(self, table: Any, *, id: Column = "id", request: Column = "prompt") -> Any:
        """Returns a pyarrow.Table with SCHEMA: a row for each one given, in the same order. Any thread at once."""
        from importlib import import_module

        return import_module("pyarrow").Table.from_batches(
            self.batches([table], id=id, request=request), schema=arrow_schema())

    def frame(self, frame: Any, *, id: Column = "id", request: Column = "prompt") -> Any:
        """Returns a pandas.DataFrame like META, with the index of the one given. Any thread at once."""
        names = columns_of(id, request)
        given = (frame if names is None else frame[names]).to_dict("records")
        return pandas_frame(list(self.rows(given, id=id, request=request)), frame.index)

    def close(self) -> None:
        """Cancels what is in flight: iterators of this mapper raise MapError. Ends the thread, unless another mapper of
        this process uses it. The mapper may be used again."""
        worker = _workers.get(self.spec._mark)
        if worker is None:
            return
        for run in list(self._runs):
            error = closed()
            worker.cancel(run, error)
            run.done.put(error)
        with _lock:
            is_idle = worker.runs <= self._runs
            if is_idle:
                _workers.pop(self.spec._mark, None)
        if is_idle:
            worker.stop()

    def __enter__(self) -> Mapper:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # ---- the window

    def _run(self, units: Iterator[list[Any]], ordered: bool, whole: bool = False) -> Iterator[list[Job]]:
        """Yields jobs that have ended: of a unit at once if `whole`, else as they come."""
        run, spec = Run(), self.spec
        worker = worker_of(spec, run)
        under_way: deque[list[Job]] = deque()  # by unit, in order; without order, only counted
        count, is_all, pulled = 0, False, 0.0  # seconds for which rows that are ready have waited for the source
        ended = 0  # of the first unit, how many jobs from its start on
        self._runs.add(run)
        try:
            while True:
                if worker.is_inherited:
                    raise MapError("the iterator is the parent's: a forked child needs its own", status="FORKED")
                while ordered and not run.done.empty():
                    take(run)
                if ordered:
                    first = under_way[0] if under_way else []
                    while ended < len(first) and first[ended].result:
                        ended += 1
                    is_ready = bool(under_way) and ended == len(first)
                else:
                    is_ready = not run.done.empty()
                if not is_ready:
                    pulled = 0.0
                can_pull = not is_all and run.error is None and (not under_way or self._has_room(worker, count))
                if can_pull and pulled <= SLOW:
                    begun = time.monotonic()
                    unit = next(units, None)
                    pulled, is_all = pulled + time.monotonic() - begun, unit is None
                    if unit is not None and run.error is None:
                        jobs = self._begin(worker, run, unit)
                        count += len(jobs)
                        under_way.extend([jobs] if whole else ([job] for job in jobs))
                elif is_ready or (under_way and not ordered):
                    jobs = under_way.popleft() if ordered else [take(run)]
                    if not ordered:
                        under_way.pop()
                    count, ended = count - len(jobs), 0
                    yield jobs
                elif under_way:
                    take(run)
                elif run.error is not None:
                    raise run.error
                else:
                    return
        finally:
            if count or run.batches:
                worker.cancel(run, MapError("the iterator was closed", status="CANCELLED"))
            self._runs.discard(run)
            worker.runs.discard(run)

    def _has_room(self, worker: Worker, count: int) -> bool:
        """Whether more is to be pulled: calls would be missing soon, and the rows that wait for one are not too many."""
        return count < AHEAD * self.spec.concurrency and worker.waiting < self.spec.concurrency

    def _begin(self, worker: Worker, run: Run, unit: list[tuple[str, Any]]) -> list[Job]:
        """Sends what the journal does not have."""
        bodies = [(id, self._body(request)) for id, request in unit]
        journal = self._journal(worker, run, bodies) if self.spec.journal else None
        batch = Batch(run, journal)
        jobs = []
        for number, (id, body) in enumerate(bodies, 1):
            text = body if isinstance(body, bytes) else b""
            job = Job(run, batch, number, id, body, cost_of(text, self.spec.body, unit[number - 1][1]))
            jobs.append(job)
            if journal is not None and text:
                job.result = journal.rows.get(id)
                if job.result is not None and job.result.error is not None and self.spec.on_error == "raise":
                    job.result = None  # it is tried again
        missing = [job for job in jobs if job.result is None]
        batch.left = len(missing)
        if missing:
            run.batches.add(batch)
        else:
            batch.close()
        replayed = [job for job in jobs if job.result is not None]
        for job in replayed:
            run.done.put(job)
        if replayed:
            worker.report([job.result for job in replayed if job.result is not None])
        if missing:
            worker.submit(missing)
        return jobs

    def _body(self, request: Any) -> Union[bytes, Exception]:
        """What is sent; an error is that row's."""
        try:
            if isinstance(request, Exception):
                return request
            return encode({"model": self.spec.model, **self.spec.body, **fields_of(request)})
        except Exception as error:
            return error

    def _journal(self, worker: Worker, run: Run, bodies: list[tuple[str, Any]]) -> Journal:
        if len({id for id, _ in bodies}) < len(bodies):
            raise MapError("an id occurs twice in a batch", status="INVALID_ARGUMENT")
        sent = [(id, body if isinstance(body, bytes) else b"") for id, body in bodies]
        return Journal(self.spec.journal or "", name_of(worker.base_url, sent), lambda: run.error)


def take(run: Run) -> Job:
    """The next job that has ended."""
    ended = run.done.get()
    if isinstance(ended, BaseException):
        raise ended
    return ended


# ---- what comes in

def reader(id: Column, request: Column) -> Callable[[Any], tuple[str, Any]]:
    """Makes an id and a request of a row; what cannot be read is an error of that row."""

    def read(row: Any) -> tuple[str, Any]:
        name = id(row) if callable(id) else row[id]
        if type(name).__name__ in ("NoneType", "NAType") or name != name:
            raise MapError("a row has no id", status="INVALID_ARGUMENT")
        try:
            asked = request(row) if callable(request) else row[request]
        except Exception as error:
            asked = error
        return str(name), asked

    return read


def fields_of(request: Any) -> Mapping[str, Any]:
    if hasattr(request, "tolist"):  # NumPy's, as pandas reads lists of Parquet
        request = request.tolist()
    if isinstance(request, str):
        return {"messages": [{"role": "user", "content": request}]}
    if isinstance(request, Mapping):
        return request
    if isinstance(request, (list, tuple)):
        return {"messages": list(request)}
    raise TypeError(f"a request is a text, a list of messages or a dict, not {type(request).__name__}")


def cost_of(body: bytes, common: Mapping[str, Any], request: Any) -> int:
    """The estimate of the library's rate: the most tokens of the answer, and a quarter of the request's bytes."""
    fields = {**common, **request} if isinstance(request, Mapping) else common
    most = fields.get("max_completion_tokens") or fields.get("max_tokens") or 0
    return len(body) // 4 + (most if isinstance(most, int) else 0) + 1


def chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while True:
        chunk = list(islice(rows, size))
        if not chunk:
            return
        yield chunk


def columns_of(id: Column, request: Column) -> Optional[list[str]]:
    """The columns that are needed; None: all, for functions."""
    return [id, request] if isinstance(id, str) and isinstance(request, str) else None


def rows_of(batch: Any, names: Optional[list[str]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (batch if names is None else batch.select(names)).to_pylist()
    return rows


# ---- the threads of this process

_workers: dict[str, Worker] = {}
_lock = threading.Lock()
_inherited: list[Any] = []  # of the parent's process: left as they are


def worker_of(spec: Spec, run: Run) -> Worker:
    with _lock:
        worker = _workers.get(spec._mark)
        if worker is None:
            worker = _workers[spec._mark] = Worker(spec)
        worker.runs.add(run)
        return worker


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _inherited.append(dict(_workers))
    _workers.clear()
    forget_locks()


@atexit.register
def _stop() -> None:
    for worker in list(_workers.values()):
        worker.stop()


os.register_at_fork(after_in_child=_after_fork)


def __getattr__(name: str) -> Any:
    if name == "SCHEMA":
        return arrow_schema()
    if name == "META":
        return pandas_frame([])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# SCHEMA and META are left to those who name them.
__all__ = [
    "Lease", "MapError", "Mapper", "Result", "SPARK_SCHEMA", "Share", "Spec", "read_requests", "read_results",
    "serve_limits",
]
