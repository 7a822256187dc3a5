"""Chat completions of AsyncClient."""

from __future__ import annotations

from . import _ffi
from ._async_stream import AsyncStream
from ._call import Handle, LikeOpenAI, read_completion, read_response
from ._chat import CHAT, chat_call
from ._parse import parsed, shape_of
from ._signature import shows_parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Literal, Optional, overload

    from typing_extensions import Unpack

    from ._async_client import AsyncClient
    from ._async_tool_runner import AsyncToolRunner
    from ._chat_stream import AsyncChatCompletionStreamManager
    from ._chunks import ChatCompletionChunk
    from ._models import ChatCompletion
    from ._parameters import (
        ChatCompletionMessageParam as Message,
        ChatParameters,
        NoStream,
        ParseParameters,
        StreamParameters,
        ToolLoopParameters,
    )
    from ._response import Response
    from ._timeout import NotGiven
else:
    from ._chat import overload


class AsyncChat(LikeOpenAI):
    def __init__(self, client: AsyncClient) -> None:
        self.completions = AsyncCompletions(client)


class AsyncCompletions(LikeOpenAI):
    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @overload
    async def create(
        self, *, model: str, messages: Iterable[Message], stream: NoStream = False, **parameters: Unpack[ChatParameters]
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self, *, model: str, messages: Iterable[Message], stream: Literal[True], **parameters: Unpack[ChatParameters]
    ) -> AsyncStream: ...

    @overload
    async def create(
        self, *, model: str, messages: Iterable[Message], stream: bool, **parameters: Unpack[ChatParameters]
    ) -> ChatCompletion | AsyncStream: ...

    @shows_parameters("AsyncAnswer")
    async def create(
        self, *, model: str, messages: Iterable[Any], stream: Optional[bool | NotGiven] = False, **parameters: Any
    ) -> ChatCompletion | AsyncStream:
        """Sends the conversation and returns the answer; with stream=True, its chunks as they arrive. See Client."""
        answer = await send(self._client, model=model, messages=messages, stream=stream, **parameters)
        return answer if isinstance(answer, AsyncStream) else read_completion(answer)

    @overload
    async def parse(
        self, *, model: str, messages: Iterable[Message], response_format: Optional[type[Any]] = None, stream: NoStream = False,
        **parameters: Unpack[ParseParameters],
    ) -> ChatCompletion: ...

    @overload
    async def parse(
        self, *, model: str, messages: Iterable[Message], response_format: Optional[type[Any]] = None, stream: Literal[True],
        **parameters: Unpack[ParseParameters],
    ) -> AsyncStream: ...

    async def parse(
        self, *, model: str, messages: Iterable[Any], response_format: Optional[type[Any]] = None,
        stream: Optional[bool | NotGiven] = False, **parameters: Any,
    ) -> ChatCompletion | AsyncStream:
        """Asks for an answer in the form of a pydantic model. See Client."""
        shape, parameters = shape_of(response_format, parameters)
        answer = await send(self._client, model=model, messages=messages, stream=stream, **parameters)
        if isinstance(answer, AsyncStream):
            answer._shape = shape
            return answer
        return parsed(read_completion(answer), shape)

    def stream(
        self, *, model: str, messages: Iterable[Message], **parameters: Unpack[StreamParameters]
    ) -> AsyncChatCompletionStreamManager:
        """Returns the chunks as events, such as "content.delta" and "content.done", in an `asyncwith`.

        With a pydantic model as response_format, the events have what is `parsed`. Other parameters are those of create().
        """
        from ._chat_stream import AsyncChatCompletionStreamManager

        return AsyncChatCompletionStreamManager(self, {"model": model, "messages": messages, **parameters})

    @overload
    def run_tools(
        self, *, model: str, messages: Iterable[Message], tools: Iterable[Any], stream: NoStream = False,
        max_rounds: int = 10, raise_errors: bool = False, **parameters: Unpack[ToolLoopParameters],
    ) -> AsyncToolRunner[ChatCompletion]: ...

    @overload
    def run_tools(
        self, *, model: str, messages: Iterable[Message], tools: Iterable[Any], stream: Literal[True],
        max_rounds: int = 10, raise_errors: bool = False, **parameters: Unpack[ToolLoopParameters],
    ) -> AsyncToolRunner[ChatCompletionChunk]: ...

    def run_tools(
        self, *, model: str, messages: Iterable[Any], tools: Iterable[Any],
        stream: Optional[bool | NotGiven] = False, max_rounds: int = 10, raise_errors: bool = False, **parameters: Any,
    ) -> AsyncToolRunner[Any]:
        """Runs the functions that the model calls, until it answers. See Client; the functions may be asynchronous."""
        from ._async_tool_runner import AsyncToolRunner

        return AsyncToolRunner(
            self._client, model=model, messages=messages, tools=tools, stream=stream, max_rounds=max_rounds,
            raise_errors=raise_errors, **parameters,
        )

    @property
    def with_raw_response(self) -> AsyncRawCompletions:
        """Returns a Response: the status and headers of the answer; parse() returns the answer."""
        return AsyncRawCompletions(self._client)


class AsyncRawCompletions(LikeOpenAI):
    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @shows_parameters("Response")
    async def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: Optional[bool | NotGiven] = False,
        **parameters: Unpack[ChatParameters],
    ) -> Response:
        client = self._client._with_query(parameters.pop("extra_query", None))
        answer = await send(client, model=model, messages=messages, stream=stream, **parameters)
        if isinstance(answer, AsyncStream):
            return answer.response
        return read_response(answer, client._request(CHAT), read_completion(answer))


async def send(client: AsyncClient, **arguments: Any) -> Handle | AsyncStream:
    return await start(*chat_call(client, **arguments), arguments["stream"])


async def start(client: AsyncClient, request: Handle, options: Any, stream: Any) -> Handle | AsyncStream:
    function = _ffi.dosai_loop_submit_stream if stream else _ffi.dosai_loop_submit_chat
    call = await client._submit(function, options, request.pointer)
    return await AsyncStream.open(call) if stream else await call.answer()
