"""The parts of every call: handles, options, texts, errors, and Ctrl-C."""

from __future__ import annotations

from ctypes import PYFUNCTYPE, byref, c_char_p, c_int32, c_size_t, c_ssize_t, c_void_p, py_object, pythonapi, sizeof, string_at
from sys import modules

from . import _ffi
from ._errors import DosaiError, error_class
from ._json import decode, decode_received
from ._leave import is_left, is_main_thread, rest
from ._models import ChatCompletion, text_completion
from ._raised import here
from ._response import Headers, Request, Response
from ._report import attempts_of, quirks_of, timings_of
from ._timeout import NotGiven, is_omitted, set_clocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Generator, Mapping, Optional

    from ._green import Greenlets
    from ._timeout import Seconds

_decode = PYFUNCTYPE(py_object, c_void_p, c_ssize_t, c_char_p)(("PyUnicode_DecodeUTF8", pythonapi))
_CLOCKS = ("", "connect", "first token", "idle", "total")


class LikeOpenAI:
    """Has names of openai-python, and says where all of them are."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            hint = "" if name.startswith("_") else ": the clients of dosai.openai have all of openai-python's API"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")


class Handle:
    """A handle of the library, freed when its last user is gone; a call in another thread is a user, too."""

    __slots__ = ("pointer", "_free", "_keep")

    def __init__(self, pointer: Any, free: Callable[[Any], None], keep: Any = None) -> None:
        self.pointer = pointer
        self._free = free
        self._keep = keep

    def __del__(self) -> None:
        self._free(self.pointer)

    def __reduce__(self) -> Any:
        raise TypeError("a client, a stream or a decoder cannot be copied or pickled")


def lent_text(function: Callable[..., Any], *arguments: Any) -> Optional[str]:
    length = c_size_t()
    address = function(*arguments, byref(length))
    return _decode(address, length.value, b"replace") if address else None


def lent_bytes(function: Callable[..., Any], *arguments: Any) -> Optional[bytes]:
    length = c_size_t()
    address = function(*arguments, byref(length))
    return string_at(address, length.value) if address else None


def c_string(text: str, name: str) -> bytes:
    """The text for the library. ctypes would take a number for an address."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string, not {type(text).__name__}")
    if "\0" in text:
        raise ValueError(f"{name} contains a NUL")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # which has the text, maybe a key
        raise ValueError(f"{name} contains half of a surrogate pair") from None


