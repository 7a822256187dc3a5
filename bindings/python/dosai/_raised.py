"""What the library's callbacks have raised. It cannot pass through C, so the call raises it, in the same thread."""

from __future__ import annotations

from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class _Raised(_local):
    def __init__(self) -> None:
        self.by_keys: list[BaseException] = []  # of each call that was cancelled by it, in turn
        self.by_others: list[BaseException] = []  # such as Ctrl-C


here = _Raised()


def freeing(free: Callable[[Any], None], at_end: list[BaseException]) -> Callable[[Any], None]:
    """Frees a handle whose callbacks are told of the ends of calls. What they raise is for whoever closes it: a finalizer
    cannot raise, and another call must not."""

    def call(pointer: Any) -> None:
        try:
            raised = here.by_others
        except RuntimeError:  # the hub of gevent or eventlet ends, and with it what it has in place of _local
            raised = []
        before = len(raised)  # of another call, which is in progress
        free(pointer)
        at_end[:] = raised[before:]
        del raised[before:]

    return call


def keeping(function: Callable[..., None]) -> Callable[..., None]:
    """The function for C, without a result. An Exception is printed like one in a finalizer, and stops nothing."""

    def call(*arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception:
            raise
        except BaseException as error:
            if not here.by_others:  # a call raises one; the next would be raised by another call
                here.by_others.append(error)

    return call
