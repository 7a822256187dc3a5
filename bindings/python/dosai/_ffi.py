"""include/dosai.h in ctypes: its structs, its constants and its functions, in its order and under its names."""

from __future__ import annotations

import os
from ctypes import (
    CDLL, CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32,
    c_void_p, sizeof,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAME = "libdosai.so.0"
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_VERSION_NUMBER = 100


def _load() -> CDLL:
    named = os.environ.get("DOSAI_LIBRARY")
    if named:
        paths = [named]
    else:
        built = os.path.join(_PACKAGE, "..", "..", "..", "build", "lib", _NAME)
        paths = [path for path in (os.path.join(_PACKAGE, _NAME), os.path.normpath(built)) if os.path.exists(path)]
        paths.append(_NAME)
    try:
        return CDLL(paths[0])
    except OSError as error:
        raise ImportError(
            f"dosai: cannot load its library: {error}. Looked at DOSAI_LIBRARY, in {_PACKAGE}, in build/lib of the "
            f"source tree, and among the system's libraries; the first one found counts. "
            f"Build it with `make`, or set DOSAI_LIBRARY to the path of {_NAME}.",
            name="dosai", path=paths[0],
        ) from None


_library = _load()


def _function(name: str, result: Any, *arguments: Any) -> Any:
    try:
        function = getattr(_library, name)
    except AttributeError:
        raise ImportError(f"dosai: {_library._name} has no {name}: it is not the library of this package.",
                          name="dosai", path=_library._name) from None
    function.restype = result
    function.argtypes = arguments
    return function


# Handles are types of their own, so that ctypes refuses one in the place of another.
class dosai_error(c_void_p): pass
class dosai_cancel(c_void_p): pass
class dosai_client(c_void_p): pass
class dosai_response(c_void_p): pass
class dosai_request(c_void_p): pass
class dosai_completion(c_void_p): pass
class dosai_stream(c_void_p): pass
class dosai_loop(c_void_p): pass
class dosai_call(c_void_p): pass


_size_out = POINTER(c_size_t)
_error_out = POINTER(dosai_error)
_completion_out = POINTER(dosai_completion)
_response_out = POINTER(dosai_response)
_text_out = c_void_p

# ---- version

dosai_version = _function("dosai_version", c_char_p)
dosai_version_number = _function("dosai_version_number", c_int32)

# ---- status

dosai_status = c_int32
OK = 0
INVALID_ARGUMENT = -1
OUT_OF_MEMORY = -2
RESOURCE = -3
BUSY = -4
FORKED = -5
CANCELLED = -6
TIMEOUT = -7
CONNECTION = -8
TLS = -9
TRUNCATED = -10
PROTOCOL = -11
TOO_LARGE = -12
REDIRECTED = -13
WOULD_BLOCK = -14
PROXY = -15
BAD_REQUEST = -20
AUTHENTICATION = -21
INSUFFICIENT_CREDITS = -22
PERMISSION = -23
NOT_FOUND = -24
RATE_LIMITED = -25
SERVER = -26
UNAVAILABLE = -27
PROVIDER = -28
INTERNAL = -99

dosai_status_name = _function("dosai_status_name", c_char_p, dosai_status)

# ---- error

dosai_clock = c_int32
CLOCK_NONE, CLOCK_CONNECT, CLOCK_FIRST_TOKEN, CLOCK_IDLE, CLOCK_TOTAL = range(5)


class dosai_timings(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reused_connection", c_int32),
        ("connect_us", c_int64),
        ("first_byte_us", c_int64),
        ("first_token_us", c_int64),
        ("total_us", c_int64),
    ]


class dosai_attempt(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("status", dosai_status),
        ("http_status", c_int32),
        ("reserved", c_int32),
        ("delay_ms", c_int64),
    ]


dosai_error_status = _function("dosai_error_status", dosai_status, dosai_error)
dosai_error_message = _function("dosai_error_message", _text_out, dosai_error, _size_out)
dosai_error_http_status = _function("dosai_error_http_status", c_int32, dosai_error)
dosai_error_code = _function("dosai_error_code", _text_out, dosai_error, _size_out)
dosai_error_type = _function("dosai_error_type", _text_out, dosai_error, _size_out)
dosai_error_param = _function("dosai_error_param", _text_out, dosai_error, _size_out)
dosai_error_request_id = _function("dosai_error_request_id", _text_out, dosai_error, _size_out)
dosai_error_retry_after_ms = _function("dosai_error_retry_after_ms", c_int64, dosai_error)
dosai_error_is_retryable = _function("dosai_error_is_retryable", c_int32, dosai_error)
dosai_error_header = _function("dosai_error_header", _text_out, dosai_error, c_char_p, _size_out)
dosai_error_body = _function("dosai_error_body", _text_out, dosai_error, _size_out)
dosai_error_clock = _function("dosai_error_clock", dosai_clock, dosai_error)
dosai_error_attempt_count = _function("dosai_error_attempt_count", c_int32, dosai_error)
dosai_error_attempt = _function("dosai_error_attempt", dosai_status, dosai_error, c_int32, POINTER(dosai_attempt))
dosai_error_timings = _function("dosai_error_timings", dosai_status, dosai_error, POINTER(dosai_timings))
dosai_error_completion = _function("dosai_error_completion", dosai_completion, dosai_error)
dosai_error_copy = _function("dosai_error_copy", dosai_status, dosai_error, _error_out, _error_out)
dosai_error_free = _function("dosai_error_free", None, dosai_error)

# ---- cancel

dosai_cancel_new = _function("dosai_cancel_new", dosai_status, POINTER(dosai_cancel), _error_out)
dosai_cancel_trigger = _function("dosai_cancel_trigger", None, dosai_cancel)
dosai_cancel_is_triggered = _function("dosai_cancel_is_triggered", c_int32, dosai_cancel)
dosai_cancel_free = _function("dosai_cancel_free", None, dosai_cancel)

# ---- client

dosai_log_level = c_int32
LOG_OFF, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG = range(5)
dosai_log_fn = CFUNCTYPE(None, dosai_log_level, c_void_p, c_size_t, c_void_p)
dosai_wait_fn = CFUNCTYPE(c_int32, c_void_p)


class dosai_client_options(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("max_retries", c_int32),
        ("base_url", c_char_p),
        ("api_key", c_char_p),
        ("api_key_header", c_char_p),
        ("organization", c_char_p),
        ("project", c_char_p),
        ("user_agent", c_char_p),
        ("headers", POINTER(c_char_p)),
        ("header_count", c_size_t),
        ("ca_file", c_char_p),
        ("ca_pem", c_char_p),
        ("ca_pem_length", c_size_t),
        ("client_certificate_file", c_char_p),
        ("client_key_file", c_char_p),
        ("client_key_password", c_char_p),
        ("proxy", c_char_p),
        ("unix_socket", c_char_p),
        ("connect_timeout_ms", c_int64),
        ("first_token_timeout_ms", c_int64),
        ("idle_timeout_ms", c_int64),
        ("total_timeout_ms", c_int64),
        ("keep_alive_timeout_ms", c_int64),
        ("max_event_bytes", c_int64),
        ("max_response_bytes", c_int64),
        ("max_text_bytes", c_int64),
        ("max_header_bytes", c_int64),
        ("max_json_nodes", c_int32),
        ("max_json_depth", c_int32),
        ("max_choices", c_int32),
        ("max_tool_calls", c_int32),
        ("max_redirects", c_int32),
        ("allow_insecure_http", c_int32),
        ("proxy_from_environment", c_int32),
        ("http1_only", c_int32),
        ("log_level", dosai_log_level),
        ("on_log", dosai_log_fn),
        ("log_user_data", c_void_p),
    ]


class dosai_call_options(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("max_retries", c_int32),
        ("connect_timeout_ms", c_int64),
        ("first_token_timeout_ms", c_int64),
        ("idle_timeout_ms", c_int64),
        ("total_timeout_ms", c_int64),
        ("headers", POINTER(c_char_p)),
        ("header_count", c_size_t),
        ("cancel", dosai_cancel),
        ("on_wait", dosai_wait_fn),
        ("wait_user_data", c_void_p),
        ("wait_interval_ms", c_int64),
    ]


_call_in = POINTER(dosai_call_options)

dosai_client_options_init = _function("dosai_client_options_init", None, POINTER(dosai_client_options), c_size_t)
dosai_call_options_init = _function("dosai_call_options_init", None, _call_in, c_size_t)
dosai_client_new = _function("dosai_client_new", dosai_status, POINTER(dosai_client_options), POINTER(dosai_client),
                             _error_out)
dosai_client_get = _function("dosai_client_get", dosai_status, dosai_client, c_char_p, _call_in, _response_out,
                             _error_out)
dosai_client_post = _function("dosai_client_post", dosai_status, dosai_client, c_char_p, c_char_p, c_size_t, _call_in,
                              _response_out, _error_out)
dosai_client_free = _function("dosai_client_free", None, dosai_client)

# ---- response

dosai_response_json = _function("dosai_response_json", _text_out, dosai_response, _size_out)
dosai_response_http_status = _function("dosai_response_http_status", c_int32, dosai_response)
dosai_response_header = _function("dosai_response_header", _text_out, dosai_response, c_char_p, _size_out)
dosai_response_request_id = _function("dosai_response_request_id", _text_out, dosai_response, _size_out)
dosai_response_attempt_count = _function("dosai_response_attempt_count", c_int32, dosai_response)
dosai_response_attempt = _function("dosai_response_attempt", dosai_status, dosai_response, c_int32,
                                   POINTER(dosai_attempt))
dosai_response_timings = _function("dosai_response_timings", dosai_status, dosai_response, POINTER(dosai_timings))
dosai_response_copy = _function("dosai_response_copy", dosai_status, dosai_response, _response_out, _error_out)
dosai_response_free = _function("dosai_response_free", None, dosai_response)

# ---- request

_request_out = POINTER(dosai_request)

dosai_request_new = _function("dosai_request_new", dosai_status, c_char_p, c_size_t, _request_out, _error_out)
dosai_request_parse = _function("dosai_request_parse", dosai_status, c_char_p, c_size_t, _request_out, _error_out)
dosai_request_copy = _function("dosai_request_copy", dosai_status, dosai_request, _request_out, _error_out)
dosai_request_add_message = _function("dosai_request_add_message", dosai_status, dosai_request, c_char_p, c_char_p,
                                      c_size_t, _error_out)
dosai_request_add_message_json = _function("dosai_request_add_message_json", dosai_status, dosai_request, c_char_p,
                                           c_size_t, _error_out)
dosai_request_set_message_text = _function("dosai_request_set_message_text", dosai_status, dosai_request, c_char_p,
                                           c_char_p, c_size_t, _error_out)
dosai_request_add_completion = _function("dosai_request_add_completion", dosai_status, dosai_request,
                                         dosai_completion, c_int32, _error_out)
dosai_request_add_tool = _function("dosai_request_add_tool", dosai_status, dosai_request, c_char_p, c_char_p,
                                   c_char_p, c_size_t, _error_out)
dosai_request_add_tool_result = _function("dosai_request_add_tool_result", dosai_status, dosai_request, c_char_p,
                                          c_char_p, c_size_t, _error_out)
dosai_request_set_tool_choice = _function("dosai_request_set_tool_choice", dosai_status, dosai_request, c_char_p,
                                          _error_out)
dosai_request_add_stop = _function("dosai_request_add_stop", dosai_status, dosai_request, c_char_p, c_size_t,
                                   _error_out)
dosai_request_set_text = _function("dosai_request_set_text", dosai_status, dosai_request, c_char_p, c_char_p,
                                   c_size_t, _error_out)
dosai_request_set_number = _function("dosai_request_set_number", dosai_status, dosai_request, c_char_p, c_double,
                                     _error_out)
dosai_request_set_integer = _function("dosai_request_set_integer", dosai_status, dosai_request, c_char_p, c_int64,
                                      _error_out)
dosai_request_set_json = _function("dosai_request_set_json", dosai_status, dosai_request, c_char_p, c_char_p,
                                   c_size_t, _error_out)
dosai_request_json = _function("dosai_request_json", _text_out, dosai_request, _size_out)
dosai_request_free = _function("dosai_request_free", None, dosai_request)

# ---- completion

dosai_finish_reason = c_int32
FINISH_NONE, FINISH_STOP, FINISH_LENGTH, FINISH_TOOL_CALLS, FINISH_CONTENT_FILTER, FINISH_OTHER = range(6)
(
    QUIRK_DONE_MISSING,
    QUIRK_DONE_PADDED,
    QUIRK_AFTER_DONE,
    QUIRK_EMPTY_EVENT,
    QUIRK_LAST_EVENT_OPEN,
    QUIRK_WHOLE_ANSWER,
    QUIRK_CHOICES_MISSING,
    QUIRK_DELTA_MISSING,
    QUIRK_CHOICE_INDEX,
    QUIRK_FINISH_REASON,
    QUIRK_USAGE_REPEATED,
    QUIRK_USAGE_ELSEWHERE,
    QUIRK_CONTENT_PARTS,
    QUIRK_CREATED,
    QUIRK_ID_CHANGED,
    QUIRK_TOOL_INDEX,
    QUIRK_TOOL_REPEATED,
    QUIRK_ARGUMENTS_OBJECT,
    QUIRK_TEXT_REPAIRED,
    QUIRK_BIG_NUMBER,
) = (1 << bit for bit in range(20))


class dosai_usage(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_int32),
        ("prompt_tokens", c_int64),
        ("completion_tokens", c_int64),
        ("total_tokens", c_int64),
        ("cached_tokens", c_int64),
        ("reasoning_tokens", c_int64),
    ]


