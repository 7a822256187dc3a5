"""chat.completions.stream() of both clients."""

from __future__ import annotations

from collections import deque
from typing import Any

from ._async_stream import AsyncStream
from ._chat_events import EventMaker, stream_arguments
from ._closing import AsyncClosing, Closing
from ._event_types import ChatCompletionStreamEvent
from ._models import ChatCompletion
from ._parse import Shape
from ._response import Response
from ._stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

    from ._async_chat import AsyncCompletions
    from ._chat import Completions


class ChatCompletionStream(Closing):
    """The events of an answer as they arrive. Iteration ends only after a complete answer; otherwise it raises."""

    def __init__(self, stream: Stream, shape: Shape) -> None:
        self._stream, stream._shape = stream, shape or None
        self._maker = EventMaker(lambda: stream.current_completion_snapshot, shape)
        self._events: deque[ChatCompletionStreamEvent] = deque()

    def __iter__(self) -> ChatCompletionStream:
        return self

    def __next__(self) -> ChatCompletionStreamEvent:
        while not self._events:
            self._events += self._maker.events(next(self._stream))
        return self._events.popleft()

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        return self._stream.current_completion_snapshot

    @property
    def response(self) -> Response:
        return self._stream.response

    def until_done(self) -> ChatCompletionStream:
        """Reads the stream to its end."""
        for _ in self:
            pass
        return self

    def get_final_completion(self) -> ChatCompletion:
        """Reads the stream to its end, and returns the completion."""
        self.until_done()
        return self._stream.get_final_completion()

    def close(self) -> None:
        self._stream.close()


class AsyncChatCompletionStream(AsyncClosing):
    """The events of an answer as they arrive. Iteration ends only after a complete answer; otherwise it raises."""

    def __init__(self, stream: AsyncStream, shape: Shape) -> None:
        self._stream, stream._shape = stream, shape or None
        self._maker = EventMaker(lambda: stream.current_completion_snapshot, shape)
        self._events: deque[ChatCompletionStreamEvent] = deque()

    def __aiter__(self) -> AsyncChatCompletionStream:
        return self

    async def __anext__(self) -> ChatCompletionStreamEvent:
        while not self._events:
            self._events += self._maker.events(await self._stream.__anext__())
        return self._events.popleft()

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        return self._stream.current_completion_snapshot

    @property
    def response(self) -> Response:
        return self._stream.response

    async def until_done(self) -> AsyncChatCompletionStream:
        """Reads the stream to its end."""
        async for _ in self:
            pass
        return self

    async def get_final_completion(self) -> ChatCompletion:
        """Reads the stream to its end, and returns the completion."""
        await self.until_done()
        return await self._stream.get_final_completion()

    async def close(self) -> None:
        await self._stream.close()


class ChatCompletionStreamManager:
    """What stream() returns: the call begins in a `with`, and ends with it."""

    _stream: Optional[ChatCompletionStream] = None

    def __init__(self, completions: Completions, parameters: dict[str, Any]) -> None:
        self._completions = completions
        self._shape, self._parameters = stream_arguments(parameters)

    def __enter__(self) -> ChatCompletionStream:
        self._stream = ChatCompletionStream(self._completions.create(**self._parameters), self._shape)
        return self._stream

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncChatCompletionStreamManager:
    """What stream() returns: the call begins in an `async with`, and ends with it."""

    _stream: Optional[AsyncChatCompletionStream] = None

    def __init__(self, completions: AsyncCompletions, parameters: dict[str, Any]) -> None:
        self._completions = completions
        self._shape, self._parameters = stream_arguments(parameters)

    async def __aenter__(self) -> AsyncChatCompletionStream:
        stream = await self._completions.create(**self._parameters)
        self._stream = AsyncChatCompletionStream(stream, self._shape)
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        if self._stream is not None:
            await self._stream.close()
