"""The HTTP response of a result or an error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from ._report import Attempt


class Headers:
    """The headers of a response, by case-insensitive name. They cannot be listed."""

    def __init__(self, find: Callable[[str], Optional[str]]) -> None:
        self._find = find

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        value = self._find(name)
        return default if value is None else value

    def __getitem__(self, name: str) -> str:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    __iter__ = None

    def __reduce__(self) -> Any:  # they stay in their process
        return Headers, ({}.get,)


class Response:
    """The status and headers of a response; from `with_raw_response`, also the answer, and what became of the call:
    `attempts`, `quirks` and `timings`, as in an APIError."""

    attempts: tuple[Attempt, ...] = ()
    quirks: tuple[str, ...] = ()
    timings: Optional[dict[str, Optional[float]]] = None
    _received: Optional[bytes] = None

    def __init__(
        self, status_code: int, headers: Headers, request_id: Optional[str] = None, result: Any = None, **report: Any
    ) -> None:
        self.status_code = status_code
        self.headers = headers
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
