"""The streaming calls of AsyncClient."""

from __future__ import annotations

from ._call import read_completion, read_response
from ._chunks import ChatCompletionChunk, ServerSentEvent
from ._closing import AsyncClosing
from ._errors import closed_early
from ._models import ChatCompletion, text_of_first
from ._parse import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from typing_extensions import Self

    from ._async_loop import LoopCall
    from ._call import Handle
    from ._response import Response


class BaseAsyncStream(AsyncClosing):
    """What a stream of any endpoint has."""

    def __init__(self, call: LoopCall) -> None:
        self._call, self._chunks, self._is_closed = call, call.chunks, False

    @classmethod
    async def open(cls, call: LoopCall) -> Self:
        """Waits for the first chunk, or for an error."""
        if not call.chunks and not call.is_over:
            await call.wait()
        if not call.chunks:
            call.check()
        return cls(call)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        chunks = self._chunks
        if self._is_closed:
            raise closed_early()
        while not chunks:
            call = self._call
            if call.is_over:
                call.check()
                raise StopAsyncIteration
            await call.wait()
        return chunks.popleft()

    @property
    def response(self) -> Response:
        """The status and the headers of the answer."""
        return read_response(self._completion_so_far(), self._call.request, self)

    def _read_with(self, read: Callable[[Any], Any]) -> None:
        """For the events that come from now on."""
        self._call.read = read

    async def close(self) -> None:
        """Stops the call if it has not ended. Whoever then reads, or waits for a chunk, gets APICancelledError."""
        if self._chunks or not self._call.is_over:
            self._is_closed = True
            self._chunks.clear()
            self._call.cancel()

    aclose = close

    def _completion_so_far(self) -> Handle:
        if self._is_closed:
            raise closed_early()
        return self._call.completion()

    def __del__(self) -> None:
        self._call.cancel()


class AsyncStream(BaseAsyncStream):
    """The chunks of an answer as they arrive. Iteration ends only after a complete answer; otherwise it raises.

    One task at a time may iterate. If a task is cancelled while it waits for a chunk, the call ends.
    """

    _shape: Any = None  # what parse() was asked for

    if TYPE_CHECKING:

        async def __anext__(self) -> ChatCompletionChunk: ...

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        """The completion so far, including chunks that have arrived but are not read yet."""
        return read_completion(self._completion_so_far())

    async def get_final_completion(self) -> ChatCompletion:
        """Reads the stream to its end, and returns the completion."""
        async for _ in self:
            pass
        return parsed(self.current_completion_snapshot, self._shape)

    async def get_final_text(self) -> str:
        """Reads the stream to its end, and returns the text of its first choice."""
        return text_of_first(await self.get_final_completion())


class AsyncEventStream(BaseAsyncStream):
    """The server-sent events of any endpoint as they arrive: see AsyncClient.post. Iteration ends only after the last
    event of a complete stream; otherwise it raises."""

    if TYPE_CHECKING:

        async def __anext__(self) -> ServerSentEvent: ...
