"""The clients of dosai.openai: openai-python's, with their chat completions on libdosai."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta
from inspect import signature
from typing import TYPE_CHECKING, TypeVar

import openai

from . import _async_chat, _chat, _ffi
from ._async_client import AsyncClient
from ._async_stream import AsyncStream
from ._call import Handle, headers_of, kept, lent_bytes, read_completion
from ._chunks import ChatCompletionChunk, text_chunk
from ._client import Client
from ._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    DosaiError,
    InvalidArgumentError,
)
from ._models import Model
from ._openai_chunks import ChunkMaker
from ._openai_report import Report, report_of
from ._response import Response
from ._stream import Stream
from ._timeout import is_omitted

if TYPE_CHECKING:
    from typing import Any, AsyncIterator, Iterator

try:
    from openai._base_client import AsyncAPIClient, AsyncHttpxClientWrapper, SyncAPIClient, SyncHttpxClientWrapper
except ImportError:  # is_supported() tells
    AsyncAPIClient = AsyncHttpxClientWrapper = SyncAPIClient = SyncHttpxClientWrapper = None  # type: ignore[assignment, misc]

try:
    import httpx2 as httpx  # what newer versions of openai-python use
except ImportError:
    import httpx  # type: ignore[import-not-found, no-redef, unused-ignore]

_Chunk = TypeVar("_Chunk")
_CLIENTS_MAX = 16  # of one client of openai-python: it may use several servers, keys or numbers of retries
# libdosai writes these itself
_OWN_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
_NOT_RETURNED = (b"content-encoding", b"content-length", b"transfer-encoding")  # of a body that is not read here
_RETRIES_MAX = 100  # the library's
_SEAM = ("close", "_build_request", "_maybe_override_cast_to", "_make_status_error_from_response", "_prepare_options",
         "_prepare_request", "_process_response", "_process_response_data")


def is_supported() -> bool:
    """Whether this version of openai-python has what the clients stand on, some of which is private."""
    names = {"cast_to", "options", "stream", "stream_cls"}
    try:
        return all(
            names <= signature(kind.request).parameters.keys() and all(hasattr(kind, name) for name in _SEAM)
            for kind in (SyncAPIClient, AsyncAPIClient)
        ) and all(isinstance(kind, type) for kind in (SyncHttpxClientWrapper, AsyncHttpxClientWrapper))
    except AttributeError:
        return False


def is_ours(client: Any, options: Any) -> bool:
    """Whether it is a chat call that the program did not want to send over an HTTP client of its own."""
    return (
        options.method.lower() == "post"
        and options.url == _chat.CHAT
        and type(client._client) in (SyncHttpxClientWrapper, AsyncHttpxClientWrapper)
        and not client._client.is_closed
        and not authenticates_itself(client, options)
    )


def authenticates_itself(client: Any, options: Any) -> bool:
    """Whether a part of the HTTP client writes the authorization, later than libdosai could see it."""
    custom = getattr(client, "_custom_auth", None)
    return (client.custom_auth if custom is None else custom(options.security)) is not None


class Exchange:
    """What a chat call asks of the library, read from the request that openai-python has built."""

    def __init__(self, client: Any, options: Any, request: Any) -> None:
        self.client, self.request = client, request
        headers = dict(request.headers)
        self.stream = is_stream(request.content)
        url, _, query = str(request.url).partition("?")
        base_url = url.removesuffix(_chat.CHAT) + ("?" + query if query else "")
        header: Any = "api-key" if "api-key" in headers else "authorization"
        key = headers.pop(header, None) or None  # a call may go without one
        if header == "authorization" and (key is None or key[:7].lower() == "bearer "):
            key, header = key and key[7:], None
        self.headers = {
            name: value for name, value in headers.items()
            if name not in _OWN_HEADERS and not name.startswith("x-stainless-")
        }
        self.timeout = client.timeout if is_omitted(options.timeout) else options.timeout
        self.place = base_url, key, header, min(options.get_max_retries(client.max_retries), _RETRIES_MAX)

    def call(self, kind: Any) -> Any:
        """What starts the call: the client, the request, which is sent as openai-python wrote it, and the options."""
        client, body = self.client_of(kind), _chat.read_request(self.request.content)
        options = client._options(_chat.CHAT, unary=not self.stream, timeout=self.timeout, extra_headers=self.headers)
        return client, body, options, self.stream

    def client_of(self, kind: Any) -> Any:
        """The library's client, whose connections openai-python's client and its copies share."""
        clients = self.client._client.__dict__.setdefault("_dosai_clients", {})

        def make() -> Any:
            base_url, key, header, retries = self.place
            base = next((client for place, client in list(clients.items()) if place[:3] == self.place[:3]), None)
            if base:
                return base.with_options(max_retries=retries)
            made = kind("none" if key is None else key, base_url, api_key_header=header, max_retries=retries,
                        allow_insecure_http=True)
            if key is None:  # an argument of None would be the key of the environment
                made.api_key = None
            return made

        return kept(clients, self.place, make, _CLIENTS_MAX)

    def answered(self, answer: Handle) -> Any:
        """The response of a whole answer, with its JSON."""
        pointer = answer.pointer
        return reported(report_of(pointer), httpx.Response(
            _ffi.dosai_completion_http_status(pointer),
            headers=listed(headers_of(_ffi.dosai_completion_header, _ffi.dosai_completion_headers, answer)),
            content=lent_bytes(_ffi.dosai_completion_json, pointer) or b"{}",
            request=self.request,
        ))

    def streams(self, stream: Any) -> Any:
        response: Response = stream.response
        report = Report(attempts=len(response.attempts), quirks=response.quirks, timings=response.timings or {})
        return reported(report, httpx.Response(
            response.status_code, headers=listed(response.headers), stream=Body(stream, self), request=self.request
        ))

    def refused(self, error: Any) -> Any:
        """The response of an error."""
        return httpx.Response(error.response.status_code, headers=listed(error.response.headers),
                              content=error._received or b"", request=self.request)

    def error(self, error: DosaiError) -> Exception:
        """openai-python's error for one of dosai's."""
        if isinstance(error, APIStatusError):
            raised: Exception = self.client._make_status_error_from_response(self.refused(error))
        elif isinstance(error, APITimeoutError):
            raised = openai.APITimeoutError(request=self.request)
        elif isinstance(error, APIConnectionError):
            raised = openai.APIConnectionError(message=str(error), request=self.request)
        elif isinstance(error, APIResponseValidationError) and error.response:
            raised = openai.APIResponseValidationError(self.refused(error), error.body, message=str(error))
        elif isinstance(error, APIError):
            raised = openai.APIError(said(error), request=self.request, body=error.body)
        elif isinstance(error, InvalidArgumentError):
            raised = error
        else:
            raised = openai.OpenAIError(str(error))
        if raised is not error:
            raised.__cause__ = error
            raised._dosai = Report(  # type: ignore[attr-defined]
                error.status, getattr(error, "clock", ""), len(getattr(error, "attempts", ())), getattr(error, "quirks", ()),
                getattr(error, "timings", None) or {}, arrived(getattr(error, "completion", None)),
            )
        return raised


def is_stream(body: bytes) -> bool:
    """Whether the program asks for a stream; it may do so without openai-python's parameter."""
    try:
        asked = json.loads(body)
    except ValueError:  # the library refuses it
        return False
    return isinstance(asked, dict) and bool(asked.get("stream"))


