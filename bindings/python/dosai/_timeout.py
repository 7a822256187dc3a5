"""How long a call may take."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from ._parameters import Seconds as Seconds


class NotGiven:
    """The value of an omitted argument whose None has another meaning."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()
_TOTAL = 600  # the library's limit of a call without streaming


def is_omitted(value: Any) -> bool:
    """Whether an argument counts as not given, also by openai-python's NOT_GIVEN and omit."""
    return type(value).__name__ in ("NotGiven", "Omit")


class Timeout:
    """The four clocks of a call, in seconds. None means no limit; an omitted clock has the library's default, or what
    `seconds` alone would mean as the timeout.

    connect      until the request can be sent
    first_token  from then until the first chunk; without streaming, until the first byte
    idle         between two chunks
    total        the whole call, retries included
    """

    def __init__(
        self,
        seconds: Optional[float] | NotGiven = NOT_GIVEN,
        *,
        connect: Optional[float] | NotGiven = NOT_GIVEN,
        first_token: Optional[float] | NotGiven = NOT_GIVEN,
        idle: Optional[float] | NotGiven = NOT_GIVEN,
        total: Optional[float] | NotGiven = NOT_GIVEN,
    ) -> None:
        self._seconds = seconds
        if not isinstance(seconds, NotGiven):
            milliseconds(seconds)  # which checks it
        clocks = {"connect": connect, "first_token": first_token, "idle": idle, "total": total}
        self._clocks = {
            f"{name}_timeout_ms": milliseconds(seconds)
            for name, seconds in clocks.items()
            if not isinstance(seconds, NotGiven)
        }


def milliseconds(seconds: Optional[float]) -> int:
    """Converts to the library's value: -1 means no limit; 0 would mean the default."""
    if seconds is None:
        return -1
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        kind = type(seconds).__name__
        raise TypeError(f"a timeout must be a number of seconds, a Timeout, or None, not {kind}")
    if not seconds > 0:
        raise ValueError("a timeout must be a number of seconds above 0, or None for no limit")
    return max(1, int(min(seconds, 1e9) * 1000))


def set_clocks(options: Any, timeout: Seconds, unary: bool) -> None:
    if is_omitted(timeout):
        return
    if not isinstance(timeout, Timeout):
        timeout = timeout_of_httpx(timeout, unary) if hasattr(timeout, "read") else Timeout(timeout)
    if not isinstance(timeout._seconds, NotGiven):
        for name, value in timeout_from_seconds(timeout._seconds, unary)._clocks.items():
            setattr(options, name, value)
    for name, value in timeout._clocks.items():
        setattr(options, name, value)


def timeout_of_httpx(timeout: Any, unary: bool) -> Timeout:
    """The meaning of an httpx.Timeout, which limits each read. An answer that is read at once may take as long as one."""
    is_long = unary and (timeout.read is None or timeout.read > _TOTAL)
    return Timeout(
        connect=timeout.connect, first_token=timeout.read, idle=timeout.read, total=timeout.read if is_long else NOT_GIVEN
    )


def timeout_from_seconds(seconds: Optional[float], unary: bool) -> Timeout:
    """The meaning of a plain number: how long a server may be silent. Connecting has its own, shorter clock."""
    return Timeout(
        connect=seconds if seconds is None or seconds < 10 else NOT_GIVEN,
        first_token=seconds,
        idle=seconds,
        total=seconds if unary else NOT_GIVEN,
    )