dosai_completion_id = _function("dosai_completion_id", _text_out, dosai_completion, _size_out)
dosai_completion_object = _function("dosai_completion_object", _text_out, dosai_completion, _size_out)
dosai_completion_created = _function("dosai_completion_created", c_int64, dosai_completion)
dosai_completion_model = _function("dosai_completion_model", _text_out, dosai_completion, _size_out)
dosai_completion_choice_count = _function("dosai_completion_choice_count", c_int32, dosai_completion)
dosai_completion_choice_index = _function("dosai_completion_choice_index", c_int32, dosai_completion, c_int32)
dosai_completion_role = _function("dosai_completion_role", _text_out, dosai_completion, c_int32, _size_out)
dosai_completion_content = _function("dosai_completion_content", _text_out, dosai_completion, c_int32, _size_out)
dosai_completion_refusal = _function("dosai_completion_refusal", _text_out, dosai_completion, c_int32, _size_out)
dosai_completion_reasoning = _function("dosai_completion_reasoning", _text_out, dosai_completion, c_int32, _size_out)
dosai_completion_finish_reason = _function("dosai_completion_finish_reason", dosai_finish_reason, dosai_completion,
                                           c_int32)
dosai_completion_finish_reason_text = _function("dosai_completion_finish_reason_text", _text_out, dosai_completion,
                                                c_int32, _size_out)