def said(error: Any) -> str:
    """The message as openai-python has it: of an error in a stream, what the server says."""
    message = error.body.get("message") if error.status == "PROVIDER" and isinstance(error.body, dict) else None
    return message if message and isinstance(message, str) else str(error)


def reported(report: Report, response: Any) -> Any:
    """The response, with the report in its extensions, and the time that openai-python shows."""
    response.extensions["dosai"] = report
    response.elapsed = timedelta(seconds=report.timings.get("total") or report.timings.get("first_byte") or 0)
    return response


def retries_of(response: Any) -> int:
    attempts: int = response.extensions["dosai"].attempts
    return attempts - 1


def arrived(completion: Any) -> Any:
    """What had arrived, in openai-python's type."""
    return completion and openai.types.chat.ChatCompletion.construct(**completion.to_dict())


def with_report(answer: Any, response: Any) -> Any:
    """The answer, with its report where openai-python has its `_request_id`."""
    if isinstance(answer, openai.BaseModel):
        object.__setattr__(answer, "_dosai", response.extensions["dosai"])
    return answer


def listed(headers: Any) -> list[tuple[bytes, bytes]]:
    """The headers as they came: httpx finds their encoding. Without those that would make it change the body."""
    return [(name, value) for name, value in headers._raw_items() if name not in _NOT_RETURNED]


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The bytes of a stream, for programs that read the response and not its chunks."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self.stream, self.exchange = stream, exchange

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self.stream:
                yield event_of(chunk)
        except DosaiError as error:
            raise self.exchange.error(error) from error
        yield b"data: [DONE]\n\n"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.stream:
                yield event_of(chunk)
        except DosaiError as error:
            raise self.exchange.error(error) from error
        yield b"data: [DONE]\n\n"

    def close(self) -> None:
        self.stream.close()

    async def aclose(self) -> None:
        await self.stream.close()


