"""What the clients of dosai.openai tell of a call beside what openai-python tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _ffi
from ._report import quirks_of, timings_of

if TYPE_CHECKING:
    from typing import Optional


@dataclass(frozen=True)
class Report:
    """`_dosai` of what `dosai.openai` returns and raises."""

    status: str = "OK"  # how the call ended, such as "TRUNCATED"
    clock: str = ""  # the clock that expired: "connect", "first token", "idle" or "total"
    attempts: int = 0
    quirks: tuple[str, ...] = ()  # what was unusual in the answer, such as "DONE_MISSING"
    timings: dict[str, Optional[float]] = field(default_factory=dict)  # seconds from the start; None if not reached
    completion: Any = None  # of a stream or an error: what had arrived, as openai-python's ChatCompletion


def report_of(completion: Any, arrived: Any = None) -> Report:
    """Of the library's completion."""
    return Report(
        attempts=_ffi.dosai_completion_attempt_count(completion), quirks=quirks_of(completion),
        timings=timings_of(_ffi.dosai_completion_timings, completion), completion=arrived,
    )