dosai_completion_tool_call_count = _function("dosai_completion_tool_call_count", c_int32, dosai_completion, c_int32)
dosai_completion_tool_call_id = _function("dosai_completion_tool_call_id", _text_out, dosai_completion, c_int32,
                                          c_int32, _size_out)
dosai_completion_tool_call_name = _function("dosai_completion_tool_call_name", _text_out, dosai_completion, c_int32,
                                            c_int32, _size_out)
dosai_completion_tool_call_arguments = _function("dosai_completion_tool_call_arguments", _text_out, dosai_completion,
                                                 c_int32, c_int32, _size_out)
dosai_completion_message_json = _function("dosai_completion_message_json", _text_out, dosai_completion, c_int32,
                                          _size_out)
dosai_completion_json = _function("dosai_completion_json", _text_out, dosai_completion, _size_out)
dosai_completion_usage = _function("dosai_completion_usage", dosai_status, dosai_completion, POINTER(dosai_usage))
dosai_completion_timings = _function("dosai_completion_timings", dosai_status, dosai_completion,
                                     POINTER(dosai_timings))
dosai_completion_request_id = _function("dosai_completion_request_id", _text_out, dosai_completion, _size_out)
dosai_completion_header = _function("dosai_completion_header", _text_out, dosai_completion, c_char_p, _size_out)
dosai_completion_http_status = _function("dosai_completion_http_status", c_int32, dosai_completion)
dosai_completion_attempt_count = _function("dosai_completion_attempt_count", c_int32, dosai_completion)
dosai_completion_attempt = _function("dosai_completion_attempt", dosai_status, dosai_completion, c_int32,
                                     POINTER(dosai_attempt))