def number(value: int, name: str, kind: Any = c_int32) -> int:
    """The number for a field of that type. ctypes would drop the bits that are too many."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    index: int = value.__index__()
    if kind(index).value != index:
        raise ValueError(f"{name} is out of range")
    return index


def named(values: Any, name: str) -> Any:
    if not hasattr(values, "items"):
        raise TypeError(f"{name} must be a dict, not {type(values).__name__}")
    return values


def kept(known: dict[Any, Any], key: Any, make: Callable[[], Any], most: int) -> Any:
    """What `make` makes for a key, once; the dict keeps at most so many, the newest."""
    found = known.get(key)
    if found is None:
        found = make()
        for old in list(known)[:max(0, len(known) + 1 - most)]:
            known.pop(old, None)  # another thread may have been there
        known[key] = found
    return found


def merged(*headers: Optional[Mapping[str, Optional[str]]]) -> dict[str, str]:
    """Headers; a later one replaces an earlier one of the same name, ignoring case, or removes it if it is None."""
    lines: dict[str, tuple[str, str]] = {}
    for mapping in headers:
        for name, value in named(mapping or {}, "headers").items():
            key = c_string(name, "the name of a header").lower().decode("utf-8", "surrogateescape")
            if value is None or is_omitted(value):
                lines.pop(key, None)
            else:
                lines[key] = name, value
    return dict(lines.values())


def set_headers(options: Any, headers: Mapping[str, str]) -> None:
    lines = [
        c_string(name, "the name of a header") + b": " + c_string(value, f"the header {name!r}")
        for name, value in headers.items()
    ]
    options.headers = (c_char_p * len(lines))(*lines)
    options.header_count = len(lines)


def call_options(
    timeout: Seconds, max_retries: int | NotGiven, headers: Mapping[str, str], unary: bool = True
) -> Any:
    options = _ffi.dosai_call_options()
    _ffi.dosai_call_options_init(byref(options), sizeof(options))
    set_clocks(options, timeout, unary)
    if not isinstance(max_retries, NotGiven):
        options.max_retries = number(max_retries, "max_retries") or -1
    if headers:
        set_headers(options, headers)
    return options


def copy_of(options: Any) -> Any:
    """A copy, which refers to the same headers and keeps them."""
    copy = type(options).from_buffer_copy(options)
    copy.original = options
    return copy


def new_cancel() -> Handle:
    """A token that ends the calls that have it."""
    cancel, error = _ffi.dosai_cancel(), _ffi.dosai_error()
    check(_ffi.dosai_cancel_new(byref(cancel), byref(error)), error)
    return Handle(cancel, _ffi.dosai_cancel_free)


_unused: list[tuple[list[BaseException], list[None], Any]] = []  # what watches no call


class Call:
    """The options of one blocking call, and the objects that must stay alive for them."""

    def __init__(self, options: Any) -> None:
        self.options = options
        self.raised: list[BaseException] = []
        self.stopped: list[None] = []  # not empty: the call ends, from the next time that it is watched
        self.on_wait: Any = None
        self.has_raised = False  # what a callback has raised
        if is_main_thread():
            self.watch()

    def watch(self) -> None:
        try:
            self.raised, self.stopped, self.on_wait = _unused.pop()
        except IndexError:
            self.on_wait = _ffi.dosai_wait_fn(watch_of(self.raised, self.stopped))
        self.options.on_wait = self.on_wait

    def unwatch(self) -> None:
        """Leaves the watch of a call that has succeeded to the next one: making it costs more than the rest of a call."""
        if self.on_wait is not None and not _unused:
            _unused.append((self.raised, self.stopped, self.on_wait))

    def run(self, function: Callable[..., int], client: Handle, *arguments: Any) -> int:
        """Calls a function of the library. What may call Python is watched, so that it ends with the interpreter."""
        if self.on_wait is None:
            fields = client._keep
            if not (fields.key_fn or fields.on_event or fields.on_log):
                return function(client.pointer, *arguments)
            self.watch()
        return self.run_watched(function, client.pointer, *arguments)

    def run_watched(self, function: Callable[..., int], *arguments: Any) -> int:
        if is_left():
            rest()
        return function(*arguments)

    def check(self, status: int, error: Any) -> None:
        """Raises the error of the call, if it failed; an exception from a signal handler takes precedence."""
        if is_left():
            rest()
        raised = self.raised or here.by_others
        if raised:
            _ffi.dosai_error_free(error)
            self.has_raised = True
            one = raised.pop()
            here.by_others.clear()  # a call raises once
            raise one
        check(status, error, self.options.request)


def greenlets() -> Optional[Greenlets]:
    """What makes calls that wait in the hub of gevent or eventlet; None: calls block."""
    if "gevent" not in modules and "eventlet" not in modules:
        return None
    from ._green import running

    return running()


def watch_of(raised: list[BaseException], stopped: list[None]) -> Callable[[Any], int]:
    """An on_wait that lets Python's signal handlers run, and stops the call if one raises, or another callback has, or if
    it is asked to.

    It is a generator because handlers run when a function begins, before its own `try` could catch what they raise;
    a generator resumes inside its `try`. (An exception that leaves a callback is lost.)
    """

    def watch() -> Generator[int, None, None]:
        try:
            while True:
                yield len(stopped) or len(here.by_others) or is_left()
        except GeneratorExit:
            raise
        except BaseException as error:
            raised.append(error)
        while True:
            yield 1

    generator = watch()
    next(generator)
    return generator.send


def check(status: int, error: Any, request: Optional[Request] = None) -> None:
    """Raises the error of a function, if it failed, and takes ownership of the error object."""
    if status != _ffi.OK:
        raise read_error(status, Handle(_ffi.dosai_error(error.value), _ffi.dosai_error_free), request)


def read_error(status: int, owner: Handle, request: Optional[Request]) -> BaseException:
    error = owner.pointer
    raised = raised_by_key(error)
    if raised is not None:
        return raised
    name = _ffi.dosai_status_name(status).decode()
    http_status = _ffi.dosai_error_http_status(error)
    retry_after_ms = _ffi.dosai_error_retry_after_ms(error)
    received = lent_bytes(_ffi.dosai_error_body, error)
    headers = headers_of(_ffi.dosai_error_header, _ffi.dosai_error_headers, owner)
    return error_class(name, http_status)(
        lent_text(_ffi.dosai_error_message, error) or name,
        status=name,
        status_code=http_status or None,
        response=Response(http_status, headers, request, _received=received) if http_status else None,
        request=request,
        code=lent_text(_ffi.dosai_error_code, error),
        type=lent_text(_ffi.dosai_error_type, error),
        param=lent_text(_ffi.dosai_error_param, error),
        request_id=lent_text(_ffi.dosai_error_request_id, error),
        retry_after=None if retry_after_ms < 0 else retry_after_ms / 1000,
        body=error_body(received),
        _received=received,
        clock=_CLOCKS[_ffi.dosai_error_clock(error)],
        attempts=attempts_of(_ffi.dosai_error_attempt_count, _ffi.dosai_error_attempt, error),
        quirks=quirks_of(_ffi.dosai_error_completion(error)),
        timings=timings_of(_ffi.dosai_error_timings, error),
        is_retryable=_ffi.dosai_error_is_retryable(error) != 0,
        completion=partial_completion(_ffi.dosai_error_completion(error)),
    )


def raised_by_key(error: Any) -> Optional[BaseException]:
    """What the function api_key has raised, if the call was cancelled by it. Asked once for each call."""
    if not here.by_keys or _ffi.dosai_error_status(error) != _ffi.CANCELLED:
        return None
    return here.by_keys.pop(0) if lent_text(_ffi.dosai_error_message, error) == "cancelled by key_fn" else None


def headers_of(function: Callable[..., Any], of_all: Callable[..., Any], owner: Handle) -> Headers:
    return Headers(lambda name: lent_text(function, owner.pointer, c_string(name, "the name of a header")),
                   lambda: lent_bytes(of_all, owner.pointer) or b"")


def error_body(body: Optional[bytes]) -> Any:
    if not body:
        return None
    try:
        value = decode_received(body)
    except DosaiError:
        return body.decode("utf-8", "replace")
    return value.get("error", value) if isinstance(value, dict) else value


def partial_completion(completion: Any) -> Optional[ChatCompletion]:
    try:
        return completion_at(completion) if completion else None
    except DosaiError:
        return None


def completion_at(completion: Any) -> ChatCompletion:
    json = lent_bytes(_ffi.dosai_completion_json, completion) or b"{}"
    content, count, quirks = None, _ffi.dosai_completion_choice_count(completion), _ffi.dosai_completion_quirks(completion)
    if count == 1 and not quirks:
        content = lent_text(_ffi.dosai_completion_content, completion, 0)
    if content is None:
        answer = decode(json)
        if count > 1 or quirks:
            from ._repair import repair, sort_choices

            sort_choices(answer)
            if quirks:
                repair(answer, completion, lent_text)
        result = ChatCompletion(answer)
    else:
        result = text_completion(json, _ffi.dosai_completion_choice_index(completion, 0), content)
    result._json = json
    result._request_id = lent_text(_ffi.dosai_completion_request_id, completion)
    return result


def read_completion(owner: Handle) -> ChatCompletion:
    return completion_at(owner.pointer)


def read_json(owner: Handle) -> Any:
    return decode(lent_bytes(_ffi.dosai_response_json, owner.pointer) or b"null")


def read_response(owner: Handle, request: Optional[Request], result: Any) -> Response:
    completion = owner.pointer
    return Response(
        _ffi.dosai_completion_http_status(completion),
        headers_of(_ffi.dosai_completion_header, _ffi.dosai_completion_headers, owner),
        request,
        lent_text(_ffi.dosai_completion_request_id, completion),
        result,
        attempts=attempts_of(_ffi.dosai_completion_attempt_count, _ffi.dosai_completion_attempt, completion),
        quirks=quirks_of(completion),
        timings=timings_of(_ffi.dosai_completion_timings, completion),
    )
