"""include/dosai.h in ctypes, under its names. Written by scripts/declarations.py: change the header, then run that."""

from __future__ import annotations

from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p

from ._library import check, function, library


# Handles are types of their own, so that ctypes refuses one in the place of another.
class dosai_error(c_void_p): pass
class dosai_cancel(c_void_p): pass
class dosai_client(c_void_p): pass
class dosai_response(c_void_p): pass
class dosai_request(c_void_p): pass
class dosai_completion(c_void_p): pass
class dosai_stream(c_void_p): pass
class dosai_decoder(c_void_p): pass
class dosai_loop(c_void_p): pass
class dosai_call(c_void_p): pass

# ---- version

VERSION_NUMBER = 100
dosai_version = function("dosai_version", c_char_p)
dosai_version_number = function("dosai_version_number", c_int32)

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

dosai_status_name = function("dosai_status_name", c_char_p, dosai_status)

# ---- error

dosai_clock = c_int32
CLOCK_NONE = 0
CLOCK_CONNECT = 1
CLOCK_FIRST_TOKEN = 2
CLOCK_IDLE = 3
CLOCK_TOTAL = 4


class dosai_attempt(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("status", dosai_status),
        ("http_status", c_int32),
        ("reserved", c_int32),
        ("delay_ms", c_int64),
    ]


class dosai_timings(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reused_connection", c_int32),
        ("connect_us", c_int64),
        ("first_byte_us", c_int64),
        ("first_token_us", c_int64),
        ("total_us", c_int64),
    ]