dosai_completion_quirks = _function("dosai_completion_quirks", c_uint32, dosai_completion)
dosai_quirk_name = _function("dosai_quirk_name", c_char_p, c_uint32)
dosai_completion_copy = _function("dosai_completion_copy", dosai_status, dosai_completion, _completion_out, _error_out)
dosai_completion_free = _function("dosai_completion_free", None, dosai_completion)

# ---- chat

dosai_chunk_kind = c_int32
CHUNK_OTHER, CHUNK_CONTENT, CHUNK_REASONING, CHUNK_REFUSAL, CHUNK_TOOL_CALL, CHUNK_FINISH, CHUNK_USAGE = range(7)


class dosai_chunk(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", dosai_chunk_kind),
        ("choice", c_int32),
        ("last_in_event", c_int32),
        ("event_index", c_int64),
        ("text", c_char_p),
        ("text_length", c_size_t),
        ("tool_call", c_int32),
        ("finish_reason", dosai_finish_reason),
        ("tool_call_id", c_char_p),
        ("tool_call_id_length", c_size_t),
        ("tool_call_name", c_char_p),
        ("tool_call_name_length", c_size_t),
        ("usage", POINTER(dosai_usage)),
        ("json", c_char_p),
        ("json_length", c_size_t),
    ]


dosai_chunk_fn = CFUNCTYPE(c_int32, POINTER(dosai_chunk), c_void_p)