def event_of(chunk: Any) -> bytes:
    """In ASCII: httpx ends a line at Unicode's separators, too."""
    return b"data: " + json.dumps(Model.to_dict(chunk), separators=(",", ":")).encode() + b"\n\n"


def report_of_stream(stream: Any) -> Report:
    """What has arrived; not of a stream that was closed before its end."""
    source = stream.response.stream.stream
    owner = source._completion_so_far()
    return report_of(owner.pointer, arrived(read_completion(owner)))


class ChatStream(openai.Stream[_Chunk]):
    _dosai = property(report_of_stream)

    def __stream__(self) -> Iterator[Any]:
        body: Any = self.response.stream
        stream, exchange = body.stream, body.exchange
        maker = ChunkMaker(self._client, self._cast_to, self.response)
        stream._read_with(maker.read)
        try:
            for chunk in stream:
                yield maker.make(chunk) if type(chunk) is ChatCompletionChunk else chunk
        except DosaiError as error:
            raise exchange.error(error) from error
        finally:
            stream._read_with(text_chunk)  # the maker refers to the stream
            self.response.close()  # and so the stream


class AsyncChatStream(openai.AsyncStream[_Chunk]):
    _dosai = property(report_of_stream)

    async def __stream__(self) -> AsyncIterator[Any]:
        body: Any = self.response.stream
        stream, exchange = body.stream, body.exchange
        maker = ChunkMaker(self._client, self._cast_to, self.response)
        stream._read_with(maker.read)
        try:
            async for chunk in stream:
                yield maker.make(chunk) if type(chunk) is ChatCompletionChunk else chunk
        except DosaiError as error:
            raise exchange.error(error) from error
        finally:
            stream._read_with(text_chunk)  # the maker refers to the stream
            await self.response.aclose()  # and so the stream


