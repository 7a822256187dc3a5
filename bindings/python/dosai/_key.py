"""A key that changes: api_key is a function, which is called before each attempt."""

from __future__ import annotations

from _thread import _local
from ctypes import memmove

from . import _ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Optional, Union

    from typing_extensions import TypeAlias

    ApiKey: TypeAlias = Union[str, Callable[[], str], None]
    AsyncApiKey: TypeAlias = Union[str, Callable[[], Union[str, Awaitable[str]]], None]

_thread = _local()


def key_fn(source: Callable[[], str]) -> Any:
    def give(key: int, size: int, _: Any) -> int:
        try:
            text = source().encode() + b"\0"
            if b"\0" in text[:-1] or len(text) > size:
                raise ValueError("api_key contains a NUL, or is too long")
            memmove(key, text, len(text))
            return 0
        except BaseException as error:
            _thread.raised = error
            return 1

    return _ffi.dosai_key_fn(give)


def raised_by_key() -> Optional[BaseException]:
    """What the function has raised in this thread, so that its call was cancelled."""
    error: Optional[BaseException] = getattr(_thread, "raised", None)
    _thread.raised = None
    return error


class AwaitedKey:
    """The key that an async function gave last. The library cannot wait for it, so it is awaited before each call."""

    def __init__(self, source: Callable[[], Awaitable[str]]) -> None:
        self._source = source
        self._key = ""

    async def renew(self) -> None:
        self._key = await self._source()

    def __call__(self) -> str:
        return self._key