dosai_chat = _function("dosai_chat", dosai_status, dosai_client, dosai_request, _call_in, _completion_out, _error_out)
dosai_chat_stream = _function("dosai_chat_stream", dosai_status, dosai_client, dosai_request, _call_in,
                              dosai_chunk_fn, c_void_p, _completion_out, _error_out)

# ---- stream

# The chunk comes out as its address: the layer above keeps one view of it for as long as the address is the same.
dosai_stream_open = _function("dosai_stream_open", dosai_status, dosai_client, dosai_request, _call_in,
                              POINTER(dosai_stream), _error_out)
dosai_stream_next = _function("dosai_stream_next", dosai_status, dosai_stream, c_int64, POINTER(c_void_p), _error_out)
dosai_stream_next_unchecked = _library["dosai_stream_next"]  # for ctypes values of the right types: 400 ns less
dosai_stream_completion = _function("dosai_stream_completion", dosai_status, dosai_stream, _completion_out,
                                    _error_out)
dosai_stream_free = _function("dosai_stream_free", None, dosai_stream)

# ---- loop

dosai_event_kind = c_int32
EVENT_CHUNK, EVENT_COMPLETION, EVENT_ERROR, EVENT_RESPONSE = range(1, 5)


# The chunk comes as its address, as of a stream.
class dosai_event(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", dosai_event_kind),
        ("tag", c_size_t),
        ("chunk", c_void_p),
        ("completion", dosai_completion),
        ("error", dosai_error),
        ("response", dosai_response),
    ]


