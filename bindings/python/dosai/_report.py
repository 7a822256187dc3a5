"""What the library knows of a call beside its answer."""

from __future__ import annotations

from ctypes import byref, sizeof

from . import _ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

_TIMES = ("connect", "first_byte", "first_token", "total")


class Attempt:
    """One request of a call, and how it ended: `status`, such as "OK"; `status_code`, None if no answer came; `delay`,
    the seconds until the next attempt."""

    __slots__ = ("status", "status_code", "delay")

    def __init__(self, status: str, status_code: Optional[int], delay: float) -> None:
        self.status = status
        self.status_code = status_code
        self.delay = delay

    def __repr__(self) -> str:
        return f"Attempt({self.status}, status_code={self.status_code}, delay={self.delay})"


def attempts_of(count: Callable[[Any], int], function: Callable[..., int], owner: Any) -> tuple[Attempt, ...]:
    out, attempts = _ffi.dosai_attempt(), []
    out.struct_size = sizeof(out)
    for index in range(count(owner)):
        function(owner, index, byref(out))
        status = _ffi.dosai_status_name(out.status).decode()
        attempts.append(Attempt(status, out.http_status or None, out.delay_ms / 1000))
    return tuple(attempts)


def quirks_of(completion: Any) -> tuple[str, ...]:
    bits = _ffi.dosai_completion_quirks(completion) if completion else 0
    names = (_ffi.dosai_quirk_name(1 << bit) for bit in range(32) if bits >> bit & 1)
    return tuple(name.decode() for name in names if name)


def timings_of(function: Callable[..., int], owner: Any) -> dict[str, Optional[float]]:
    out = _ffi.dosai_timings()
    out.struct_size = sizeof(out)
    function(owner, byref(out))
    times = ((name, getattr(out, name + "_us")) for name in _TIMES)
    return {name: None if time < 0 else time / 1e6 for name, time in times}
