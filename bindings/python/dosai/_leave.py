"""The end of the interpreter. Daemon threads are left behind, and the library would call an interpreter that is gone: so
their calls end before it does."""

from __future__ import annotations

import _thread
import atexit
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Optional

_leaving: list[None] = []  # not empty: the interpreter ends
_WAIT = 0.2  # seconds; of calls that are watched, each is asked within 0.1


def is_main_thread() -> bool:
    import threading

    return threading.get_ident() == threading.main_thread().ident


def is_left() -> bool:
    """Whether this thread is left behind."""
    return bool(_leaving) and not is_main_thread()


def rest() -> None:
    """What a thread that is left behind does from then on: an error of its call would be printed."""
    while True:
        time.sleep(1)


@atexit.register
def end_calls() -> None:
    """Ends the calls of other threads that may call Python. Those of greenlets wait outside of the library."""
    from . import _stream
    from ._call import Call

    _leaving.append(None)
    if not getattr(_thread, "daemon_threads_allowed", lambda: True)():
        return  # an isolated interpreter: in one, _current_frames() writes to the memory of the others
    next_chunk: Any = _stream._next

    def next_or_rest(*arguments: Any) -> Any:
        if is_left():
            rest()
        return next_chunk(*arguments)

    setattr(_stream, "_next", next_or_rest)
    inside = Call.run_watched.__code__, _stream.BaseStream.__next__.__code__

    def is_inside(frame: Optional[FrameType]) -> bool:
        while frame is not None and frame.f_code is not rest.__code__:
            if frame.f_code in inside:
                return True
            frame = frame.f_back
        return False

    end = time.monotonic() + _WAIT
    while time.monotonic() < end:
        if not any(map(is_inside, sys._current_frames().values())):
            return
        time.sleep(0.001)