class dosai_loop_options(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("max_in_flight", c_int32),
        ("max_connections_per_host", c_int32),
        ("reserved", c_int32),
    ]


dosai_event_fn = CFUNCTYPE(c_int32, POINTER(dosai_event), c_void_p)

dosai_loop_options_init = _function("dosai_loop_options_init", None, POINTER(dosai_loop_options), c_size_t)
dosai_loop_new = _function("dosai_loop_new", dosai_status, POINTER(dosai_loop_options), POINTER(dosai_loop),
                           _error_out)
dosai_loop_submit_chat = _function("dosai_loop_submit_chat", dosai_status, dosai_loop, dosai_client, dosai_request,
                                   _call_in, c_size_t, POINTER(dosai_call), _error_out)
dosai_loop_submit_stream = _function("dosai_loop_submit_stream", dosai_status, dosai_loop, dosai_client,
                                     dosai_request, _call_in, c_size_t, POINTER(dosai_call), _error_out)
dosai_loop_submit_get = _function("dosai_loop_submit_get", dosai_status, dosai_loop, dosai_client, c_char_p, _call_in,
                                  c_size_t, POINTER(dosai_call), _error_out)
dosai_loop_submit_post = _function("dosai_loop_submit_post", dosai_status, dosai_loop, dosai_client, c_char_p,
                                   c_char_p, c_size_t, _call_in, c_size_t, POINTER(dosai_call), _error_out)
dosai_loop_step = _function("dosai_loop_step", dosai_status, dosai_loop, c_int64, dosai_event_fn, c_void_p, _size_out,
                            _error_out)
dosai_loop_step_unchecked = _library["dosai_loop_step"]
dosai_loop_next = _function("dosai_loop_next", dosai_status, dosai_loop, POINTER(c_void_p), _error_out)
dosai_loop_next_unchecked = _library["dosai_loop_next"]
dosai_loop_fd = _function("dosai_loop_fd", c_int32, dosai_loop)
dosai_loop_timeout_ms = _function("dosai_loop_timeout_ms", c_int64, dosai_loop)
dosai_loop_wake = _function("dosai_loop_wake", None, dosai_loop)
dosai_loop_close = _function("dosai_loop_close", dosai_status, dosai_loop, dosai_event_fn, c_void_p, _error_out)
dosai_call_cancel = _function("dosai_call_cancel", None, dosai_call)
dosai_call_pause = _function("dosai_call_pause", None, dosai_call)
dosai_call_resume = _function("dosai_call_resume", None, dosai_call)
dosai_call_completion = _function("dosai_call_completion", dosai_status, dosai_call, _completion_out, _error_out)
dosai_call_free = _function("dosai_call_free", None, dosai_call)


def _check() -> None:
    number = dosai_version_number()
    if number < _VERSION_NUMBER or number // 10000 != _VERSION_NUMBER // 10000:
        raise ImportError(
            f"dosai: {_library._name} is version {dosai_version().decode()}, but this package needs "
            f"{_VERSION_NUMBER // 10000}.{_VERSION_NUMBER // 100 % 100} or newer of the same major version.",
            name="dosai", path=_library._name,
        )
    inits = {dosai_client_options: dosai_client_options_init, dosai_call_options: dosai_call_options_init}
    for structure, init in inits.items():
        options = structure()
        init(byref(options), sizeof(structure))
        if options.struct_size != sizeof(structure):
            raise ImportError(f"dosai: {_library._name} does not know {structure.__name__} as this package does.",
                              name="dosai", path=_library._name)


_check()
