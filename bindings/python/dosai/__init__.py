"""dosai: a Chat Completions client. The Python binding of libdosai."""

from ._chunks import ChatCompletionChunk, ServerSentEvent
from ._client import Client
from ._errors import (
    APICancelledError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ContentFilterFinishReasonError,
    DosaiError,
    InternalServerError,
    InvalidArgumentError,
    LengthFinishReasonError,
    MaxRoundsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RefusalError,
    UnprocessableEntityError,
)
from ._ffi import dosai_version as _dosai_version
from ._models import ChatCompletion, ChatCompletionMessage, CompletionUsage, raw_json
from ._parse import pydantic_function_tool
from ._report import Attempt
from ._response import Headers, Request, Response
from ._stream import EventStream, Stream
from ._timeout import NOT_GIVEN, NotGiven, Timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import types as types
    from ._async_client import AsyncClient as AsyncClient
    from ._async_stream import AsyncEventStream as AsyncEventStream, AsyncStream as AsyncStream
    from ._async_tool_runner import AsyncToolRunner as AsyncToolRunner
    from ._decoder import Decoder as Decoder
    from ._messages import ChatCompletionMessageParam as ChatCompletionMessageParam
    from ._observe import CallEvent as CallEvent
    from ._tool_runner import ToolRunner as ToolRunner
    from ._tools import Tool as Tool, ToolResult as ToolResult

    AsyncOpenAI = AsyncClient
else:
    # Many programs do not need these; some load asyncio or typing.
    _LAZY = {
        "AsyncClient": ("_async_client", "AsyncClient"),
        "AsyncEventStream": ("_async_stream", "AsyncEventStream"),
        "AsyncOpenAI": ("_async_client", "AsyncClient"),
        "AsyncStream": ("_async_stream", "AsyncStream"),
        "AsyncToolRunner": ("_async_tool_runner", "AsyncToolRunner"),
        "CallEvent": ("_observe", "CallEvent"),
        "ChatCompletionMessageParam": ("_messages", "ChatCompletionMessageParam"),
        "Decoder": ("_decoder", "Decoder"),
        "Tool": ("_tools", "Tool"),
        "ToolResult": ("_tools", "ToolResult"),
        "ToolRunner": ("_tool_runner", "ToolRunner"),
    }

    def __getattr__(name):
        from importlib import import_module

        if name in ("resources", "types"):
            return import_module("." + name, __name__)
        if name not in _LAZY:
            hint = "" if name.startswith("_") else ": dosai.openai has all names of openai-python"
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
        module, attribute = _LAZY[name]
        value = globals()[name] = getattr(import_module("." + module, __name__), attribute)
        if isinstance(value, type):
            value.__module__ = __name__
        return value


# With these names, `import dosai as openai` is the only change that a program needs.
OpenAI = Client
OpenAIError = DosaiError

__version__: str = _dosai_version().decode()
__all__ = [
    "APICancelledError",
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncEventStream",
    "AsyncOpenAI",
    "AsyncStream",
    "AsyncToolRunner",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "CallEvent",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatCompletionMessageParam",
    "Client",
    "CompletionUsage",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "Decoder",
    "DosaiError",
    "EventStream",
    "Headers",
    "InternalServerError",
    "InvalidArgumentError",
    "LengthFinishReasonError",
    "MaxRoundsError",
    "NOT_GIVEN",
    "NotFoundError",
    "NotGiven",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefusalError",
    "Request",
    "Response",
    "ServerSentEvent",
    "Stream",
    "Timeout",
    "Tool",
    "ToolResult",
    "ToolRunner",
    "UnprocessableEntityError",
    "pydantic_function_tool",
    "raw_json",
    "types",
]

for _name in __all__:
    if isinstance(globals().get(_name), type):
        globals()[_name].__module__ = __name__  # the public name: tracebacks say dosai.RateLimitError
