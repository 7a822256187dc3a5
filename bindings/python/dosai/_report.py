"""What the library knows of a call beside its answer."""

from __future__ import annotations

from ctypes import byref, sizeof

from . import _ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

_TIMES = ("connect", "first_byte", "first_token", "total")


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