dosai_error_status = function("dosai_error_status", dosai_status, dosai_error)
dosai_error_message = function("dosai_error_message", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_http_status = function("dosai_error_http_status", c_int32, dosai_error)
dosai_error_code = function("dosai_error_code", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_type = function("dosai_error_type", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_param = function("dosai_error_param", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_request_id = function("dosai_error_request_id", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_retry_after_ms = function("dosai_error_retry_after_ms", c_int64, dosai_error)
dosai_error_is_retryable = function("dosai_error_is_retryable", c_int32, dosai_error)
dosai_error_header = function("dosai_error_header", c_void_p, dosai_error, c_char_p, POINTER(c_size_t))
dosai_error_headers = function("dosai_error_headers", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_body = function("dosai_error_body", c_void_p, dosai_error, POINTER(c_size_t))
dosai_error_clock = function("dosai_error_clock", dosai_clock, dosai_error)
dosai_error_attempt_count = function("dosai_error_attempt_count", c_int32, dosai_error)
dosai_error_attempt = function("dosai_error_attempt", dosai_status, dosai_error, c_int32, POINTER(dosai_attempt))
dosai_error_timings = function("dosai_error_timings", dosai_status, dosai_error, POINTER(dosai_timings))
dosai_error_completion = function("dosai_error_completion", dosai_completion, dosai_error)
dosai_error_copy = function("dosai_error_copy", dosai_status, dosai_error, POINTER(dosai_error), POINTER(dosai_error))
dosai_error_free = function("dosai_error_free", None, dosai_error)

# ---- cancel

dosai_cancel_new = function("dosai_cancel_new", dosai_status, POINTER(dosai_cancel), POINTER(dosai_error))
dosai_cancel_trigger = function("dosai_cancel_trigger", None, dosai_cancel)
dosai_cancel_is_triggered = function("dosai_cancel_is_triggered", c_int32, dosai_cancel)
dosai_cancel_free = function("dosai_cancel_free", None, dosai_cancel)

# ---- client

dosai_log_level = c_int32
LOG_OFF = 0
LOG_ERROR = 1
LOG_WARNING = 2
LOG_INFO = 3
LOG_DEBUG = 4

dosai_log_fn = CFUNCTYPE(None, dosai_log_level, c_void_p, c_size_t, c_void_p)
dosai_call_event_kind = c_int32
CALL_STARTED = 1
CALL_ATTEMPT = 2
CALL_CONNECTED = 3
CALL_HEADERS = 4
CALL_FIRST_TOKEN = 5
CALL_RETRY = 6
CALL_ENDED = 7


class dosai_call_event(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", dosai_call_event_kind),
        ("call", c_size_t),
        ("method", c_char_p),
        ("host", c_char_p),
        ("path", c_char_p),
        ("model", c_char_p),
        ("request_id", c_char_p),
        ("attempt", c_int32),
        ("is_stream", c_int32),
        ("status", dosai_status),
        ("http_status", c_int32),
        ("delay_ms", c_int64),
        ("sent_bytes", c_int64),
        ("received_bytes", c_int64),
        ("event_count", c_int64),
        ("prompt_tokens", c_int64),
        ("completion_tokens", c_int64),
        ("cached_tokens", c_int64),
        ("reasoning_tokens", c_int64),
        ("timings", POINTER(dosai_timings)),
    ]


dosai_call_event_fn = CFUNCTYPE(None, POINTER(dosai_call_event), c_void_p)
dosai_key_fn = CFUNCTYPE(c_int32, c_void_p, c_size_t, c_void_p)


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
        ("key_fn", dosai_key_fn),
        ("key_user_data", c_void_p),
        ("on_event", dosai_call_event_fn),
        ("event_user_data", c_void_p),
        ("requests_per_minute", c_int64),
        ("tokens_per_minute", c_int64),
    ]


dosai_wait_fn = CFUNCTYPE(c_int32, c_void_p)


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
        ("last_event", c_char_p),
    ]


dosai_client_options_init = function("dosai_client_options_init", None, POINTER(dosai_client_options), c_size_t)
dosai_call_options_init = function("dosai_call_options_init", None, POINTER(dosai_call_options), c_size_t)
dosai_client_new = function("dosai_client_new", dosai_status, POINTER(dosai_client_options), POINTER(dosai_client),
                            POINTER(dosai_error))
dosai_client_get = function("dosai_client_get", dosai_status, dosai_client, c_char_p, POINTER(dosai_call_options),
                            POINTER(dosai_response), POINTER(dosai_error))
dosai_client_post = function("dosai_client_post", dosai_status, dosai_client, c_char_p, c_char_p, c_size_t,
                             POINTER(dosai_call_options), POINTER(dosai_response), POINTER(dosai_error))
dosai_client_warm = function("dosai_client_warm", dosai_status, dosai_client, c_int32, POINTER(dosai_call_options),
                             POINTER(dosai_error))
dosai_client_free = function("dosai_client_free", None, dosai_client)

# ---- response

dosai_response_json = function("dosai_response_json", c_void_p, dosai_response, POINTER(c_size_t))
dosai_response_http_status = function("dosai_response_http_status", c_int32, dosai_response)
dosai_response_header = function("dosai_response_header", c_void_p, dosai_response, c_char_p, POINTER(c_size_t))
dosai_response_headers = function("dosai_response_headers", c_void_p, dosai_response, POINTER(c_size_t))
dosai_response_request_id = function("dosai_response_request_id", c_void_p, dosai_response, POINTER(c_size_t))
dosai_response_attempt_count = function("dosai_response_attempt_count", c_int32, dosai_response)
dosai_response_attempt = function("dosai_response_attempt", dosai_status, dosai_response, c_int32,
                                  POINTER(dosai_attempt))
dosai_response_timings = function("dosai_response_timings", dosai_status, dosai_response, POINTER(dosai_timings))
dosai_response_copy = function("dosai_response_copy", dosai_status, dosai_response, POINTER(dosai_response),
                               POINTER(dosai_error))
dosai_response_free = function("dosai_response_free", None, dosai_response)

# ---- request

dosai_request_new = function("dosai_request_new", dosai_status, c_char_p, c_size_t, POINTER(dosai_request),
                             POINTER(dosai_error))
dosai_request_parse = function("dosai_request_parse", dosai_status, c_char_p, c_size_t, POINTER(dosai_request),
                               POINTER(dosai_error))
dosai_request_copy = function("dosai_request_copy", dosai_status, dosai_request, POINTER(dosai_request),
                              POINTER(dosai_error))
dosai_request_add_message = function("dosai_request_add_message", dosai_status, dosai_request, c_char_p, c_char_p,
                                     c_size_t, POINTER(dosai_error))
dosai_request_add_message_json = function("dosai_request_add_message_json", dosai_status, dosai_request, c_char_p,
                                          c_size_t, POINTER(dosai_error))
dosai_request_set_message_text = function("dosai_request_set_message_text", dosai_status, dosai_request, c_char_p,
                                          c_char_p, c_size_t, POINTER(dosai_error))
dosai_request_add_completion = function("dosai_request_add_completion", dosai_status, dosai_request, dosai_completion,
                                        c_int32, POINTER(dosai_error))
dosai_request_add_tool = function("dosai_request_add_tool", dosai_status, dosai_request, c_char_p, c_char_p, c_char_p,
                                  c_size_t, POINTER(dosai_error))
dosai_request_add_tool_result = function("dosai_request_add_tool_result", dosai_status, dosai_request, c_char_p,
                                         c_char_p, c_size_t, POINTER(dosai_error))
dosai_request_set_tool_choice = function("dosai_request_set_tool_choice", dosai_status, dosai_request, c_char_p,
                                         POINTER(dosai_error))
dosai_request_add_stop = function("dosai_request_add_stop", dosai_status, dosai_request, c_char_p, c_size_t,
                                  POINTER(dosai_error))
dosai_request_set_text = function("dosai_request_set_text", dosai_status, dosai_request, c_char_p, c_char_p, c_size_t,
                                  POINTER(dosai_error))
dosai_request_set_number = function("dosai_request_set_number", dosai_status, dosai_request, c_char_p, c_double,
                                    POINTER(dosai_error))
dosai_request_set_integer = function("dosai_request_set_integer", dosai_status, dosai_request, c_char_p, c_int64,
                                     POINTER(dosai_error))
dosai_request_set_json = function("dosai_request_set_json", dosai_status, dosai_request, c_char_p, c_char_p, c_size_t,
                                  POINTER(dosai_error))
dosai_request_set_json_schema = function("dosai_request_set_json_schema", dosai_status, dosai_request, c_char_p,
                                         c_char_p, c_size_t, c_int32, POINTER(dosai_error))
dosai_request_json = function("dosai_request_json", c_void_p, dosai_request, POINTER(c_size_t))
dosai_request_free = function("dosai_request_free", None, dosai_request)

# ---- completion

dosai_finish_reason = c_int32
FINISH_NONE = 0
FINISH_STOP = 1
FINISH_LENGTH = 2
FINISH_TOOL_CALLS = 3
FINISH_CONTENT_FILTER = 4
FINISH_OTHER = 5


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


QUIRK_DONE_MISSING = 1
QUIRK_DONE_PADDED = 2
QUIRK_AFTER_DONE = 4
QUIRK_EMPTY_EVENT = 8
QUIRK_LAST_EVENT_OPEN = 16
QUIRK_WHOLE_ANSWER = 32
QUIRK_CHOICES_MISSING = 64
QUIRK_DELTA_MISSING = 128
QUIRK_CHOICE_INDEX = 256
QUIRK_FINISH_REASON = 512
QUIRK_USAGE_REPEATED = 1024
QUIRK_USAGE_ELSEWHERE = 2048
QUIRK_CONTENT_PARTS = 4096
QUIRK_CREATED = 8192
QUIRK_ID_CHANGED = 16384
QUIRK_TOOL_INDEX = 32768
QUIRK_TOOL_REPEATED = 65536
QUIRK_ARGUMENTS_OBJECT = 131072
QUIRK_TEXT_REPAIRED = 262144
QUIRK_BIG_NUMBER = 524288

dosai_completion_id = function("dosai_completion_id", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_object = function("dosai_completion_object", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_created = function("dosai_completion_created", c_int64, dosai_completion)
dosai_completion_model = function("dosai_completion_model", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_choice_count = function("dosai_completion_choice_count", c_int32, dosai_completion)
dosai_completion_choice_index = function("dosai_completion_choice_index", c_int32, dosai_completion, c_int32)
dosai_completion_role = function("dosai_completion_role", c_void_p, dosai_completion, c_int32, POINTER(c_size_t))
dosai_completion_content = function("dosai_completion_content", c_void_p, dosai_completion, c_int32, POINTER(c_size_t))
dosai_completion_refusal = function("dosai_completion_refusal", c_void_p, dosai_completion, c_int32, POINTER(c_size_t))
dosai_completion_reasoning = function("dosai_completion_reasoning", c_void_p, dosai_completion, c_int32,
                                      POINTER(c_size_t))
dosai_completion_finish_reason = function("dosai_completion_finish_reason", dosai_finish_reason, dosai_completion,
                                          c_int32)
dosai_completion_finish_reason_text = function("dosai_completion_finish_reason_text", c_void_p, dosai_completion,
                                               c_int32, POINTER(c_size_t))
dosai_completion_tool_call_count = function("dosai_completion_tool_call_count", c_int32, dosai_completion, c_int32)
dosai_completion_tool_call_id = function("dosai_completion_tool_call_id", c_void_p, dosai_completion, c_int32, c_int32,
                                         POINTER(c_size_t))
dosai_completion_tool_call_name = function("dosai_completion_tool_call_name", c_void_p, dosai_completion, c_int32,
                                           c_int32, POINTER(c_size_t))
dosai_completion_tool_call_arguments = function("dosai_completion_tool_call_arguments", c_void_p, dosai_completion,
                                                c_int32, c_int32, POINTER(c_size_t))
dosai_completion_message_json = function("dosai_completion_message_json", c_void_p, dosai_completion, c_int32,
                                         POINTER(c_size_t))
dosai_completion_json = function("dosai_completion_json", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_usage = function("dosai_completion_usage", dosai_status, dosai_completion, POINTER(dosai_usage))
dosai_completion_timings = function("dosai_completion_timings", dosai_status, dosai_completion, POINTER(dosai_timings))
dosai_completion_request_id = function("dosai_completion_request_id", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_header = function("dosai_completion_header", c_void_p, dosai_completion, c_char_p, POINTER(c_size_t))
dosai_completion_headers = function("dosai_completion_headers", c_void_p, dosai_completion, POINTER(c_size_t))
dosai_completion_http_status = function("dosai_completion_http_status", c_int32, dosai_completion)
dosai_completion_attempt_count = function("dosai_completion_attempt_count", c_int32, dosai_completion)
dosai_completion_attempt = function("dosai_completion_attempt", dosai_status, dosai_completion, c_int32,
                                    POINTER(dosai_attempt))
dosai_completion_quirks = function("dosai_completion_quirks", c_uint32, dosai_completion)
dosai_quirk_name = function("dosai_quirk_name", c_char_p, c_uint32)
dosai_completion_copy = function("dosai_completion_copy", dosai_status, dosai_completion, POINTER(dosai_completion),
                                 POINTER(dosai_error))
dosai_completion_free = function("dosai_completion_free", None, dosai_completion)

# ---- chat

dosai_chunk_kind = c_int32
CHUNK_OTHER = 0
CHUNK_CONTENT = 1
CHUNK_REASONING = 2
CHUNK_REFUSAL = 3
CHUNK_TOOL_CALL = 4
CHUNK_FINISH = 5
CHUNK_USAGE = 6
CHUNK_EVENT = 7


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
        ("text_only", c_int32),
        ("reserved", c_int32),
        ("event_type", c_char_p),
        ("event_type_length", c_size_t),
        ("event_id", c_char_p),
        ("event_id_length", c_size_t),
    ]


dosai_chunk_fn = CFUNCTYPE(c_int32, POINTER(dosai_chunk), c_void_p)
dosai_chat = function("dosai_chat", dosai_status, dosai_client, dosai_request, POINTER(dosai_call_options),
                      POINTER(dosai_completion), POINTER(dosai_error))
dosai_chat_stream = function("dosai_chat_stream", dosai_status, dosai_client, dosai_request,
                             POINTER(dosai_call_options), dosai_chunk_fn, c_void_p, POINTER(dosai_completion),
                             POINTER(dosai_error))

# ---- stream

dosai_stream_open = function("dosai_stream_open", dosai_status, dosai_client, dosai_request,
                             POINTER(dosai_call_options), POINTER(dosai_stream), POINTER(dosai_error))
dosai_stream_open_post = function("dosai_stream_open_post", dosai_status, dosai_client, c_char_p, c_char_p, c_size_t,
                                  POINTER(dosai_call_options), POINTER(dosai_stream), POINTER(dosai_error))
dosai_stream_next = function("dosai_stream_next", dosai_status, dosai_stream, c_int64, POINTER(c_void_p),
                             POINTER(dosai_error))
dosai_stream_next_unchecked = library["dosai_stream_next"]
dosai_stream_completion = function("dosai_stream_completion", dosai_status, dosai_stream, POINTER(dosai_completion),
                                   POINTER(dosai_error))
dosai_stream_free = function("dosai_stream_free", None, dosai_stream)

# ---- decoder

dosai_decoder_new = function("dosai_decoder_new", dosai_status, POINTER(dosai_client_options), POINTER(dosai_decoder),
                             POINTER(dosai_error))
dosai_decoder_feed = function("dosai_decoder_feed", dosai_status, dosai_decoder, c_char_p, c_size_t,
                              POINTER(dosai_error))
dosai_decoder_finish = function("dosai_decoder_finish", dosai_status, dosai_decoder, POINTER(dosai_error))
dosai_decoder_next = function("dosai_decoder_next", dosai_status, dosai_decoder, POINTER(c_void_p),
                              POINTER(dosai_error))
dosai_decoder_completion = function("dosai_decoder_completion", dosai_status, dosai_decoder, POINTER(dosai_completion),
                                    POINTER(dosai_error))
dosai_decoder_free = function("dosai_decoder_free", None, dosai_decoder)

# ---- loop

dosai_event_kind = c_int32
EVENT_CHUNK = 1
EVENT_COMPLETION = 2
EVENT_ERROR = 3
EVENT_RESPONSE = 4


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


dosai_event_fn = CFUNCTYPE(c_int32, POINTER(dosai_event), c_void_p)


class dosai_loop_options(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("max_in_flight", c_int32),
        ("max_connections_per_host", c_int32),
        ("reserved", c_int32),
        ("requests_per_minute", c_int64),
        ("tokens_per_minute", c_int64),
    ]


dosai_loop_options_init = function("dosai_loop_options_init", None, POINTER(dosai_loop_options), c_size_t)
dosai_loop_new = function("dosai_loop_new", dosai_status, POINTER(dosai_loop_options), POINTER(dosai_loop),
                          POINTER(dosai_error))
dosai_loop_submit_chat = function("dosai_loop_submit_chat", dosai_status, dosai_loop, dosai_client, dosai_request,
                                  POINTER(dosai_call_options), c_size_t, POINTER(dosai_call), POINTER(dosai_error))
dosai_loop_submit_stream = function("dosai_loop_submit_stream", dosai_status, dosai_loop, dosai_client, dosai_request,
                                    POINTER(dosai_call_options), c_size_t, POINTER(dosai_call), POINTER(dosai_error))
dosai_loop_submit_get = function("dosai_loop_submit_get", dosai_status, dosai_loop, dosai_client, c_char_p,
                                 POINTER(dosai_call_options), c_size_t, POINTER(dosai_call), POINTER(dosai_error))
dosai_loop_submit_post = function("dosai_loop_submit_post", dosai_status, dosai_loop, dosai_client, c_char_p, c_char_p,
                                  c_size_t, POINTER(dosai_call_options), c_size_t, POINTER(dosai_call),
                                  POINTER(dosai_error))
dosai_loop_submit_stream_post = function("dosai_loop_submit_stream_post", dosai_status, dosai_loop, dosai_client,
                                         c_char_p, c_char_p, c_size_t, POINTER(dosai_call_options), c_size_t,
                                         POINTER(dosai_call), POINTER(dosai_error))
dosai_loop_step = function("dosai_loop_step", dosai_status, dosai_loop, c_int64, dosai_event_fn, c_void_p,
                           POINTER(c_size_t), POINTER(dosai_error))
dosai_loop_step_unchecked = library["dosai_loop_step"]
dosai_loop_next = function("dosai_loop_next", dosai_status, dosai_loop, POINTER(c_void_p), POINTER(dosai_error))
dosai_loop_next_unchecked = library["dosai_loop_next"]
dosai_loop_fd = function("dosai_loop_fd", c_int32, dosai_loop)
dosai_loop_timeout_ms = function("dosai_loop_timeout_ms", c_int64, dosai_loop)
dosai_loop_wake = function("dosai_loop_wake", None, dosai_loop)
dosai_loop_close = function("dosai_loop_close", dosai_status, dosai_loop, dosai_event_fn, c_void_p,
                            POINTER(dosai_error))
dosai_call_cancel = function("dosai_call_cancel", None, dosai_call)
dosai_call_pause = function("dosai_call_pause", None, dosai_call)
dosai_call_resume = function("dosai_call_resume", None, dosai_call)
dosai_call_completion = function("dosai_call_completion", dosai_status, dosai_call, POINTER(dosai_completion),
                                 POINTER(dosai_error))
dosai_call_free = function("dosai_call_free", None, dosai_call)

check(VERSION_NUMBER, dosai_version_number(), dosai_version().decode(),
      {dosai_client_options: dosai_client_options_init, dosai_call_options: dosai_call_options_init,
      dosai_loop_options: dosai_loop_options_init})
