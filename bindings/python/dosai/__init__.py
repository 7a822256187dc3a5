"""dosai: chat completions for every program. The Python face of libdosai."""

from ._call import NOT_GIVEN, NotGiven
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
from ._stream import Stream

__version__ = _dosai_version().decode()
__all__ = [
    "APICancelledError",
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "DosaiError",
    "InternalServerError",
    "InvalidArgumentError",
    "NOT_GIVEN",
    "NotFoundError",
    "NotGiven",
    "PermissionDeniedError",
    "RateLimitError",
    "Stream",
    "UnprocessableEntityError",
]
