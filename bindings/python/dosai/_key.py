"""A key that changes: api_key is a function, which is called before each attempt."""

from __future__ import annotations

from ctypes import memmove

from . import _ffi
from ._raised import here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Union

    from typing_extensions import TypeAlias

    ApiKey: TypeAlias = Union[str, Callable[[], str], None]
    AsyncApiKey: TypeAlias = Union[str, Callable[[], Union[str, Awaitable[str]]], None]


def key_fn(source: Callable[[], str]) -> Any:
    def give(key: int, size: int, _: Any) -> int:
        try:
            text = text_of(source()).encode("utf-8", "surrogatepass") + b"\0"
            if b"\0" in text[:-1] or len(text) > size:
                raise ValueError("api_key contains a NUL, or is too long")
            memmove(key, text, len(text))
            return 0
        except BaseException as error:
            here.by_keys.append(error)
            return 1

    return _ffi.dosai_key_fn(give)


def text_of(key: Any) -> str:
    if isinstance(key, str):
        return key
    if hasattr(key, "close"):
        key.close()  # a coroutine, which nobody awaits
    raise TypeError(f"the function api_key must return a string, not {type(key).__name__}; an async function is awaited by "
                    "AsyncClient, if it is given itself")


class AwaitedKey:
    """The key that an async function gave last. The library cannot wait for it, so it is awaited before each call."""

    def __init__(self, source: Callable[[], Awaitable[str]]) -> None:
        self._source = source
        self._key = ""

    async def renew(self) -> None:
        self._key = await self._source()

    def __call__(self) -> str:
        return self._key
