"""Chat completions."""

from __future__ import annotations

from ctypes import byref

from . import _ffi
from ._call import Call, Handle, LikeOpenAI, check, read_completion, read_response
from ._json import encode
from ._parse import parsed, shape_of
from ._signature import shows_parameters
from ._stream import Stream
from ._timeout import NOT_GIVEN, is_omitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Literal, Mapping, Optional, TypeVar, overload

    from typing_extensions import Unpack

    from ._chat_stream import ChatCompletionStreamManager
    from ._chunks import ChatCompletionChunk
    from ._client import BaseClient, Client
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
    from ._timeout import NotGiven, Seconds
    from ._tool_runner import ToolRunner

    AnyClient = TypeVar("AnyClient", bound=BaseClient)
else:

    def overload(function):
        return function


CHAT = "/chat/completions"


class Chat(LikeOpenAI):
    def __init__(self, client: Client) -> None:
        self.completions = Completions(client)


class Completions(LikeOpenAI):
    def __init__(self, client: Client) -> None:
        self._client = client

    @overload
    def create(
        self, *, model: str, messages: Iterable[Message], stream: NoStream = False, **parameters: Unpack[ChatParameters]
    ) -> ChatCompletion: ...

    @overload
    def create(
        self, *, model: str, messages: Iterable[Message], stream: Literal[True], **parameters: Unpack[ChatParameters]
    ) -> Stream: ...

    @overload
    def create(
        self, *, model: str, messages: Iterable[Message], stream: bool, **parameters: Unpack[ChatParameters]
    ) -> ChatCompletion | Stream: ...

    @shows_parameters("Answer")
    def create(
        self, *, model: str, messages: Iterable[Any], stream: Optional[bool | NotGiven] = False, **parameters: Any
    ) -> ChatCompletion | Stream:
        """Sends the conversation and returns the answer; with stream=True, its chunks as they arrive.

        Any parameter is sent unchanged. Messages are dicts, or message objects from earlier answers. timeout,
        extra_headers and extra_query apply to the call; extra_body is added to the JSON.
        """
        answer = send(self._client, model=model, messages=messages, stream=stream, **parameters)
        return answer if isinstance(answer, Stream) else read_completion(answer)

    @overload
    def parse(
        self, *, model: str, messages: Iterable[Message], response_format: Optional[type[Any]] = None, stream: NoStream = False,
        **parameters: Unpack[ParseParameters],
    ) -> ChatCompletion: ...

    @overload
    def parse(
        self, *, model: str, messages: Iterable[Message], response_format: Optional[type[Any]] = None, stream: Literal[True],
        **parameters: Unpack[ParseParameters],
    ) -> Stream: ...

    def parse(
        self, *, model: str, messages: Iterable[Any], response_format: Optional[type[Any]] = None,
        stream: Optional[bool | NotGiven] = False, **parameters: Any,
    ) -> ChatCompletion | Stream:
        """Asks for an answer in the form of a pydantic model, and returns it in `choices[0].message.parsed`.

        The arguments of a tool of `pydantic_function_tool()` are in `function.parsed_arguments` of its calls. With
        stream=True, `get_final_completion()` of the stream returns it. Other parameters are those of create().
        """
        shape, parameters = shape_of(response_format, parameters)
        answer = send(self._client, model=model, messages=messages, stream=stream, **parameters)
        if isinstance(answer, Stream):
            answer._shape = shape
            return answer
        return parsed(read_completion(answer), shape)

    def stream(
        self, *, model: str, messages: Iterable[Message], **parameters: Unpack[StreamParameters]
    ) -> ChatCompletionStreamManager:
        """Returns the chunks as events, such as "content.delta" and "content.done", in a `with`.

        With a pydantic model as response_format, the events have what is `parsed`. Other parameters are those of create().
        """
        from ._chat_stream import ChatCompletionStreamManager

        return ChatCompletionStreamManager(self, {"model": model, "messages": messages, **parameters})

    @overload
    def run_tools(
        self, *, model: str, messages: Iterable[Message], tools: Iterable[Any], stream: NoStream = False,
        max_rounds: int = 10, raise_errors: bool = False, **parameters: Unpack[ToolLoopParameters],
    ) -> ToolRunner[ChatCompletion]: ...

    @overload
    def run_tools(
        self, *, model: str, messages: Iterable[Message], tools: Iterable[Any], stream: Literal[True],
        max_rounds: int = 10, raise_errors: bool = False, **parameters: Unpack[ToolLoopParameters],
    ) -> ToolRunner[ChatCompletionChunk]: ...

    def run_tools(
        self, *, model: str, messages: Iterable[Any], tools: Iterable[Any],
        stream: Optional[bool | NotGiven] = False, max_rounds: int = 10, raise_errors: bool = False, **parameters: Any,
    ) -> ToolRunner[Any]:
        """Asks the model, runs the functions that it calls, and tells it their results, until it answers.

        `tools` are functions with type hints, or a Tool of each. Nothing happens before the runner is iterated over, or
        asked for the final answer. After `max_rounds` answers with calls it raises MaxRoundsError. What a function
        raises is told to the model, or with raise_errors=True raised. Other parameters are those of create().
        """
        from ._tool_runner import ToolRunner

        return ToolRunner(
            self._client, model=model, messages=messages, tools=tools, stream=stream, max_rounds=max_rounds,
            raise_errors=raise_errors, **parameters,
        )

    @property
    def with_raw_response(self) -> RawCompletions:
        """Returns a Response: the status and headers of the answer; parse() returns the answer."""
        return RawCompletions(self._client)


