"""The HTTP response of a result or an error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Optional

    from ._report import Attempt


class Headers:
    """The headers of a response but cookies, by case-insensitive name. Iterating gives the names in small letters, each
    once; `items()` joins the values of a name with ", ", and `multi_items()` gives each as it came."""

    def __init__(self, find: Callable[[str], Optional[str]], read: Callable[[], bytes]) -> None:
        self._find, self._read = find, read

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The first value of that name."""
        value = self._find(name)
        return default if value is None else value

    def __getitem__(self, name: str) -> str:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def _raw_items(self) -> list[tuple[bytes, bytes]]:
        texts = self._read().split(b"\0")
        return [(name.lower(), value) for name, value in zip(texts[::2], texts[1::2])]

    def multi_items(self) -> list[tuple[str, str]]:
        return [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in self._raw_items()]

    def items(self) -> list[tuple[str, str]]:
        joined: dict[str, str] = {}
        for name, value in self.multi_items():
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return list(joined.items())

    def keys(self) -> list[str]:
        return [name for name, _ in self.items()]

    def values(self) -> list[str]:
        return [value for _, value in self.items()]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __repr__(self) -> str:
        return f"Headers({dict(self.items())})"

    def __reduce__(self) -> Any:
        return headers_from, (self._read(),)


def headers_from(received: bytes) -> Headers:
    """Headers that need no answer of the library."""
    headers = Headers(lambda name: first.get(name.lower()), lambda: received)
    first = dict(reversed(headers.multi_items()))
    return headers


class Request:
    """What a call asked for: `method`, such as "POST", and `url`, where a redirect may have led elsewhere."""

    __slots__ = ("method", "url")

    def __init__(self, method: str, url: str) -> None:
        self.method, self.url = method, url

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.url!r})"


class Response:
    """The status and headers of a response, and its `request`; from `with_raw_response`, also the answer, and what became
    of the call: `attempts`, `quirks` and `timings`, as in an APIError."""

    attempts: tuple[Attempt, ...] = ()
    quirks: tuple[str, ...] = ()
    timings: Optional[dict[str, Optional[float]]] = None
    _received: Optional[bytes] = None

    def __init__(
        self, status_code: int, headers: Headers, request: Optional[Request], request_id: Optional[str] = None,
        result: Any = None, **report: Any,
    ) -> None:
        self.status_code = status_code
        self.headers = headers
        self.request = request
        self.request_id = request_id
        self._result = result
        self.__dict__.update(report)

    def parse(self) -> Any:
        """The completion or the stream."""
        return self._result

    @property
    def text(self) -> str:
        """The body: of an error as it came, at most 64 KiB of it; of a completion its JSON. Of a stream it is empty."""
        body: Optional[bytes] = self._received or getattr(self._result, "_json", None)
        return (body or b"").decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as a value; ValueError if it is not JSON."""
        from json import loads

        return loads(self.text)

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code})"
