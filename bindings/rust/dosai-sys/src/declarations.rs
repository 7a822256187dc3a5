//! Written by scripts/declarations.py: change include/dosai.h, then run that.

use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_int, c_void};

/// The length of a C string.
pub const DOSAI_NUL_TERMINATED: usize = usize::MAX;
/// The version of the header.
pub const DOSAI_VERSION_NUMBER: i32 = 100;

/// why a call failed, and what had arrived
#[repr(C)]
pub struct dosai_error {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// a token that cancels the calls that use it
#[repr(C)]
pub struct dosai_cancel {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// an endpoint, a key, limits, open connections
#[repr(C)]
pub struct dosai_client {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// the answer to a GET or a POST
#[repr(C)]
pub struct dosai_response {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// a chat request
#[repr(C)]
pub struct dosai_request {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// the answer to a chat request, complete or in part
#[repr(C)]
pub struct dosai_completion {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// one streaming call, read chunk by chunk
#[repr(C)]
pub struct dosai_stream {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// reads a stream whose bytes you receive yourself
#[repr(C)]
pub struct dosai_decoder {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// many calls on one thread, with one descriptor to poll
#[repr(C)]
pub struct dosai_loop {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
/// one call in a loop
#[repr(C)]
pub struct dosai_call {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type dosai_status = i32;
pub type dosai_clock = i32;
pub type dosai_log_level = i32;
pub type dosai_call_event_kind = i32;
pub type dosai_finish_reason = i32;
pub type dosai_chunk_kind = i32;
pub type dosai_event_kind = i32;

pub const DOSAI_OK: dosai_status = 0;
/// an invalid value, handle, struct_size or JSON
pub const DOSAI_INVALID_ARGUMENT: dosai_status = -1;
/// memory could not be allocated; see "Memory"
pub const DOSAI_OUT_OF_MEMORY: dosai_status = -2;
/// no free file descriptor, or libcurl is too old
pub const DOSAI_RESOURCE: dosai_status = -3;
/// not possible in a callback, or another thread is using the handle
pub const DOSAI_BUSY: dosai_status = -4;
/// the handle was created before a fork
pub const DOSAI_FORKED: dosai_status = -5;
/// by a token, a callback, a cancel, free or close function, or exit()
pub const DOSAI_CANCELLED: dosai_status = -6;
/// a clock ran out; dosai_error_clock says which
pub const DOSAI_TIMEOUT: dosai_status = -7;
/// unknown host, no connection, or it broke before the answer began
pub const DOSAI_CONNECTION: dosai_status = -8;
/// no secure connection, for example with an untrusted certificate
pub const DOSAI_TLS: dosai_status = -9;
/// the answer ended before it was complete
pub const DOSAI_TRUNCATED: dosai_status = -10;
/// the answer is not valid HTTP, JSON or server-sent events
pub const DOSAI_PROTOCOL: dosai_status = -11;
/// a limit was exceeded; the message names it
pub const DOSAI_TOO_LARGE: dosai_status = -12;
/// 3xx; see dosai_error_header(error, "location", NULL)
pub const DOSAI_REDIRECTED: dosai_status = -13;
/// nothing came within timeout_ms; there is no error object
pub const DOSAI_WOULD_BLOCK: dosai_status = -14;
/// the proxy refused the connection, or the answer is a 407
pub const DOSAI_PROXY: dosai_status = -15;
/// 400, 409, 413, 422 and other 4xx
pub const DOSAI_BAD_REQUEST: dosai_status = -20;
/// 401
pub const DOSAI_AUTHENTICATION: dosai_status = -21;
/// 402, or 429 with the error code insufficient_quota
pub const DOSAI_INSUFFICIENT_CREDITS: dosai_status = -22;
/// 403
pub const DOSAI_PERMISSION: dosai_status = -23;
/// 404
pub const DOSAI_NOT_FOUND: dosai_status = -24;
/// any other 429
pub const DOSAI_RATE_LIMITED: dosai_status = -25;
/// 408, 500, 502, 504 and other 5xx
pub const DOSAI_SERVER: dosai_status = -26;
/// 503, 529
pub const DOSAI_UNAVAILABLE: dosai_status = -27;
/// an error inside a stream, or in the body of a 200 response
pub const DOSAI_PROVIDER: dosai_status = -28;
/// a bug in the library; please report it
pub const DOSAI_INTERNAL: dosai_status = -99;
pub const DOSAI_CLOCK_NONE: dosai_clock = 0;
/// from the start of an attempt until the request can be sent; stopped while the call waits because of
/// max_connections_per_host
pub const DOSAI_CLOCK_CONNECT: dosai_clock = 1;
/// from then until the first chunk of any kind; in a unary call, until the first byte of the response
pub const DOSAI_CLOCK_FIRST_TOKEN: dosai_clock = 2;
/// between two chunks; comments and empty events do not reset it
pub const DOSAI_CLOCK_IDLE: dosai_clock = 3;
/// the whole call, including retries
pub const DOSAI_CLOCK_TOTAL: dosai_clock = 4;
pub const DOSAI_LOG_OFF: dosai_log_level = 0;
/// a call failed
pub const DOSAI_LOG_ERROR: dosai_log_level = 1;
/// an attempt failed and will be retried
pub const DOSAI_LOG_WARNING: dosai_log_level = 2;
/// a call has succeeded
pub const DOSAI_LOG_INFO: dosai_log_level = 3;
/// an attempt is starting
pub const DOSAI_LOG_DEBUG: dosai_log_level = 4;
pub const DOSAI_CALL_STARTED: dosai_call_event_kind = 1;
/// an attempt is starting
pub const DOSAI_CALL_ATTEMPT: dosai_call_event_kind = 2;
/// there is a connection, and the request is about to be sent
pub const DOSAI_CALL_CONNECTED: dosai_call_event_kind = 3;
/// the headers of a response have arrived
pub const DOSAI_CALL_HEADERS: dosai_call_event_kind = 4;
/// only in streams: the first chunk with text or a tool call
pub const DOSAI_CALL_FIRST_TOKEN: dosai_call_event_kind = 5;
/// the attempt failed, and the call waits for the next one
pub const DOSAI_CALL_RETRY: dosai_call_event_kind = 6;
pub const DOSAI_CALL_ENDED: dosai_call_event_kind = 7;
/// not specified by the server
pub const DOSAI_FINISH_NONE: dosai_finish_reason = 0;
pub const DOSAI_FINISH_STOP: dosai_finish_reason = 1;
pub const DOSAI_FINISH_LENGTH: dosai_finish_reason = 2;
/// or the older "function_call"
pub const DOSAI_FINISH_TOOL_CALLS: dosai_finish_reason = 3;
pub const DOSAI_FINISH_CONTENT_FILTER: dosai_finish_reason = 4;
/// another reason; see dosai_completion_finish_reason_text
pub const DOSAI_FINISH_OTHER: dosai_finish_reason = 5;
/// the stream ended without \[DONE\], but all choices were finished
pub const DOSAI_QUIRK_DONE_MISSING: u32 = 1;
/// \[DONE\] had spaces around it, or no blank line after it
pub const DOSAI_QUIRK_DONE_PADDED: u32 = 2;
/// there were bytes after \[DONE\]; they are ignored
pub const DOSAI_QUIRK_AFTER_DONE: u32 = 4;
/// an event had no data
pub const DOSAI_QUIRK_EMPTY_EVENT: u32 = 8;
/// the last event had no blank line after it
pub const DOSAI_QUIRK_LAST_EVENT_OPEN: u32 = 16;
/// a stream was requested; the answer was a whole completion
pub const DOSAI_QUIRK_WHOLE_ANSWER: u32 = 32;
/// choices were missing or null in an event
pub const DOSAI_QUIRK_CHOICES_MISSING: u32 = 64;
/// delta was missing or null in a choice
pub const DOSAI_QUIRK_DELTA_MISSING: u32 = 128;
/// index was missing, null or -1; the position in the event is used
pub const DOSAI_QUIRK_CHOICE_INDEX: u32 = 256;
/// a finish reason was empty, unknown, or sent twice
pub const DOSAI_QUIRK_FINISH_REASON: u32 = 512;
/// usage was sent more than once; the last is used
pub const DOSAI_QUIRK_USAGE_REPEATED: u32 = 1024;
/// usage was in x_groq
pub const DOSAI_QUIRK_USAGE_ELSEWHERE: u32 = 2048;
/// content was a list of parts; their text is used
pub const DOSAI_QUIRK_CONTENT_PARTS: u32 = 4096;
/// created was not an integer
pub const DOSAI_QUIRK_CREATED: u32 = 8192;
/// id changed between chunks
pub const DOSAI_QUIRK_ID_CHANGED: u32 = 16384;
/// a tool call was not in a list or had no index, or several had the same
pub const DOSAI_QUIRK_TOOL_INDEX: u32 = 32768;
/// the id or name of a tool call was empty, sent again, or in pieces
pub const DOSAI_QUIRK_TOOL_REPEATED: u32 = 65536;
/// arguments was an object; its JSON is used as the text
pub const DOSAI_QUIRK_ARGUMENTS_OBJECT: u32 = 131072;
/// invalid UTF-8 or lone surrogates were replaced by U+FFFD
pub const DOSAI_QUIRK_TEXT_REPAIRED: u32 = 262144;
/// an integer did not fit into 64 bits
pub const DOSAI_QUIRK_BIG_NUMBER: u32 = 524288;
/// anything else: a role, an empty delta, unknown fields
pub const DOSAI_CHUNK_OTHER: dosai_chunk_kind = 0;
/// text
pub const DOSAI_CHUNK_CONTENT: dosai_chunk_kind = 1;
/// text
pub const DOSAI_CHUNK_REASONING: dosai_chunk_kind = 2;
/// text
pub const DOSAI_CHUNK_REFUSAL: dosai_chunk_kind = 3;
/// tool_call; tool_call_id and _name if sent; text: the next piece of the arguments
pub const DOSAI_CHUNK_TOOL_CALL: dosai_chunk_kind = 4;
/// finish_reason; text: the reason as the server sent it
pub const DOSAI_CHUNK_FINISH: dosai_chunk_kind = 5;
/// usage
pub const DOSAI_CHUNK_USAGE: dosai_chunk_kind = 6;
/// only from a stream_post: text, the event's data; event_type; event_id
pub const DOSAI_CHUNK_EVENT: dosai_chunk_kind = 7;
pub const DOSAI_EVENT_CHUNK: dosai_event_kind = 1;
/// the last event of a chat or stream that succeeded
pub const DOSAI_EVENT_COMPLETION: dosai_event_kind = 2;
/// the last event of a call that failed
pub const DOSAI_EVENT_ERROR: dosai_event_kind = 3;
/// the last event of a GET or POST that succeeded
pub const DOSAI_EVENT_RESPONSE: dosai_event_kind = 4;

pub type dosai_log_fn = unsafe extern "C" fn(level: dosai_log_level, line: *const c_char, length: usize, user_data: *mut
                                             c_void);

pub type dosai_call_event_fn = unsafe extern "C" fn(event: *const dosai_call_event, user_data: *mut c_void);

pub type dosai_key_fn = unsafe extern "C" fn(key: *mut c_char, size: usize, user_data: *mut c_void) -> i32;

pub type dosai_wait_fn = unsafe extern "C" fn(user_data: *mut c_void) -> i32;

pub type dosai_chunk_fn = unsafe extern "C" fn(chunk: *const dosai_chunk, user_data: *mut c_void) -> i32;

pub type dosai_event_fn = unsafe extern "C" fn(event: *const dosai_event, user_data: *mut c_void) -> i32;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_attempt {
    pub struct_size: u32,
    /// how it ended
    pub status: dosai_status,
    /// 0 if there was no answer
    pub http_status: i32,
    pub reserved: i32,
    /// the wait before the next attempt; 0 for the last one
    pub delay_ms: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_timings {
    pub struct_size: u32,
    /// 1 if the connection was open before the call
    pub reused_connection: i32,
    /// the request could be sent
    pub connect_us: i64,
    /// the first byte of the response
    pub first_byte_us: i64,
    /// the first chunk with text or a tool call, or the first EVENT; -1 in unary calls
    pub first_token_us: i64,
    /// the end of the call
    pub total_us: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_call_event {
    pub struct_size: u32,
    pub kind: dosai_call_event_kind,
    /// the same in all events of a call; another call may have it after ENDED
    pub call: usize,
    /// "GET" or "POST"
    pub method: *const c_char,
    /// of base_url, with its port if that is written there
    pub host: *const c_char,
    /// without a query
    pub path: *const c_char,
    /// that a chat asks for, as its JSON writes it; otherwise NULL
    pub model: *const c_char,
    /// NULL: none has arrived
    pub request_id: *const c_char,
    /// from 1; 0 before the first
    pub attempt: i32,
    /// 1 for a stream
    pub is_stream: i32,
    /// RETRY, ENDED
    pub status: dosai_status,
    /// 0: none has arrived in this attempt
    pub http_status: i32,
    /// RETRY: the wait
    pub delay_ms: i64,
    /// the body of the request
    pub sent_bytes: i64,
    /// the bodies of this attempt's response, as they came; set in RETRY and ENDED
    pub received_bytes: i64,
    /// events of the stream so far, without \[DONE\]
    pub event_count: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub cached_tokens: i64,
    pub reasoning_tokens: i64,
    /// total_us is the time until now
    pub timings: *const dosai_timings,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_client_options {
    pub struct_size: u32,
    /// retries per call, at most 100; see above. 0: 2
    pub max_retries: i32,
    /// NULL: "https://api.dos.ai/v1". It may have a path and a query (?api-version=...)
    pub base_url: *const c_char,
    /// NULL: no key is sent. Where a server repeats it, asterisks replace it; but an answer keeps one of fewer than
    /// 12 bytes, which may be a word, such as "ollama"
    pub api_key: *const c_char,
    /// NULL: "Authorization: Bearer KEY". Otherwise the name of a header whose value is the key alone, such as
    /// "api-key"; not one that libcurl sets, such as "Host"
    pub api_key_header: *const c_char,
    /// value of the OpenAI-Organization header
    pub organization: *const c_char,
    /// value of the OpenAI-Project header
    pub project: *const c_char,
    /// NULL: "dosai/VERSION"
    pub user_agent: *const c_char,
    /// "Name: value"; each replaces the library's own header of that name. At most 1,000
    pub headers: *const *const c_char,
    pub header_count: usize,
    /// PEM, for the server and for an https:// proxy. NULL: the system's authorities
    pub ca_file: *const c_char,
    /// PEM text, used instead of ca_file
    pub ca_pem: *const c_char,
    /// or DOSAI_NUL_TERMINATED
    pub ca_pem_length: usize,
    /// PEM
    pub client_certificate_file: *const c_char,
    /// PEM. NULL: the key is in client_certificate_file
    pub client_key_file: *const c_char,
    pub client_key_password: *const c_char,
    /// such as "http://host:port" or "socks5h://host:port". NULL or "": none, but see proxy_from_environment. What it
    /// answers to an http URL looks like the server's answer, but a 407 is PROXY
    pub proxy: *const c_char,
    /// path of a Unix socket to connect to instead of the URL's host
    pub unix_socket: *const c_char,
    /// 0: 10 s
    pub connect_timeout_ms: i64,
    /// 0: 600 s
    pub first_token_timeout_ms: i64,
    /// only for streams. 0: 300 s
    pub idle_timeout_ms: i64,
    /// 0: 600 s for unary calls, none for streams
    pub total_timeout_ms: i64,
    /// how long an idle connection may be reused; rounded up to seconds. 0: 60 s
    pub keep_alive_timeout_ms: i64,
    /// largest event of a stream. 0: 16 MiB
    pub max_event_bytes: i64,
    /// largest unary answer, decompressed. 0: 64 MiB
    pub max_response_bytes: i64,
    /// largest completion of a stream. 0: 64 MiB
    pub max_text_bytes: i64,
    /// all response headers together. 0: libcurl's limit: 300 KiB, less over HTTP/2
    pub max_header_bytes: i64,
    /// JSON values in one event or answer. 0: 1,000,000
    pub max_json_nodes: i32,
    /// 0 or -1: 512, the maximum
    pub max_json_depth: i32,
    /// 0: 128
    pub max_choices: i32,
    /// per choice. 0: 1,024
    pub max_tool_calls: i32,
    /// how many to follow, within the same origin only: 301, 302, 303, 307 and 308 for a GET, 307 and 308 for a POST.
    /// 0: none; at most 5; not -1
    pub max_redirects: i32,
    /// 1: a key may go over plain http to another machine or through a proxy. 0: such a client is refused with
    /// INVALID_ARGUMENT
    pub allow_insecure_http: i32,
    /// 1: if proxy is not set, use the first of https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY, and no_proxy or
    /// else NO_PROXY, for https URLs only
    pub proxy_from_environment: i32,
    /// 1: do not use HTTP/2
    pub http1_only: i32,
    /// 0: off
    pub log_level: dosai_log_level,
    pub on_log: Option<dosai_log_fn>,
    pub log_user_data: *mut c_void,
    /// gives a key that changes; instead of api_key
    pub key_fn: Option<dosai_key_fn>,
    pub key_user_data: *mut c_void,
    pub on_event: Option<dosai_call_event_fn>,
    pub event_user_data: *mut c_void,
    /// see "Rates" above. 0: none
    pub requests_per_minute: i64,
    /// likewise
    pub tokens_per_minute: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_call_options {
    pub struct_size: u32,
    /// 0: the client's
    pub max_retries: i32,
    /// 0: the client's
    pub connect_timeout_ms: i64,
    /// 0: the client's
    pub first_token_timeout_ms: i64,
    /// 0: the client's
    pub idle_timeout_ms: i64,
    /// 0: the client's
    pub total_timeout_ms: i64,
    /// "Name: value"; each replaces the client's header of that name. At most 1,000
    pub headers: *const *const c_char,
    pub header_count: usize,
    /// NULL: none
    pub cancel: *mut dosai_cancel,
    /// NULL: none
    pub on_wait: Option<dosai_wait_fn>,
    /// must stay valid until the call ends
    pub wait_user_data: *mut c_void,
    /// 0: 100 ms; not -1
    pub wait_interval_ms: i64,
    /// not blank; see dosai_stream_open_post. Other calls check it, but ignore it
    pub last_event: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_usage {
    pub struct_size: u32,
    pub reserved: i32,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub total_tokens: i64,
    /// prompt_tokens_details.cached_tokens
    pub cached_tokens: i64,
    /// completion_tokens_details.reasoning_tokens
    pub reasoning_tokens: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_chunk {
    pub struct_size: u32,
    pub kind: dosai_chunk_kind,
    /// the server's index of the choice, not its position in a completion; -1 if none
    pub choice: i32,
    /// 1 for the last chunk of its event
    pub last_in_event: i32,
    /// the number of its event in the stream, from 0
    pub event_index: i64,
    pub text: *const c_char,
    pub text_length: usize,
    /// the server's index of the tool call, not its position in a completion; -1 if none
    pub tool_call: i32,
    pub finish_reason: dosai_finish_reason,
    pub tool_call_id: *const c_char,
    pub tool_call_id_length: usize,
    pub tool_call_name: *const c_char,
    pub tool_call_name_length: usize,
    pub usage: *const dosai_usage,
    /// the JSON of the whole event
    pub json: *const c_char,
    pub json_length: usize,
    /// 1 if its event yields no other chunk, and the delta contains nothing but this text: content, reasoning, a
    /// refusal, or the arguments of one tool call
    pub text_only: i32,
    pub reserved: i32,
    /// EVENT: its type, such as "message_stop"; NULL: none was sent, which means "message"
    pub event_type: *const c_char,
    pub event_type_length: usize,
    /// EVENT: the last id that the server has sent
    pub event_id: *const c_char,
    pub event_id_length: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_event {
    pub struct_size: u32,
    pub kind: dosai_event_kind,
    /// the tag that you passed to submit
    pub tag: usize,
    /// CHUNK
    pub chunk: *const dosai_chunk,
    /// COMPLETION
    pub completion: *const dosai_completion,
    /// ERROR
    pub error: *const dosai_error,
    /// RESPONSE
    pub response: *const dosai_response,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dosai_loop_options {
    pub struct_size: u32,
    /// how many calls run at once; the others wait, with no clock running, and the clients take turns to start one.
    /// 0: no limit; not -1
    pub max_in_flight: i32,
    /// 0: no limit; not -1. Calls over the limit wait in turn; only their total clock runs
    pub max_connections_per_host: i32,
    pub reserved: i32,
    /// of all its calls, in place of their clients' rates; see "Rates" in the section of the client. 0: none
    pub requests_per_minute: i64,
    /// likewise
    pub tokens_per_minute: i64,
}

extern "C" {
    /// The version of the loaded library, such as "0.1.0". The text stays valid forever. Threads: any thread at once.
    pub fn dosai_version() -> *const c_char;
    /// The version as a number, to compare with DOSAI_VERSION_NUMBER. Threads: any thread at once.
    pub fn dosai_version_number() -> i32;
    /// The name of a status without its prefix, such as "RATE_LIMITED"; "UNKNOWN" for other numbers. The text stays
    /// valid forever. Threads: any thread at once.
    pub fn dosai_status_name(status: dosai_status) -> *const c_char;
    /// The status that the function or the call ended with; DOSAI_INVALID_ARGUMENT for NULL.
    pub fn dosai_error_status(error: *const dosai_error) -> dosai_status;
    /// One human-readable line: what happened, with the server's own message if there is one. In place of control
    /// characters, U+0080 to U+009F included, it has spaces.
    pub fn dosai_error_message(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The HTTP status of the last attempt; 0 if it got no answer. Headers, body, code, type and parameter are those
    /// of the same attempt.
    pub fn dosai_error_http_status(error: *const dosai_error) -> i32;
    /// The server's error code, type and parameter, as text even if the JSON value was not a string.
    pub fn dosai_error_code(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The server's error code, type and parameter, as text even if the JSON value was not a string.
    pub fn dosai_error_type(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The server's error code, type and parameter, as text even if the JSON value was not a string.
    pub fn dosai_error_param(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn dosai_error_request_id(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The wait that the retry-after-ms or Retry-After header asks for, in milliseconds; -1 without either.
    pub fn dosai_error_retry_after_ms(error: *const dosai_error) -> i64;
    /// 1 if repeating the call may succeed, else 0. It is 1 if there was no connection or it broke, a clock ran out,
    /// the answer was cut short, or the HTTP status is 408, 409, 429 or 5xx. A server's x-should-retry header
    /// overrides a 4xx or 5xx status. For an exhausted quota it is always 0.
    pub fn dosai_error_is_retryable(error: *const dosai_error) -> i32;
    /// A response header by its case-insensitive name, such as "location" or "x-ratelimit-remaining-requests".
    pub fn dosai_error_header(error: *const dosai_error, name: *const c_char, out_length: *mut usize) -> *const c_char;
    /// All response headers but cookies, in their order: a name, NUL, its value, NUL, and so on. \*out_length counts
    /// all of it.
    pub fn dosai_error_headers(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// The first 64 KiB of the response body; for an error inside a stream, the event that reported it.
    pub fn dosai_error_body(error: *const dosai_error, out_length: *mut usize) -> *const c_char;
    /// For DOSAI_TIMEOUT, the clock that ran out; otherwise DOSAI_CLOCK_NONE.
    pub fn dosai_error_clock(error: *const dosai_error) -> dosai_clock;
    /// The number of attempts; 0 if none was made.
    pub fn dosai_error_attempt_count(error: *const dosai_error) -> i32;
    /// Fills in attempt \`index\`, from 0. Returns: INVALID_ARGUMENT if there is no such attempt.
    pub fn dosai_error_attempt(error: *const dosai_error, index: i32, out_attempt: *mut dosai_attempt) -> dosai_status;
    /// Fills in the timings.
    pub fn dosai_error_timings(error: *const dosai_error, out_timings: *mut dosai_timings) -> dosai_status;
    /// The part of the completion that arrived before the call failed, borrowed; NULL if nothing did.
    pub fn dosai_error_completion(error: *const dosai_error) -> *const dosai_completion;
    /// Creates another handle to the same error, so that you can keep a borrowed one.
    pub fn dosai_error_copy(error: *const dosai_error, out_copy: *mut *mut dosai_error, out_error: *mut *mut
                            dosai_error) -> dosai_status;
    /// Releases this handle and what was borrowed from it; other handles to the error stay valid. Has no effect on
    /// one borrowed from an event.
    pub fn dosai_error_free(error: *mut dosai_error);
    /// Creates a token for dosai_call_options.cancel. Any number of calls may use it. Returns: RESOURCE if no file
    /// descriptor is free. Threads: any thread at once.
    pub fn dosai_cancel_new(out_cancel: *mut *mut dosai_cancel, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Cancels every call that uses the token, whether it is running or started later. This cannot be undone.
    /// Threads: any thread at once, and from a signal handler.
    pub fn dosai_cancel_trigger(cancel: *mut dosai_cancel);
    /// 1 if the token has been triggered, else 0. Threads: any thread at once, and from a signal handler.
    pub fn dosai_cancel_is_triggered(cancel: *const dosai_cancel) -> i32;
    /// Releases your handle. Calls that use the token keep it alive.
    pub fn dosai_cancel_free(cancel: *mut dosai_cancel);
    /// Each sets all options to their defaults. struct_size is sizeof your struct. Threads: any thread at once.
    pub fn dosai_client_options_init(options: *mut dosai_client_options, struct_size: usize);
    /// Each sets all options to their defaults. struct_size is sizeof your struct. Threads: any thread at once.
    pub fn dosai_call_options_init(options: *mut dosai_call_options, struct_size: usize);
    /// Creates a client. Nothing is sent yet. Its options cannot be changed later. In: options may be NULL. Returns:
    /// INVALID_ARGUMENT: the message names the option. RESOURCE: no descriptor is free, or libcurl is older than
    /// 7.88. Threads: any thread at once.
    pub fn dosai_client_new(options: *const dosai_client_options, out_client: *mut *mut dosai_client, out_error: *mut
                            *mut dosai_error) -> dosai_status;
    /// Each sends a GET or a POST to any JSON endpoint, with the same transport, retries and errors as a chat, and
    /// returns the answer. In: path is a C string such as "/models", which is appended to the path of the base URL;
    /// the URL may have 1 MiB. A query in path goes before that of the base URL. json is the body of the POST.
    /// options may be NULL. Out: out_response may be NULL. Returns: see dosai_chat. PROVIDER: the answer is an error,
    /// that is, has no "object", but an "error", which is a text or has a message, code or type. A job that failed
    /// has an "object", and is an answer. Threads: any thread at once.
    pub fn dosai_client_get(client: *mut dosai_client, path: *const c_char, options: *const dosai_call_options,
                            out_response: *mut *mut dosai_response, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Each sends a GET or a POST to any JSON endpoint, with the same transport, retries and errors as a chat, and
    /// returns the answer. In: path is a C string such as "/models", which is appended to the path of the base URL;
    /// the URL may have 1 MiB. A query in path goes before that of the base URL. json is the body of the POST.
    /// options may be NULL. Out: out_response may be NULL. Returns: see dosai_chat. PROVIDER: the answer is an error,
    /// that is, has no "object", but an "error", which is a text or has a message, code or type. A job that failed
    /// has an "object", and is an answer. Threads: any thread at once.
    pub fn dosai_client_post(client: *mut dosai_client, path: *const c_char, json: *const c_char, length: usize,
                             options: *const dosai_call_options, out_response: *mut *mut dosai_response, out_error: *mut
                             *mut dosai_error) -> dosai_status;
    /// Opens \`connections\` connections ahead, so that as many first calls, made at once, cost one round trip each.
    /// (A cold call over TLS costs three, and a lookup.) Sends no request. Connections that are open count. A client
    /// keeps at most 64; its calls in a loop do not use them. Over TLS 1.3 without HTTP/2, libcurl 8 may close one
    /// instead of using it, if the server's session tickets are still unread. In: connections is between 1 and 64.
    /// options may be NULL; its headers are ignored. Returns: see dosai_chat. After a failure, some connections may
    /// be open. Threads: any thread at once.
    pub fn dosai_client_warm(client: *mut dosai_client, connections: i32, options: *const dosai_call_options, out_error:
                             *mut *mut dosai_error) -> dosai_status;
    /// Releases the client. When its last call has ended, and the handles of its streams and of its calls in loops
    /// are freed, its connections are closed and the key is wiped. Connections that a loop has opened are the loop's.
    pub fn dosai_client_free(client: *mut dosai_client);
    /// The body: JSON, as the server sent it.
    pub fn dosai_response_json(response: *const dosai_response, out_length: *mut usize) -> *const c_char;
    /// The HTTP status, such as 200.
    pub fn dosai_response_http_status(response: *const dosai_response) -> i32;
    /// A response header by its case-insensitive name, such as "x-ratelimit-remaining-requests".
    pub fn dosai_response_header(response: *const dosai_response, name: *const c_char, out_length: *mut usize) -> *const
                                 c_char;
    /// All response headers; see dosai_error_headers.
    pub fn dosai_response_headers(response: *const dosai_response, out_length: *mut usize) -> *const c_char;
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn dosai_response_request_id(response: *const dosai_response, out_length: *mut usize) -> *const c_char;
    /// The number of attempts; the last one got the answer. See dosai_error_attempt.
    pub fn dosai_response_attempt_count(response: *const dosai_response) -> i32;
    /// The number of attempts; the last one got the answer. See dosai_error_attempt.
    pub fn dosai_response_attempt(response: *const dosai_response, index: i32, out_attempt: *mut dosai_attempt) ->
                                  dosai_status;
    /// Fills in the timings.
    pub fn dosai_response_timings(response: *const dosai_response, out_timings: *mut dosai_timings) -> dosai_status;
    /// Creates another handle to the same response, so that you can keep a borrowed one.
    pub fn dosai_response_copy(response: *const dosai_response, out_response: *mut *mut dosai_response, out_error: *mut
                               *mut dosai_error) -> dosai_status;
    /// Releases this handle; other handles to the response stay valid. Has no effect on one borrowed from an event.
    pub fn dosai_response_free(response: *mut dosai_response);
    /// Creates a request for a model, without messages.
    pub fn dosai_request_new(model: *const c_char, length: usize, out_request: *mut *mut dosai_request, out_error: *mut
                             *mut dosai_error) -> dosai_status;
    /// Creates a request from its text, which must be a JSON object. Nothing else is checked.
    pub fn dosai_request_parse(json: *const c_char, length: usize, out_request: *mut *mut dosai_request, out_error: *mut
                               *mut dosai_error) -> dosai_status;
    /// Creates a request with the same text.
    pub fn dosai_request_copy(request: *const dosai_request, out_request: *mut *mut dosai_request, out_error: *mut *mut
                              dosai_error) -> dosai_status;
    /// Adds a message. role is "system", "user", "assistant", "tool", or any other that the server knows.
    pub fn dosai_request_add_message(request: *mut dosai_request, role: *const c_char, content: *const c_char, length:
                                     usize, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Adds a message given as a JSON object, for example with content parts, tool_calls or provider-specific fields.
    pub fn dosai_request_add_message_json(request: *mut dosai_request, json: *const c_char, length: usize, out_error:
                                          *mut *mut dosai_error) -> dosai_status;
    /// Sets a text field, such as "name", of the last message. Returns: INVALID_ARGUMENT if there is no message.
    pub fn dosai_request_set_message_text(request: *mut dosai_request, key: *const c_char, text: *const c_char, length:
                                          usize, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Adds the message of one choice of a completion, unchanged, with its tool calls and unknown fields. choice is
    /// the position of the choice, from 0. Then add the results of its tool calls, if any.
    pub fn dosai_request_add_completion(request: *mut dosai_request, completion: *const dosai_completion, choice: i32,
                                        out_error: *mut *mut dosai_error) -> dosai_status;
    /// Adds a function that the model may call. description may be NULL. parameters_json is a JSON schema of
    /// \`length\` bytes; NULL if the function has no parameters.
    pub fn dosai_request_add_tool(request: *mut dosai_request, name: *const c_char, description: *const c_char,
                                  parameters_json: *const c_char, length: usize, out_error: *mut *mut dosai_error) ->
                                  dosai_status;
    /// Adds the result of one tool call, as a message with the role "tool". tool_call_id may be empty: some servers
    /// send calls without an id. If U+0000 is in the id, set it afterwards, with dosai_request_set_message_text.
    pub fn dosai_request_add_tool_result(request: *mut dosai_request, tool_call_id: *const c_char, content: *const
                                         c_char, length: usize, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Makes the model call this function. For "auto", "none" or "required", set "tool_choice" with
    /// dosai_request_set_text.
    pub fn dosai_request_set_tool_choice(request: *mut dosai_request, function_name: *const c_char, out_error: *mut *mut
                                         dosai_error) -> dosai_status;
    /// Adds a text at which the model stops. A request can have at most four.
    pub fn dosai_request_add_stop(request: *mut dosai_request, text: *const c_char, length: usize, out_error: *mut *mut
                                  dosai_error) -> dosai_status;
    /// Each sets a field by its key. A field that exists keeps its position. Types and ranges are checked for
    /// temperature (0 to 2), top_p (0 to 1), frequency_penalty and presence_penalty (-2 to 2), max_tokens (at least
    /// 1) and n (1 to 128); stream, messages, tools and response_format cannot be set with these three functions.
    /// Other keys are not checked.
    pub fn dosai_request_set_text(request: *mut dosai_request, key: *const c_char, text: *const c_char, length: usize,
                                  out_error: *mut *mut dosai_error) -> dosai_status;
    /// Each sets a field by its key. A field that exists keeps its position. Types and ranges are checked for
    /// temperature (0 to 2), top_p (0 to 1), frequency_penalty and presence_penalty (-2 to 2), max_tokens (at least
    /// 1) and n (1 to 128); stream, messages, tools and response_format cannot be set with these three functions.
    /// Other keys are not checked.
    pub fn dosai_request_set_number(request: *mut dosai_request, key: *const c_char, number: f64, out_error: *mut *mut
                                    dosai_error) -> dosai_status;
    /// Each sets a field by its key. A field that exists keeps its position. Types and ranges are checked for
    /// temperature (0 to 2), top_p (0 to 1), frequency_penalty and presence_penalty (-2 to 2), max_tokens (at least
    /// 1) and n (1 to 128); stream, messages, tools and response_format cannot be set with these three functions.
    /// Other keys are not checked.
    pub fn dosai_request_set_integer(request: *mut dosai_request, key: *const c_char, integer: i64, out_error: *mut *mut
                                     dosai_error) -> dosai_status;
    /// Sets a field to any JSON value, for example "response_format", "stream_options" or "logit_bias". No type or
    /// range is checked.
    pub fn dosai_request_set_json(request: *mut dosai_request, key: *const c_char, json: *const c_char, length: usize,
                                  out_error: *mut *mut dosai_error) -> dosai_status;
    /// Asks for an answer of one shape: sets "response_format" to a JSON schema. name is what the model sees: 1 to 64
    /// ASCII letters, digits, '_' or '-'. schema_json is an object of \`length\` bytes. strict: 1 if the server must
    /// enforce the schema, else 0. The library checks neither the schema nor the answer.
    pub fn dosai_request_set_json_schema(request: *mut dosai_request, name: *const c_char, schema_json: *const c_char,
                                         length: usize, strict: i32, out_error: *mut *mut dosai_error) -> dosai_status;
    /// The text of the request, borrowed until the request is changed or freed.
    pub fn dosai_request_json(request: *const dosai_request, out_length: *mut usize) -> *const c_char;
    /// Frees the request.
    pub fn dosai_request_free(request: *mut dosai_request);
    /// The "id" and "object" fields of the answer.
    pub fn dosai_completion_id(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// The "id" and "object" fields of the answer.
    pub fn dosai_completion_object(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// Unix time in seconds; -1 if not specified.
    pub fn dosai_completion_created(completion: *const dosai_completion) -> i64;
    /// The model that the server names, which may differ from the one requested.
    pub fn dosai_completion_model(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// The number of choices.
    pub fn dosai_completion_choice_count(completion: *const dosai_completion) -> i32;
    /// The index that the server sent for the choice; -1 if there is no such choice.
    pub fn dosai_completion_choice_index(completion: *const dosai_completion, choice: i32) -> i32;
    /// The "role", "content" and "refusal" fields of the message of a choice.
    pub fn dosai_completion_role(completion: *const dosai_completion, choice: i32, out_length: *mut usize) -> *const
                                 c_char;
    /// The "role", "content" and "refusal" fields of the message of a choice.
    pub fn dosai_completion_content(completion: *const dosai_completion, choice: i32, out_length: *mut usize) -> *const
                                    c_char;
    /// The "role", "content" and "refusal" fields of the message of a choice.
    pub fn dosai_completion_refusal(completion: *const dosai_completion, choice: i32, out_length: *mut usize) -> *const
                                    c_char;
    /// The text of reasoning_content, reasoning or thinking, whichever the server sent.
    pub fn dosai_completion_reasoning(completion: *const dosai_completion, choice: i32, out_length: *mut usize) ->
                                      *const c_char;
    /// Why the choice ended; DOSAI_FINISH_NONE if the server has not said.
    pub fn dosai_completion_finish_reason(completion: *const dosai_completion, choice: i32) -> dosai_finish_reason;
    /// The finish reason as the server sent it.
    pub fn dosai_completion_finish_reason_text(completion: *const dosai_completion, choice: i32, out_length: *mut usize)
                                               -> *const c_char;
    /// The number of tool calls of a choice.
    pub fn dosai_completion_tool_call_count(completion: *const dosai_completion, choice: i32) -> i32;
    /// The id of a tool call, and the name of its function.
    pub fn dosai_completion_tool_call_id(completion: *const dosai_completion, choice: i32, tool_call: i32, out_length:
                                         *mut usize) -> *const c_char;
    /// The id of a tool call, and the name of its function.
    pub fn dosai_completion_tool_call_name(completion: *const dosai_completion, choice: i32, tool_call: i32, out_length:
                                           *mut usize) -> *const c_char;
    /// The arguments as the model wrote them. They are not necessarily valid JSON.
    pub fn dosai_completion_tool_call_arguments(completion: *const dosai_completion, choice: i32, tool_call: i32,
                                                out_length: *mut usize) -> *const c_char;
    /// The JSON of a choice's message, as the server sent it, or assembled from a stream.
    pub fn dosai_completion_message_json(completion: *const dosai_completion, choice: i32, out_length: *mut usize) ->
                                         *const c_char;
    /// The JSON of the whole answer, as the server sent it, or assembled from a stream.
    pub fn dosai_completion_json(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// Fills in the token counts.
    pub fn dosai_completion_usage(completion: *const dosai_completion, out_usage: *mut dosai_usage) -> dosai_status;
    /// Fills in the timings.
    pub fn dosai_completion_timings(completion: *const dosai_completion, out_timings: *mut dosai_timings) ->
                                    dosai_status;
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn dosai_completion_request_id(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// A response header by its case-insensitive name, such as "x-ratelimit-remaining-tokens".
    pub fn dosai_completion_header(completion: *const dosai_completion, name: *const c_char, out_length: *mut usize) ->
                                   *const c_char;
    /// All response headers; see dosai_error_headers.
    pub fn dosai_completion_headers(completion: *const dosai_completion, out_length: *mut usize) -> *const c_char;
    /// The HTTP status, such as 200.
    pub fn dosai_completion_http_status(completion: *const dosai_completion) -> i32;
    /// The number of attempts; the last one got the answer. See dosai_error_attempt.
    pub fn dosai_completion_attempt_count(completion: *const dosai_completion) -> i32;
    /// The number of attempts; the last one got the answer. See dosai_error_attempt.
    pub fn dosai_completion_attempt(completion: *const dosai_completion, index: i32, out_attempt: *mut dosai_attempt) ->
                                    dosai_status;
    /// The DOSAI_QUIRK_ bits of everything unusual in the answer.
    pub fn dosai_completion_quirks(completion: *const dosai_completion) -> u32;
    /// The name of one bit without its prefix, such as "DONE_MISSING"; NULL if there is no such bit. The text stays
    /// valid forever.
    pub fn dosai_quirk_name(quirk: u32) -> *const c_char;
    /// Creates another handle to the same completion, so that you can keep a borrowed one.
    pub fn dosai_completion_copy(completion: *const dosai_completion, out_completion: *mut *mut dosai_completion,
                                 out_error: *mut *mut dosai_error) -> dosai_status;
    /// Releases this handle; other handles to the completion stay valid. Has no effect on one borrowed from an error
    /// or event.
    pub fn dosai_completion_free(completion: *mut dosai_completion);
    /// Sends the request and returns the whole answer. In: options may be NULL. Out: out_completion may be NULL.
    /// Returns: any status except WOULD_BLOCK. Threads: any thread at once.
    pub fn dosai_chat(client: *mut dosai_client, request: *const dosai_request, options: *const dosai_call_options,
                      out_completion: *mut *mut dosai_completion, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Sends the request, calls on_chunk for each chunk of the answer, and at the end returns the completion
    /// assembled from them. No chunk is delivered twice: nothing is retried once a successful response has begun. In:
    /// on_chunk must not be NULL. options may be NULL. Out: out_completion may be NULL. Returns: OK only if the
    /// server sent \[DONE\] or finished every choice; otherwise the error contains what arrived. Any status except
    /// WOULD_BLOCK. Threads: any thread at once.
    pub fn dosai_chat_stream(client: *mut dosai_client, request: *const dosai_request, options: *const
                             dosai_call_options, on_chunk: Option<dosai_chunk_fn>, user_data: *mut c_void,
                             out_completion: *mut *mut dosai_completion, out_error: *mut *mut dosai_error) ->
                             dosai_status;
    /// Sends the request, waits for the headers of a successful response, and creates the stream. All retries happen
    /// here. In: options may be NULL. Returns: any status except WOULD_BLOCK. Threads: any thread at once.
    pub fn dosai_stream_open(client: *mut dosai_client, request: *const dosai_request, options: *const
                             dosai_call_options, out_stream: *mut *mut dosai_stream, out_error: *mut *mut dosai_error)
                             -> dosai_status;
    /// Sends a POST to any endpoint that answers with server-sent events, and creates a stream that yields each event
    /// as one chunk of the kind EVENT. json is sent as it is: if the endpoint needs "stream": true, write it. Clocks,
    /// limits, retries and errors are those of a chat; an event of the type "error", or whose data is a JSON object
    /// with an "error", is a PROVIDER error. The completion has no choices, but headers, timings and attempts. In:
    /// path and json are those of dosai_client_post. options may be NULL. Its last_event is the type or the data of
    /// the last event, such as "message_stop" or "\[DONE\]", or several of them, separated by spaces: the stream ends
    /// with any of these, and without one it is TRUNCATED. With NULL, it is complete if there was an event and the
    /// response ended. A response of HTTP/1 that only closing the connection ends is TRUNCATED, because a server that
    /// crashes closes it, too. Returns: any status except WOULD_BLOCK. Threads: any thread at once.
    pub fn dosai_stream_open_post(client: *mut dosai_client, path: *const c_char, json: *const c_char, length: usize,
                                  options: *const dosai_call_options, out_stream: *mut *mut dosai_stream, out_error:
                                  *mut *mut dosai_error) -> dosai_status;
    /// Returns the next chunk, borrowed. Once the stream is open, the first-token and idle clocks run only inside
    /// this function; the total clock always runs. In: timeout_ms is how long to wait for a chunk. 0: do not wait.
    /// -1: until a clock of the call runs out. Out: OK with \*out_chunk NULL is the end of a complete answer.
    /// Returns: WOULD_BLOCK, without an error object, if no chunk came in time; the stream continues. BUSY if another
    /// thread is using the stream. Otherwise see dosai_chat_stream. After the end or a failure it keeps returning
    /// that result. Threads: one at a time.
    pub fn dosai_stream_next(stream: *mut dosai_stream, timeout_ms: i64, out_chunk: *mut *const dosai_chunk, out_error:
                             *mut *mut dosai_error) -> dosai_status;
    /// Returns the completion assembled from the chunks so far: before the first chunk, one without choices; after
    /// the end, the whole one. It also works after a failure. Returns: BUSY if another thread is using the stream.
    /// Threads: one at a time.
    pub fn dosai_stream_completion(stream: *mut dosai_stream, out_completion: *mut *mut dosai_completion, out_error:
                                   *mut *mut dosai_error) -> dosai_status;
    /// Cancels the stream if it has not ended, and frees it. A dosai_stream_next in another thread returns CANCELLED.
    pub fn dosai_stream_free(stream: *mut dosai_stream);
    /// Creates a decoder for one body. options may be NULL. Of them, the limits apply, and api_key, which is replaced
    /// where a server echoes it; the others are ignored.
    pub fn dosai_decoder_new(options: *const dosai_client_options, out_decoder: *mut *mut dosai_decoder, out_error: *mut
                             *mut dosai_error) -> dosai_status;
    /// Takes the next part of the body, which may be split anywhere. Before you feed more, call dosai_decoder_next
    /// until it returns WOULD_BLOCK: what is unread stays in memory. Returns: INVALID_ARGUMENT after
    /// dosai_decoder_finish. TOO_LARGE for a body that is not an event stream.
    pub fn dosai_decoder_feed(decoder: *mut dosai_decoder, bytes: *const c_char, length: usize, out_error: *mut *mut
                              dosai_error) -> dosai_status;
    /// Says that the body has ended as HTTP requires; dosai_decoder_next then returns what is left, and the end or an
    /// error. If it was cut off, do not call this: dosai_decoder_completion has what arrived.
    pub fn dosai_decoder_finish(decoder: *mut dosai_decoder, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Returns the next chunk, borrowed until the decoder is used again. Out: OK with \*out_chunk NULL is the end of
    /// a complete answer, which \[DONE\] is, too. Returns: WOULD_BLOCK, without an error object: feed more, or
    /// finish. TRUNCATED, PROTOCOL, TOO_LARGE, PROVIDER. After the end or a failure it keeps returning that result.
    pub fn dosai_decoder_next(decoder: *mut dosai_decoder, out_chunk: *mut *const dosai_chunk, out_error: *mut *mut
                              dosai_error) -> dosai_status;
    /// Returns the completion assembled from the chunks so far; see dosai_stream_completion.
    pub fn dosai_decoder_completion(decoder: *mut dosai_decoder, out_completion: *mut *mut dosai_completion, out_error:
                                    *mut *mut dosai_error) -> dosai_status;
    /// Frees the decoder.
    pub fn dosai_decoder_free(decoder: *mut dosai_decoder);
    /// Sets all options to their defaults. Threads: any thread at once.
    pub fn dosai_loop_options_init(options: *mut dosai_loop_options, struct_size: usize);
    /// Creates a loop. options may be NULL. Returns: RESOURCE if no descriptor is free. Threads: any thread at once.
    pub fn dosai_loop_new(options: *const dosai_loop_options, out_loop: *mut *mut dosai_loop, out_error: *mut *mut
                          dosai_error) -> dosai_status;
    /// Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
    /// POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
    /// In: path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored. Out:
    /// \*out_call is a handle to the call, which you free; out_call may be NULL. Returns: BUSY in the callback of
    /// dosai_loop_close. After any failure the call was not accepted and has no events.
    pub fn dosai_loop_submit_chat(this: *mut dosai_loop, client: *mut dosai_client, request: *const dosai_request,
                                  options: *const dosai_call_options, tag: usize, out_call: *mut *mut dosai_call,
                                  out_error: *mut *mut dosai_error) -> dosai_status;
    /// Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
    /// POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
    /// In: path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored. Out:
    /// \*out_call is a handle to the call, which you free; out_call may be NULL. Returns: BUSY in the callback of
    /// dosai_loop_close. After any failure the call was not accepted and has no events.
    pub fn dosai_loop_submit_stream(this: *mut dosai_loop, client: *mut dosai_client, request: *const dosai_request,
                                    options: *const dosai_call_options, tag: usize, out_call: *mut *mut dosai_call,
                                    out_error: *mut *mut dosai_error) -> dosai_status;
    /// Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
    /// POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
    /// In: path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored. Out:
    /// \*out_call is a handle to the call, which you free; out_call may be NULL. Returns: BUSY in the callback of
    /// dosai_loop_close. After any failure the call was not accepted and has no events.
    pub fn dosai_loop_submit_get(this: *mut dosai_loop, client: *mut dosai_client, path: *const c_char, options: *const
                                 dosai_call_options, tag: usize, out_call: *mut *mut dosai_call, out_error: *mut *mut
                                 dosai_error) -> dosai_status;
    /// Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
    /// POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
    /// In: path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored. Out:
    /// \*out_call is a handle to the call, which you free; out_call may be NULL. Returns: BUSY in the callback of
    /// dosai_loop_close. After any failure the call was not accepted and has no events.
    pub fn dosai_loop_submit_post(this: *mut dosai_loop, client: *mut dosai_client, path: *const c_char, json: *const
                                  c_char, length: usize, options: *const dosai_call_options, tag: usize, out_call: *mut
                                  *mut dosai_call, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
    /// POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
    /// In: path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored. Out:
    /// \*out_call is a handle to the call, which you free; out_call may be NULL. Returns: BUSY in the callback of
    /// dosai_loop_close. After any failure the call was not accepted and has no events.
    pub fn dosai_loop_submit_stream_post(this: *mut dosai_loop, client: *mut dosai_client, path: *const c_char, json:
                                         *const c_char, length: usize, options: *const dosai_call_options, tag: usize,
                                         out_call: *mut *mut dosai_call, out_error: *mut *mut dosai_error) ->
                                         dosai_status;
    /// Waits until there is work (data, a timer, dosai_loop_wake, a signal), and does it. A step may produce no
    /// event. A call that fails is an ERROR event, not a status of this function. In: timeout_ms is how long to wait.
    /// 0: do not wait. -1: no limit, even if there are no calls. on_event is called for each event; if it is NULL,
    /// get them from dosai_loop_next. Out: \*out_active is the number of unfinished calls: those whose last event has
    /// not yet been passed to on_event or returned by dosai_loop_next. out_active may be NULL. Returns: BUSY in a
    /// callback of this loop.
    pub fn dosai_loop_step(this: *mut dosai_loop, timeout_ms: i64, on_event: Option<dosai_event_fn>, user_data: *mut
                           c_void, out_active: *mut usize, out_error: *mut *mut dosai_error) -> dosai_status;
    /// Returns the next event, borrowed; NULL if there is none, in which case step again. While you do not read a
    /// call's events, its connection waits, and the loop buffers a bounded part of the answer: 256 KiB plus what
    /// libcurl reads at once; over HTTP/2, where calls share the connection, at most libcurl's window for one stream
    /// (32 MiB). Returns: BUSY in a callback of this loop.
    pub fn dosai_loop_next(this: *mut dosai_loop, out_event: *mut *const dosai_event, out_error: *mut *mut dosai_error)
                           -> dosai_status;
    /// A file descriptor for poll, epoll or any event loop. It is readable when a step has work to do, for example
    /// because a timer has expired, and when events wait for dosai_loop_next. It does not change while the loop
    /// exists. Do not read from it or close it. -1 if loop is NULL. Threads: any thread at once.
    pub fn dosai_loop_fd(this: *const dosai_loop) -> c_int;
    /// How long a program may wait, in milliseconds, before it must step the loop; -1: no limit. It covers timers and
    /// waiting events, but not data that arrives. Needed only if you do not poll the descriptor.
    pub fn dosai_loop_timeout_ms(this: *const dosai_loop) -> i64;
    /// Makes a waiting step, or else the next one, return at once. Threads: any thread at once, and from a signal
    /// handler.
    pub fn dosai_loop_wake(this: *const dosai_loop);
    /// Cancels all calls, also those that succeeded but whose last event you have not read, passes the last event of
    /// each, an ERROR, to on_event (which may be NULL), and frees the loop. Handles of its calls stay valid until you
    /// free them; until then, the loop's descriptors and connections stay open. In a forked child it only frees the
    /// loop, and returns OK. Returns: BUSY in a callback of this loop; then the loop is not freed.
    pub fn dosai_loop_close(this: *mut dosai_loop, on_event: Option<dosai_event_fn>, user_data: *mut c_void, out_error:
                            *mut *mut dosai_error) -> dosai_status;
    /// Cancels the call: its last event is an ERROR with CANCELLED, unless you have read it already or the call had
    /// failed. Threads: any thread at once.
    pub fn dosai_call_cancel(call: *mut dosai_call);
    /// Each pauses or resumes the call. A paused call has no events, except its last if it is cancelled or its total
    /// clock runs out. Its connection waits, and only its total clock runs. A call that is paused before it has
    /// started starts once it is resumed, ahead of calls submitted later. Threads: any thread at once.
    pub fn dosai_call_pause(call: *mut dosai_call);
    /// Each pauses or resumes the call. A paused call has no events, except its last if it is cancelled or its total
    /// clock runs out. Its connection waits, and only its total clock runs. A call that is paused before it has
    /// started starts once it is resumed, ahead of calls submitted later. Threads: any thread at once.
    pub fn dosai_call_resume(call: *mut dosai_call);
    /// For a stream, returns the completion assembled from the chunks so far: before the first chunk, one without
    /// choices; after the end, the whole one. For a chat, returns the completion once the chat has succeeded.
    /// Returns: INVALID_ARGUMENT for a chat that has not succeeded, and for a GET or a POST. Threads: one at a time,
    /// and not while another thread is inside a function of the call's loop.
    pub fn dosai_call_completion(call: *const dosai_call, out_completion: *mut *mut dosai_completion, out_error: *mut
                                 *mut dosai_error) -> dosai_status;
    /// Releases the handle. The call continues.
    pub fn dosai_call_free(call: *mut dosai_call);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{size_of, MaybeUninit};
    use std::ptr::addr_of;

    /// What the C compiler says of each struct on 64 bits.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn layouts_are_those_of_c() {
        assert_eq!(size_of::<dosai_attempt>(), 24);
        let one = MaybeUninit::<dosai_attempt>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).status) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).http_status) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).reserved) } as usize - at as usize, 12);
        assert_eq!(unsafe { addr_of!((*at).delay_ms) } as usize - at as usize, 16);
        assert_eq!(size_of::<dosai_timings>(), 40);
        let one = MaybeUninit::<dosai_timings>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).reused_connection) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).connect_us) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).first_byte_us) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).first_token_us) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).total_us) } as usize - at as usize, 32);
        assert_eq!(size_of::<dosai_call_event>(), 144);
        let one = MaybeUninit::<dosai_call_event>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).kind) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).call) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).method) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).host) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).path) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).model) } as usize - at as usize, 40);
        assert_eq!(unsafe { addr_of!((*at).request_id) } as usize - at as usize, 48);
        assert_eq!(unsafe { addr_of!((*at).attempt) } as usize - at as usize, 56);
        assert_eq!(unsafe { addr_of!((*at).is_stream) } as usize - at as usize, 60);
        assert_eq!(unsafe { addr_of!((*at).status) } as usize - at as usize, 64);
        assert_eq!(unsafe { addr_of!((*at).http_status) } as usize - at as usize, 68);
        assert_eq!(unsafe { addr_of!((*at).delay_ms) } as usize - at as usize, 72);
        assert_eq!(unsafe { addr_of!((*at).sent_bytes) } as usize - at as usize, 80);
        assert_eq!(unsafe { addr_of!((*at).received_bytes) } as usize - at as usize, 88);
        assert_eq!(unsafe { addr_of!((*at).event_count) } as usize - at as usize, 96);
        assert_eq!(unsafe { addr_of!((*at).prompt_tokens) } as usize - at as usize, 104);
        assert_eq!(unsafe { addr_of!((*at).completion_tokens) } as usize - at as usize, 112);
        assert_eq!(unsafe { addr_of!((*at).cached_tokens) } as usize - at as usize, 120);
        assert_eq!(unsafe { addr_of!((*at).reasoning_tokens) } as usize - at as usize, 128);
        assert_eq!(unsafe { addr_of!((*at).timings) } as usize - at as usize, 136);
        assert_eq!(size_of::<dosai_client_options>(), 312);
        let one = MaybeUninit::<dosai_client_options>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).max_retries) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).base_url) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).api_key) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).api_key_header) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).organization) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).project) } as usize - at as usize, 40);
        assert_eq!(unsafe { addr_of!((*at).user_agent) } as usize - at as usize, 48);
        assert_eq!(unsafe { addr_of!((*at).headers) } as usize - at as usize, 56);
        assert_eq!(unsafe { addr_of!((*at).header_count) } as usize - at as usize, 64);
        assert_eq!(unsafe { addr_of!((*at).ca_file) } as usize - at as usize, 72);
        assert_eq!(unsafe { addr_of!((*at).ca_pem) } as usize - at as usize, 80);
        assert_eq!(unsafe { addr_of!((*at).ca_pem_length) } as usize - at as usize, 88);
        assert_eq!(unsafe { addr_of!((*at).client_certificate_file) } as usize - at as usize, 96);
        assert_eq!(unsafe { addr_of!((*at).client_key_file) } as usize - at as usize, 104);
        assert_eq!(unsafe { addr_of!((*at).client_key_password) } as usize - at as usize, 112);
        assert_eq!(unsafe { addr_of!((*at).proxy) } as usize - at as usize, 120);
        assert_eq!(unsafe { addr_of!((*at).unix_socket) } as usize - at as usize, 128);
        assert_eq!(unsafe { addr_of!((*at).connect_timeout_ms) } as usize - at as usize, 136);
        assert_eq!(unsafe { addr_of!((*at).first_token_timeout_ms) } as usize - at as usize, 144);
        assert_eq!(unsafe { addr_of!((*at).idle_timeout_ms) } as usize - at as usize, 152);
        assert_eq!(unsafe { addr_of!((*at).total_timeout_ms) } as usize - at as usize, 160);
        assert_eq!(unsafe { addr_of!((*at).keep_alive_timeout_ms) } as usize - at as usize, 168);
        assert_eq!(unsafe { addr_of!((*at).max_event_bytes) } as usize - at as usize, 176);
        assert_eq!(unsafe { addr_of!((*at).max_response_bytes) } as usize - at as usize, 184);
        assert_eq!(unsafe { addr_of!((*at).max_text_bytes) } as usize - at as usize, 192);
        assert_eq!(unsafe { addr_of!((*at).max_header_bytes) } as usize - at as usize, 200);
        assert_eq!(unsafe { addr_of!((*at).max_json_nodes) } as usize - at as usize, 208);
        assert_eq!(unsafe { addr_of!((*at).max_json_depth) } as usize - at as usize, 212);
        assert_eq!(unsafe { addr_of!((*at).max_choices) } as usize - at as usize, 216);
        assert_eq!(unsafe { addr_of!((*at).max_tool_calls) } as usize - at as usize, 220);
        assert_eq!(unsafe { addr_of!((*at).max_redirects) } as usize - at as usize, 224);
        assert_eq!(unsafe { addr_of!((*at).allow_insecure_http) } as usize - at as usize, 228);
        assert_eq!(unsafe { addr_of!((*at).proxy_from_environment) } as usize - at as usize, 232);
        assert_eq!(unsafe { addr_of!((*at).http1_only) } as usize - at as usize, 236);
        assert_eq!(unsafe { addr_of!((*at).log_level) } as usize - at as usize, 240);
        assert_eq!(unsafe { addr_of!((*at).on_log) } as usize - at as usize, 248);
        assert_eq!(unsafe { addr_of!((*at).log_user_data) } as usize - at as usize, 256);
        assert_eq!(unsafe { addr_of!((*at).key_fn) } as usize - at as usize, 264);
        assert_eq!(unsafe { addr_of!((*at).key_user_data) } as usize - at as usize, 272);
        assert_eq!(unsafe { addr_of!((*at).on_event) } as usize - at as usize, 280);
        assert_eq!(unsafe { addr_of!((*at).event_user_data) } as usize - at as usize, 288);
        assert_eq!(unsafe { addr_of!((*at).requests_per_minute) } as usize - at as usize, 296);
        assert_eq!(unsafe { addr_of!((*at).tokens_per_minute) } as usize - at as usize, 304);
        assert_eq!(size_of::<dosai_call_options>(), 96);
        let one = MaybeUninit::<dosai_call_options>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).max_retries) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).connect_timeout_ms) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).first_token_timeout_ms) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).idle_timeout_ms) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).total_timeout_ms) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).headers) } as usize - at as usize, 40);
        assert_eq!(unsafe { addr_of!((*at).header_count) } as usize - at as usize, 48);
        assert_eq!(unsafe { addr_of!((*at).cancel) } as usize - at as usize, 56);
        assert_eq!(unsafe { addr_of!((*at).on_wait) } as usize - at as usize, 64);
        assert_eq!(unsafe { addr_of!((*at).wait_user_data) } as usize - at as usize, 72);
        assert_eq!(unsafe { addr_of!((*at).wait_interval_ms) } as usize - at as usize, 80);
        assert_eq!(unsafe { addr_of!((*at).last_event) } as usize - at as usize, 88);
        assert_eq!(size_of::<dosai_usage>(), 48);
        let one = MaybeUninit::<dosai_usage>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).reserved) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).prompt_tokens) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).completion_tokens) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).total_tokens) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).cached_tokens) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).reasoning_tokens) } as usize - at as usize, 40);
        assert_eq!(size_of::<dosai_chunk>(), 144);
        let one = MaybeUninit::<dosai_chunk>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).kind) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).choice) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).last_in_event) } as usize - at as usize, 12);
        assert_eq!(unsafe { addr_of!((*at).event_index) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).text) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).text_length) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).tool_call) } as usize - at as usize, 40);
        assert_eq!(unsafe { addr_of!((*at).finish_reason) } as usize - at as usize, 44);
        assert_eq!(unsafe { addr_of!((*at).tool_call_id) } as usize - at as usize, 48);
        assert_eq!(unsafe { addr_of!((*at).tool_call_id_length) } as usize - at as usize, 56);
        assert_eq!(unsafe { addr_of!((*at).tool_call_name) } as usize - at as usize, 64);
        assert_eq!(unsafe { addr_of!((*at).tool_call_name_length) } as usize - at as usize, 72);
        assert_eq!(unsafe { addr_of!((*at).usage) } as usize - at as usize, 80);
        assert_eq!(unsafe { addr_of!((*at).json) } as usize - at as usize, 88);
        assert_eq!(unsafe { addr_of!((*at).json_length) } as usize - at as usize, 96);
        assert_eq!(unsafe { addr_of!((*at).text_only) } as usize - at as usize, 104);
        assert_eq!(unsafe { addr_of!((*at).reserved) } as usize - at as usize, 108);
        assert_eq!(unsafe { addr_of!((*at).event_type) } as usize - at as usize, 112);
        assert_eq!(unsafe { addr_of!((*at).event_type_length) } as usize - at as usize, 120);
        assert_eq!(unsafe { addr_of!((*at).event_id) } as usize - at as usize, 128);
        assert_eq!(unsafe { addr_of!((*at).event_id_length) } as usize - at as usize, 136);
        assert_eq!(size_of::<dosai_event>(), 48);
        let one = MaybeUninit::<dosai_event>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).kind) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).tag) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).chunk) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).completion) } as usize - at as usize, 24);
        assert_eq!(unsafe { addr_of!((*at).error) } as usize - at as usize, 32);
        assert_eq!(unsafe { addr_of!((*at).response) } as usize - at as usize, 40);
        assert_eq!(size_of::<dosai_loop_options>(), 32);
        let one = MaybeUninit::<dosai_loop_options>::uninit();
        let at = one.as_ptr();
        assert_eq!(unsafe { addr_of!((*at).struct_size) } as usize - at as usize, 0);
        assert_eq!(unsafe { addr_of!((*at).max_in_flight) } as usize - at as usize, 4);
        assert_eq!(unsafe { addr_of!((*at).max_connections_per_host) } as usize - at as usize, 8);
        assert_eq!(unsafe { addr_of!((*at).reserved) } as usize - at as usize, 12);
        assert_eq!(unsafe { addr_of!((*at).requests_per_minute) } as usize - at as usize, 16);
        assert_eq!(unsafe { addr_of!((*at).tokens_per_minute) } as usize - at as usize, 24);
    }
}
