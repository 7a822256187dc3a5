"""The errors of calls. The class names are openai-python's; `status` is the library's, such as "RATE_LIMITED"."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from ._models import ChatCompletion
    from ._report import Attempt
    from ._response import Request, Response


class DosaiError(Exception):
    """The base class of all errors."""

    status: str = ""

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.__dict__.update(fields)


class InvalidArgumentError(DosaiError, ValueError):
    """A value that the library refuses; nothing was sent."""


class UnusableAnswerError(DosaiError):
    """The call succeeded, but its answer is not what parse() or run_tools() asked for."""

    completion: ChatCompletion


class LengthFinishReasonError(UnusableAnswerError):
    """The answer ends where it reached its maximum length."""


class ContentFilterFinishReasonError(UnusableAnswerError):
    """A content filter stopped the answer."""


class MaxRoundsError(UnusableAnswerError):
    """The model still calls functions in the last round that run_tools() may make."""


class RefusalError(UnusableAnswerError):
    """The model refused to answer; the message is what it said."""


class APIError(DosaiError):
    """A call failed."""

    status_code: Optional[int] = None  # the HTTP status of the last answer
    response: Optional[Response] = None  # its headers
    request: Optional[Request] = None  # what was asked for
    code: Optional[str] = None
    type: Optional[str] = None
    param: Optional[str] = None
    request_id: Optional[str] = None
    retry_after: Optional[float] = None  # what the server asked for, in seconds
    body: Any = None  # the server's error object, or the text if it is not JSON
    attempts: tuple[Attempt, ...] = ()
    quirks: tuple[str, ...] = ()  # what was unusual in the answer, such as "DONE_MISSING"
    timings: Optional[dict[str, Optional[float]]] = None  # seconds from the start of the call; None if not reached
    is_retryable: bool = False  # whether the same call may succeed if it is repeated
    completion: Optional[ChatCompletion] = None  # what had arrived before the failure
    _received: Optional[bytes] = None  # the body as it came


class APIStatusError(APIError):
    """The server returned an error status."""

    status_code: int
    response: Response


class BadRequestError(APIStatusError):
    pass


class AuthenticationError(APIStatusError):
    pass


class PermissionDeniedError(APIStatusError):
    pass


class NotFoundError(APIStatusError):
    pass


class ConflictError(APIStatusError):
    pass


class UnprocessableEntityError(APIStatusError):
    pass


class RateLimitError(APIStatusError):
    pass


class InternalServerError(APIStatusError):
    pass


class APIConnectionError(APIError):
    """There was no answer, or it ended before it was complete."""


class APITimeoutError(APIConnectionError):
    clock: str = ""  # the clock that expired: "connect", "first token", "idle" or "total"


class APICancelledError(APIConnectionError):
    """The call was stopped, or its stream was closed, before its end."""


class APIResponseValidationError(APIError):
    """The answer does not follow the API."""


def closed_early() -> APICancelledError:
    return APICancelledError("the stream was closed before its end", status="CANCELLED")


_BY_HTTP_STATUS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}

_BY_STATUS = {
    "INVALID_ARGUMENT": InvalidArgumentError,
    "CANCELLED": APICancelledError,
    "TIMEOUT": APITimeoutError,
    "CONNECTION": APIConnectionError,
    "PROXY": APIConnectionError,
    "TLS": APIConnectionError,
    "TRUNCATED": APIConnectionError,
    "PROTOCOL": APIResponseValidationError,
    "TOO_LARGE": APIError,
    "REDIRECTED": APIStatusError,
    "PROVIDER": APIError,
}

_REFUSED = ("BAD_REQUEST", "AUTHENTICATION", "INSUFFICIENT_CREDITS", "PERMISSION", "NOT_FOUND", "RATE_LIMITED",
            "SERVER", "UNAVAILABLE")


def error_class(status: str, http_status: int) -> type[DosaiError]:
    if status in _REFUSED:
        return InternalServerError if http_status >= 500 else _BY_HTTP_STATUS.get(http_status, APIStatusError)
    return _BY_STATUS.get(status, DosaiError)