class RawCompletions(LikeOpenAI):
    def __init__(self, client: Client) -> None:
        self._client = client

    @shows_parameters("Response")
    def create(
        self,
        *,
        model: str,
        messages: Iterable[Message],
        stream: Optional[bool | NotGiven] = False,
        **parameters: Unpack[ChatParameters],
    ) -> Response:
        client = self._client._with_query(parameters.pop("extra_query", None))
        answer = send(client, model=model, messages=messages, stream=stream, **parameters)
        if isinstance(answer, Stream):
            return answer.response
        return read_response(answer, client._request(CHAT), read_completion(answer))


def send(client: Client, **arguments: Any) -> Handle | Stream:
    return start(*chat_call(client, **arguments), arguments["stream"])


def start(client: Client, request: Handle, options: Any, stream: Any) -> Handle | Stream:
    call = Call(options)
    if stream:
        return Stream(client._open_handle(), request, call)
    return client._complete(call, _ffi.dosai_chat, request.pointer)


def chat_call(
    client: AnyClient,
    *,
    model: str,
    messages: Iterable[Any],
    stream: Optional[bool | NotGiven],
    timeout: Seconds = NOT_GIVEN,
    extra_headers: Optional[Mapping[str, str]] = None,
    extra_query: Optional[Mapping[str, object]] = None,
    extra_body: Optional[Mapping[str, Any]] = None,
    **parameters: Any,
) -> tuple[AnyClient, Handle, Any]:
    """The parts of a chat call: the client, the request, and the call's options."""
    client = client._with_query(extra_query)
    messages = list_of(messages)
    if isinstance(parameters.get("response_format"), type):
        raise TypeError("create() takes response_format as JSON: parse() takes a class")
    client._open_handle()  # raises if the client is closed
    options = client._options(CHAT, unary=not stream, timeout=timeout, extra_headers=extra_headers)
    request = new_request({"model": model, "messages": messages, **parameters, **(extra_body or {})})
    return client, request, options


def list_of(messages: Iterable[Any]) -> list[Any]:
    if isinstance(messages, (str, bytes, dict)):
        kind = type(messages).__name__
        raise TypeError(f'messages must be a list of messages, such as [{{"role": "user", "content": "Hi"}}], not {kind}')
    return list(messages)


def new_request(body: Mapping[str, Any]) -> Handle:
    return read_request(encode({name: value for name, value in body.items() if not is_omitted(value)}))


def read_request(json: bytes) -> Handle:
    request, error = _ffi.dosai_request(), _ffi.dosai_error()
    check(_ffi.dosai_request_parse(json, len(json), byref(request), byref(error)), error)
    return Handle(request, _ffi.dosai_request_free)
