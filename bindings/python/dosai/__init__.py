"""dosai: chat completions for every program. The Python face of libdosai."""

from ._chunks import ChatCompletionChunk
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
    DosaiError,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from ._ffi import dosai_version as _dosai_version
from ._models import ChatCompletion, ChatCompletionMessage, CompletionUsage
from ._response import Headers, Response
from ._stream import Stream
from ._timeout import NOT_GIVEN, NotGiven, Timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._parameters import ChatCompletionMessageParam as ChatCompletionMessageParam
else:

    def __getattr__(name):
        if name != "ChatCompletionMessageParam":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ._parameters import ChatCompletionMessageParam  # loads `typing`, which no call needs

        return ChatCompletionMessageParam


# With these, `import dosai as openai` is all that changes in a program.
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
    "AuthenticationError",
    "BadRequestError",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatCompletionMessageParam",
    "Client",
    "CompletionUsage",
    "ConflictError",
    "DosaiError",
    "Headers",
    "InternalServerError",
    "InvalidArgumentError",
    "NOT_GIVEN",
    "NotFoundError",
    "NotGiven",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "RateLimitError",
    "Response",
    "Stream",
    "Timeout",
    "UnprocessableEntityError",
]

for _name in __all__:
    if isinstance(globals().get(_name), type):
        globals()[_name].__module__ = __name__  # where people look for it: tracebacks say dosai.RateLimitError