def request(self: Any, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
    if not is_ours(self, options):
        return _sync_request(self, cast_to, options, stream=stream, stream_cls=stream_cls)
    cast_to = self._maybe_override_cast_to(cast_to, options)
    options = self._prepare_options(options)
    built = self._build_request(options, retries_taken=0)
    self._prepare_request(built)
    exchange = Exchange(self, options, built)
    try:
        answer = _chat.start(*exchange.call(Client))
    except DosaiError as error:
        raise exchange.error(error) from error
    if isinstance(answer, Stream):
        response, stream_cls = exchange.streams(answer), stream_cls and ChatStream[stream_cls.__args__[0]]
    else:
        response = exchange.answered(answer)
    result = self._process_response(
        cast_to=cast_to, options=options, response=response, stream=stream, stream_cls=stream_cls,
        retries_taken=retries_of(response),
    )
    return with_report(result, response)


async def async_request(self: Any, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
    if not is_ours(self, options):
        return await _async_request(self, cast_to, options, stream=stream, stream_cls=stream_cls)
    cast_to = self._maybe_override_cast_to(cast_to, options)
    options = await self._prepare_options(options)
    built = self._build_request(options, retries_taken=0)
    await self._prepare_request(built)
    exchange = Exchange(self, options, built)
    try:
        answer = await _async_chat.start(*exchange.call(AsyncClient))
    except DosaiError as error:
        raise exchange.error(error) from error
    if isinstance(answer, AsyncStream):
        response, stream_cls = exchange.streams(answer), stream_cls and AsyncChatStream[stream_cls.__args__[0]]
    else:
        response = exchange.answered(answer)
    result = await self._process_response(
        cast_to=cast_to, options=options, response=response, stream=stream, stream_cls=stream_cls,
        retries_taken=retries_of(response),
    )
    return with_report(result, response)


def close(self: Any) -> None:
    _sync_close(self)
    for client in clients_of(self) if hasattr(self, "_client") else ():
        client.close()


async def async_close(self: Any) -> None:
    await _async_close(self)
    for client in clients_of(self):
        await client.close()


def clients_of(client: Any) -> list[Any]:
    """The library's clients of a client of openai-python that closes."""
    return list(vars(client._client).pop("_dosai_clients", {}).values())


def traced(kind: Any, send: Any) -> Any:
    """`send`, inside what a tracer has put around the method of openai-python's class, with wrapt."""

    def request(self: Any, cast_to: Any, options: Any, **more: Any) -> Any:
        around = getattr(vars(kind).get("request"), "_self_wrapper", None)
        bound = send.__get__(self)
        return around(bound, self, (cast_to, options), more) if around else bound(cast_to, options, **more)

    return request


if is_supported():
    _sync_request, _async_request = SyncAPIClient.request, AsyncAPIClient.request
    _sync_close, _async_close = SyncAPIClient.close, AsyncAPIClient.close

    class OpenAI(openai.OpenAI):
        request = traced(openai.OpenAI, request)
        close = close

    class AsyncOpenAI(openai.AsyncOpenAI):
        request = traced(openai.AsyncOpenAI, async_request)
        close = async_close

    class AzureOpenAI(openai.AzureOpenAI):
        request = traced(openai.OpenAI, request)
        close = close

    class AsyncAzureOpenAI(openai.AsyncAzureOpenAI):
        request = traced(openai.AsyncOpenAI, async_request)
        close = async_close

    def on_libdosai(client: Any) -> Any:
        """The client of openai-python's module, which has a class of its own."""
        kind = type(client)
        if kind.request is not OpenAI.request:
            client.__class__ = type(kind.__name__, (kind,), {"request": OpenAI.request, "close": close})
        return client

    def patch() -> None:
        """Sends the chat of all clients of openai-python over libdosai, from now on, those that exist included.

        Call it before a tracer begins: some wrap a method of openai.OpenAI itself, which patch() does not see.
        """
        for kind, send in ((openai.OpenAI, request), (openai.AsyncOpenAI, async_request)):
            around = vars(kind).get("request")
            if around is not None and getattr(around, "__wrapped__", around) is not send:
                warnings.warn(f"something has replaced openai.{kind.__name__}.request, such as a tracer: "
                              "call dosai.openai.patch() before it begins", stacklevel=2)
        SyncAPIClient.request, AsyncAPIClient.request = request, async_request  # type: ignore[method-assign]
        SyncAPIClient.close, AsyncAPIClient.close = close, async_close  # type: ignore[method-assign]

    def unpatch() -> None:
        """Undoes `patch()`."""
        SyncAPIClient.request, AsyncAPIClient.request = _sync_request, _async_request  # type: ignore[method-assign]
        SyncAPIClient.close, AsyncAPIClient.close = _sync_close, _async_close  # type: ignore[method-assign]

else:
    warnings.warn(
        f"dosai does not know the inner parts of openai {openai.__version__}: its own HTTP client is used", stacklevel=2
    )
    from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI  # type: ignore[assignment]

    def on_libdosai(client: Any) -> Any:
        return client

    def patch() -> None:
        pass

    unpatch = patch
