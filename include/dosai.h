/* libdosai: chat completions for every program.   SPDX-License-Identifier: MIT
 *
 * This header is the manual. Its sections are ordered by depth: version, status, error, cancel, client, response,
 * request, completion, chat, stream, loop. The laws stand here once; an entry says only what is special to it.
 *
 *   Names      dosai_<noun>_<verb>. Arguments: receiver, inputs, a callback and its user_data, outputs, and
 *              `dosai_error **out_error` very last, which may be NULL.
 *   Status     What can fail returns a dosai_status: DOSAI_OK is 0, failures are negative. The detail is an
 *              object that the caller owns; there is no "last error".
 *   Ownership  Four words. gives: you free it. takes: the library frees it. lends: it is valid until stated.
 *              copies: yours stays yours. All text and structs passed in are copied before the call returns.
 *              Outputs are cleared first and written only on success. What had arrived before a failure is
 *              lent by the error (dosai_error_completion).
 *   Text in    UTF-8 as `const char *text, size_t length`; DOSAI_NUL_TERMINATED as the length measures a C
 *              string. Short words (role, key, header name, id) are C strings.
 *   Text out   A NUL-terminated `const char *` and a nullable `size_t *out_length` (text may hold U+0000).
 *              NULL with length 0 where there is none. It is lent by the object that it was asked of, until
 *              that object is freed.
 *   Structs    Begin with struct_size and only ever grow. Those that you fill: dosai_x_init(&x, sizeof x),
 *              then set fields. In numbers 0 means the default, and -1 means none or off.
 *   Threads    Each entry says one of: any thread at once; one at a time; any, and from a signal handler.
 *              The library starts no thread and calls back only from inside a call of yours, on its thread.
 *   Freeing    dosai_x_free drops the handle: from any thread, in any order, from a callback too; NULL is
 *              fine. A client lives on in its calls.
 *   Callbacks  Return 0 to go on; anything else stops the call (DOSAI_CANCELLED, with what had arrived). What
 *              is lent to a callback ends with it. Calling the library from a callback works, or is refused
 *              with DOSAI_BUSY. Never throw, longjmp or exit a thread through it.
 *   Fork       In a forked child every function with a status answers DOSAI_FORKED for a handle from before the
 *              fork; getters still answer. Freeing it is right and does not disturb the parent. New ones work.
 *   Memory     Texts, bodies, events and answers that cannot be had are DOSAI_OUT_OF_MEMORY. A small object of the
 *              library, of less than 1 KB, or its list of them (calls of a loop, choices, tool calls), ends the process
 *              then by a trap (SIGILL). An error is NULL where there was no memory for it, but never that of an event.
 *   Handles    NULL or a handle of another kind is DOSAI_INVALID_ARGUMENT, or the empty answer of a getter: NULL
 *              for text, -1 where -1 means "not said", else 0.
 */
#ifndef DOSAI_H
#define DOSAI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DOSAI_API __attribute__((visibility("default")))
#else
#define DOSAI_API
#endif

/* The length that says: measure it, it ends with a NUL. */
#define DOSAI_NUL_TERMINATED ((size_t)-1)

typedef struct dosai_error dosai_error;           /* why a call failed, with what had arrived */
typedef struct dosai_cancel dosai_cancel;         /* a token that stops whatever calls it was given to */
typedef struct dosai_client dosai_client;         /* endpoint, key, limits, warm connections */
typedef struct dosai_response dosai_response;     /* an immutable answer of any endpoint but chat */
typedef struct dosai_request dosai_request;       /* a chat request being built */
typedef struct dosai_completion dosai_completion; /* an immutable chat answer, whole or assembled from a stream */
typedef struct dosai_stream dosai_stream;         /* one streaming call, pulled chunk by chunk */
typedef struct dosai_loop dosai_loop;             /* many calls in flight on one thread, behind one descriptor */
typedef struct dosai_call dosai_call;             /* one call in flight in a loop */

/* ---- version ------------------------------------------------------------------------------------------- */

#define DOSAI_VERSION "0.1.0"
#define DOSAI_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

/* The version of the library that is loaded, as "0.1.0". Lends it for ever. Threads: any thread at once. */
DOSAI_API const char *dosai_version(void);

/* The same as a number, to compare with DOSAI_VERSION_NUMBER. Threads: any thread at once. */
DOSAI_API int32_t dosai_version_number(void);

/* ---- status -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_status;
enum {
  DOSAI_OK = 0,
  DOSAI_INVALID_ARGUMENT = -1,      /* the caller's value, handle kind, struct_size or JSON */
  DOSAI_OUT_OF_MEMORY = -2,         /* */
  DOSAI_RESOURCE = -3,              /* no file descriptor, or a libcurl that is too old */
  DOSAI_BUSY = -4,                  /* refused from a callback, or the handle is in use */
  DOSAI_FORKED = -5,                /* a handle from before a fork */
  DOSAI_CANCELLED = -6,             /* by token, callback, free, or the process exits */
  DOSAI_TIMEOUT = -7,               /* dosai_error_clock says which */
  DOSAI_CONNECTION = -8,            /* resolve, connect, proxy, or reset before an answer */
  DOSAI_TLS = -9,                   /* */
  DOSAI_TRUNCATED = -10,            /* the answer stopped before its end */
  DOSAI_PROTOCOL = -11,             /* not HTTP, not JSON, not events */
  DOSAI_TOO_LARGE = -12,            /* a limit; the message says which */
  DOSAI_REDIRECTED = -13,           /* 3xx; dosai_error_header(error, "location", NULL) */
  DOSAI_WOULD_BLOCK = -14,          /* nothing yet within timeout_ms; comes without an error object */
  DOSAI_PROXY = -15,                /* the proxy refused to connect, such as by 407; the message says how */
  DOSAI_BAD_REQUEST = -20,          /* 400, 409, 413, 422 and other 4xx */
  DOSAI_AUTHENTICATION = -21,       /* 401 */
  DOSAI_INSUFFICIENT_CREDITS = -22, /* 402; 429 with insufficient_quota */
  DOSAI_PERMISSION = -23,           /* 403 */
  DOSAI_NOT_FOUND = -24,            /* 404 */
  DOSAI_RATE_LIMITED = -25,         /* 429 */
  DOSAI_SERVER = -26,               /* 500, 502, 504, 408 and other 5xx */
  DOSAI_UNAVAILABLE = -27,          /* 503, 529 */
  DOSAI_PROVIDER = -28,             /* an error inside a stream or inside a 200 */
  DOSAI_INTERNAL = -99              /* ours; please report it */
};

/* The name of a status without its prefix, as "RATE_LIMITED"; "UNKNOWN" for other numbers.
 * Lends it for ever. Threads: any thread at once. */
DOSAI_API const char *dosai_status_name(dosai_status status);

/* ---- error --------------------------------------------------------------------------------------------- */

/* Which of the four clocks ran out. */
typedef int32_t dosai_clock;
enum {
  DOSAI_CLOCK_NONE = 0,
  DOSAI_CLOCK_CONNECT = 1,     /* from the attempt's start until the request can be written; in a loop with
                                * max_connections_per_host not while it waits for one of these */
  DOSAI_CLOCK_FIRST_TOKEN = 2, /* from there to the first chunk (unary calls: to the first response byte) */
  DOSAI_CLOCK_IDLE = 3,        /* between two chunks; comments and empty events do not count as life */
  DOSAI_CLOCK_TOTAL = 4        /* the whole call, retries included */
};

/* One try at the server. */
typedef struct dosai_attempt {
  uint32_t struct_size;
  dosai_status status;  /* how it ended */
  int32_t http_status;  /* 0: there was no answer */
  int32_t reserved;
  int64_t delay_ms;     /* what was waited after it, before the next; 0 for the last */
} dosai_attempt;

/* Microseconds since the call began; -1 for what was not reached. The first three are the last attempt's. */
typedef struct dosai_timings {
  uint32_t struct_size;
  int32_t reused_connection; /* 1: a warm connection served it */
  int64_t connect_us;        /* the request could be written */
  int64_t first_byte_us;     /* the first byte of the response */
  int64_t first_token_us;    /* the first chunk with text or a tool call; -1 for unary calls */
  int64_t total_us;
} dosai_timings;

/* An error is immutable; all its getters: any thread at once. What they return is lent until
 * dosai_error_free. No getter ever shows a request header or the key, also where the server echoed it. */

/* The status that came with it. DOSAI_INVALID_ARGUMENT for NULL. */
DOSAI_API dosai_status dosai_error_status(const dosai_error *error);
/* One line for people: what happened, with the server's own message where there is one. */
DOSAI_API const char *dosai_error_message(const dosai_error *error, size_t *out_length);
/* The HTTP status of the last answer, 0 for none. */
DOSAI_API int32_t dosai_error_http_status(const dosai_error *error);
/* The server's error code, type and parameter, as text whatever their JSON type was. */
DOSAI_API const char *dosai_error_code(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_type(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_param(const dosai_error *error, size_t *out_length);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_error_request_id(const dosai_error *error, size_t *out_length);
/* What retry-after-ms or Retry-After asked for, in milliseconds; -1: nothing. */
DOSAI_API int64_t dosai_error_retry_after_ms(const dosai_error *error);
/* 1 if the same call may succeed when it is made again: the connection broke, a clock ran out, the answer was cut, or
 * the server said 408, 409, 429 or 5xx. The server's x-should-retry overrides what it said. Else 0. */
DOSAI_API int32_t dosai_error_is_retryable(const dosai_error *error);
/* A response header by its name in any case, as "location" or "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_error_header(const dosai_error *error, const char *name, size_t *out_length);
/* The response body as it came, at most its first 64 KiB; of an error inside a stream, its event. */
DOSAI_API const char *dosai_error_body(const dosai_error *error, size_t *out_length);
/* Which clock ran out, for DOSAI_TIMEOUT. */
DOSAI_API dosai_clock dosai_error_clock(const dosai_error *error);
/* How many attempts were made: 0 where nothing was sent. */
DOSAI_API int32_t dosai_error_attempt_count(const dosai_error *error);
/* Fills *out_attempt (its struct_size set by you) with attempt `index`, counted from 0.
 * INVALID_ARGUMENT: no such attempt. */
DOSAI_API dosai_status dosai_error_attempt(const dosai_error *error, int32_t index, dosai_attempt *out_attempt);
/* Fills *out_timings (its struct_size set by you). INVALID_ARGUMENT: no error, or no struct_size. */
DOSAI_API dosai_status dosai_error_timings(const dosai_error *error, dosai_timings *out_timings);
/* Lends what had arrived of the completion before the call failed; NULL: nothing. */
DOSAI_API const dosai_completion *dosai_error_completion(const dosai_error *error);
/* Gives another handle of the same error: to keep one that is lent. */
DOSAI_API dosai_status dosai_error_copy(const dosai_error *error, dosai_error **out_copy, dosai_error **out_error);
/* Frees it and what it lends. One that was lent (by an event) is left alone. Threads: any. */
DOSAI_API void dosai_error_free(dosai_error *error);

/* ---- cancel -------------------------------------------------------------------------------------------- */

/* Gives a token, to be set in dosai_call_options.cancel of any number of calls.
 * RESOURCE: no file descriptor is free. Threads: any thread at once. */
DOSAI_API dosai_status dosai_cancel_new(dosai_cancel **out_cancel, dosai_error **out_error);
/* Stops every call that has the token, now and later; they end with CANCELLED. It cannot be undone.
 * Threads: any, and from a signal handler. */
DOSAI_API void dosai_cancel_trigger(dosai_cancel *cancel);
/* 1 if it was triggered, else 0. Threads: any, and from a signal handler. */
DOSAI_API int32_t dosai_cancel_is_triggered(const dosai_cancel *cancel);
/* Drops the token; calls that have it keep what they need. Threads: any. */
DOSAI_API void dosai_cancel_free(dosai_cancel *cancel);

/* ---- client -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_log_level;
enum {
  DOSAI_LOG_OFF = 0,
  DOSAI_LOG_ERROR = 1,   /* a call failed */
  DOSAI_LOG_WARNING = 2, /* a retry */
  DOSAI_LOG_INFO = 3,    /* a call ended well */
  DOSAI_LOG_DEBUG = 4    /* each attempt as it starts */
};

/* One log line without its newline: method, host, path, status, request id, durations; never a header value,
 * a query, the key, or what was said. Called on the thread that made the call; it must not call the library. */
typedef void (*dosai_log_fn)(dosai_log_level level, const char *line, size_t length, void *user_data);

/* What a client is made of. Everything is copied. C strings; NULL means the default. */
typedef struct dosai_client_options {
  uint32_t struct_size;
  int32_t max_retries;        /* per call; 0: 2 */
  const char *base_url;       /* NULL: "https://api.dos.ai/v1". A path and a query (?api-version=...) are kept */
  const char *api_key;        /* NULL: none is sent */
  const char *api_key_header; /* NULL: "Authorization: Bearer KEY". Else the bare key in this header ("api-key"). It may
                               * not be one that HTTP itself needs, such as "Host" or "Content-Length" */
  const char *organization;   /* OpenAI-Organization */
  const char *project;        /* OpenAI-Project */
  const char *user_agent;     /* NULL: "dosai/VERSION" */
  const char *const *headers; /* "Name: value" each; one of the same name as ours replaces ours */
  size_t header_count;
  const char *ca_file;        /* PEM; NULL: the system's authorities */
  const char *ca_pem;         /* PEM text, instead of ca_file */
  size_t ca_pem_length;
  const char *client_certificate_file; /* PEM */
  const char *client_key_file;         /* PEM; NULL: in the certificate's file */
  const char *client_key_password;
  const char *proxy;          /* "http://host:port", "socks5h://host:port"; NULL or "": none */
  const char *unix_socket;    /* connect to this path instead of the URL's host */
  int64_t connect_timeout_ms;     /* 0: 10 s */
  int64_t first_token_timeout_ms; /* 0: 600 s */
  int64_t idle_timeout_ms;        /* 0: 300 s; streams only */
  int64_t total_timeout_ms;       /* 0: 600 s for unary calls, none for streams */
  int64_t keep_alive_timeout_ms;  /* an idle one is used again for so long, in whole seconds. 0: 60 s; -1: no limit */
  int64_t max_event_bytes;    /* one event of a stream. 0: 16 MiB; -1 in any limit: none */
  int64_t max_response_bytes; /* a unary answer, decompressed. 0: 64 MiB */
  int64_t max_text_bytes;     /* what a stream's completion may add up to. 0: 64 MiB */
  int64_t max_header_bytes;   /* the response's headers. 0: 300 KiB; libcurl's own most is that, less over HTTP/2 */
  int32_t max_json_nodes;     /* values in one event or answer. 0: 1,000,000 */
  int32_t max_json_depth;     /* 0: 512, which is also the most */
  int32_t max_choices;        /* 0: 128 */
  int32_t max_tool_calls;     /* per choice. 0: 1,024 */
  int32_t max_redirects;      /* followed within the same origin: 301, 302, 303, 307 and 308; a POST by the last two
                               * alone. 0: none; 5 at most */
  int32_t allow_insecure_http;    /* 1: a key may go over plain http to other hosts than this one, or to a proxy */
  int32_t proxy_from_environment; /* 1: https_proxy and no_proxy are read, for https only */
  int32_t http1_only;             /* 1: no HTTP/2 */
  dosai_log_level log_level;  /* 0: off */
  dosai_log_fn on_log;
  void *log_user_data;
} dosai_client_options;

/* What one call may set apart from its client. Everything is copied, but for the token, which is kept alive. */
typedef struct dosai_call_options {
  uint32_t struct_size;
  int32_t max_retries;            /* 0: the client's; -1: none */
  int64_t connect_timeout_ms;     /* 0: the client's; -1: none */
  int64_t first_token_timeout_ms; /* 0: the client's; -1: none */
  int64_t idle_timeout_ms;        /* 0: the client's; -1: none */
  int64_t total_timeout_ms;       /* 0: the client's; -1: none */
  const char *const *headers;     /* "Name: value" each; one of the same name as the client's replaces it */
  size_t header_count;
  dosai_cancel *cancel;           /* NULL: none */
  int32_t (*on_wait)(void *user_data); /* called at each interval, whatever arrives, and at each signal while the
                                        * call waits; anything but 0 cancels. NULL: never */
  void *wait_user_data;
  int64_t wait_interval_ms;       /* 0: 100 ms */
} dosai_call_options;

/* Makes all of *options the default; struct_size is sizeof of yours. Threads: any thread at once. */
DOSAI_API void dosai_client_options_init(dosai_client_options *options, size_t struct_size);
DOSAI_API void dosai_call_options_init(dosai_call_options *options, size_t struct_size);

/* Gives a client. Nothing is sent. options may be NULL: the defaults. The configuration never changes after.
 * INVALID_ARGUMENT: the message names the option. RESOURCE: no descriptor is free, or libcurl is older than
 * 7.88. FORKED, OUT_OF_MEMORY. Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                        dosai_error **out_error);
/* GETs or POSTs any other JSON endpoint with the same transport, retries and errors, and gives its answer. path is a C
 * string joined to the base URL, such as "/models". json is the body. out_response may be NULL. Statuses: as for
 * dosai_chat. Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_get(dosai_client *client, const char *path, const dosai_call_options *options,
                                        dosai_response **out_response, dosai_error **out_error);
DOSAI_API dosai_status dosai_client_post(dosai_client *client, const char *path, const char *json, size_t length,
                                         const dosai_call_options *options, dosai_response **out_response,
                                         dosai_error **out_error);
/* Drops the client; its connections close when its last call has ended, and the key is wiped. Threads: any. */
DOSAI_API void dosai_client_free(dosai_client *client);

/* ---- response ------------------------------------------------------------------------------------------ */

/* What a GET or a POST answered. It is immutable; all its getters: any thread at once. What they return is lent until
 * dosai_response_free. */

/* The body, which is JSON, as the server sent it. */
DOSAI_API const char *dosai_response_json(const dosai_response *response, size_t *out_length);
/* The HTTP status, such as 200; 0 without a response. */
DOSAI_API int32_t dosai_response_http_status(const dosai_response *response);
/* A response header by its name in any case, such as "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_response_header(const dosai_response *response, const char *name, size_t *out_length);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_response_request_id(const dosai_response *response, size_t *out_length);
/* The attempts it took, the last one the one that answered. As dosai_error_attempt. */
DOSAI_API int32_t dosai_response_attempt_count(const dosai_response *response);
DOSAI_API dosai_status dosai_response_attempt(const dosai_response *response, int32_t index,
                                              dosai_attempt *out_attempt);
/* Fills *out_timings (its struct_size set by you). INVALID_ARGUMENT: no response, or no struct_size. */
DOSAI_API dosai_status dosai_response_timings(const dosai_response *response, dosai_timings *out_timings);
/* Gives another handle of the same response: to keep one that is lent. */
DOSAI_API dosai_status dosai_response_copy(const dosai_response *response, dosai_response **out_response,
                                           dosai_error **out_error);
/* Frees it. One that was lent (by an event) is left alone. Threads: any. */
DOSAI_API void dosai_response_free(dosai_response *response);

/* ---- request ------------------------------------------------------------------------------------------- */

/* A request is the text of one JSON object, and it is sent as it is, byte for byte. Only "stream" is not its
 * own: the call decides it, whatever the text says. One thread at a time, but any number of calls may read it at once.
 * Statuses of all that change it: INVALID_ARGUMENT (the message names the rule), OUT_OF_MEMORY, FORKED; the
 * request is then as it was before. */

/* Gives a request for the model, with no messages yet. */
DOSAI_API dosai_status dosai_request_new(const char *model, size_t length, dosai_request **out_request,
                                         dosai_error **out_error);
/* Gives a request with this text, which must be a JSON object; nothing else is checked. */
DOSAI_API dosai_status dosai_request_parse(const char *json, size_t length, dosai_request **out_request,
                                           dosai_error **out_error);
/* Gives a request of the same text. */
DOSAI_API dosai_status dosai_request_copy(const dosai_request *request, dosai_request **out_request,
                                          dosai_error **out_error);
/* Adds a message. role: "system", "user", "assistant", "tool", or any that the server knows. */
DOSAI_API dosai_status dosai_request_add_message(dosai_request *request, const char *role, const char *content,
                                                 size_t length, dosai_error **out_error);
/* Adds a message that is a JSON object: content parts, tool_calls, fields of a provider. */
DOSAI_API dosai_status dosai_request_add_message_json(dosai_request *request, const char *json, size_t length,
                                                      dosai_error **out_error);
/* Sets a text field, as "name", of the message that was added last. */
DOSAI_API dosai_status dosai_request_set_message_text(dosai_request *request, const char *key, const char *text,
                                                      size_t length, dosai_error **out_error);
/* Adds the message of a completion's choice (its position, from 0), verbatim: tool calls and unknown fields
 * too. After it come the tools' results. */
DOSAI_API dosai_status dosai_request_add_completion(dosai_request *request, const dosai_completion *completion,
                                                    int32_t choice, dosai_error **out_error);
/* Adds a function that the model may call. description may be NULL. parameters_json is a JSON schema, of
 * `length` bytes; NULL: the function takes none. */
DOSAI_API dosai_status dosai_request_add_tool(dosai_request *request, const char *name, const char *description,
                                              const char *parameters_json, size_t length, dosai_error **out_error);
/* Adds the message of role "tool" that answers one call of the message before. */
DOSAI_API dosai_status dosai_request_add_tool_result(dosai_request *request, const char *tool_call_id,
                                                     const char *content, size_t length, dosai_error **out_error);
/* The model must call this function. The words "auto", "none" and "required" go by dosai_request_set_text. */
DOSAI_API dosai_status dosai_request_set_tool_choice(dosai_request *request, const char *function_name,
                                                     dosai_error **out_error);
/* Adds a text at which the model stops; there can be four. */
DOSAI_API dosai_status dosai_request_add_stop(dosai_request *request, const char *text, size_t length,
                                              dosai_error **out_error);
/* Set a field by its key; one that is there keeps its place. These check the type and range that the API
 * documents: temperature 0 to 2, top_p 0 to 1, frequency_penalty and presence_penalty -2 to 2, max_tokens from
 * 1, n from 1 to 128; stream, messages, tools and response_format are not theirs. Other keys pass as they are. */
DOSAI_API dosai_status dosai_request_set_text(dosai_request *request, const char *key, const char *text,
                                              size_t length, dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_number(dosai_request *request, const char *key, double number,
                                                dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_integer(dosai_request *request, const char *key, int64_t integer,
                                                 dosai_error **out_error);
/* Sets a field to any JSON value, as it is: "response_format", "stream_options", "seed", "logit_bias".
 * It may also set the documented keys to what their rules would refuse. */
DOSAI_API dosai_status dosai_request_set_json(dosai_request *request, const char *key, const char *json,
                                              size_t length, dosai_error **out_error);
/* Lends the text of the request, until it is changed or freed. */
DOSAI_API const char *dosai_request_json(const dosai_request *request, size_t *out_length);
DOSAI_API void dosai_request_free(dosai_request *request);

/* ---- completion ---------------------------------------------------------------------------------------- */

typedef int32_t dosai_finish_reason;
enum {
  DOSAI_FINISH_NONE = 0,           /* the server did not say */
  DOSAI_FINISH_STOP = 1,
  DOSAI_FINISH_LENGTH = 2,
  DOSAI_FINISH_TOOL_CALLS = 3,     /* also the older "function_call" */
  DOSAI_FINISH_CONTENT_FILTER = 4,
  DOSAI_FINISH_OTHER = 5           /* another word; the _text getter has it */
};

/* Tokens; -1 where the server did not say. */
typedef struct dosai_usage {
  uint32_t struct_size;
  int32_t reserved;
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t total_tokens;
  int64_t cached_tokens;    /* prompt_tokens_details.cached_tokens */
  int64_t reasoning_tokens; /* completion_tokens_details.reasoning_tokens */
} dosai_usage;

/* What the server sent otherwise than documented, and was understood all the same: a set of bits. */
enum {
  DOSAI_QUIRK_DONE_MISSING = 1 << 0,        /* the stream ended without [DONE], with each finish reason */
  DOSAI_QUIRK_DONE_PADDED = 1 << 1,         /* [DONE] with blanks around it or without its blank line */
  DOSAI_QUIRK_AFTER_DONE = 1 << 2,          /* there were bytes after [DONE]; they were dropped */
  DOSAI_QUIRK_EMPTY_EVENT = 1 << 3,         /* an event with empty data */
  DOSAI_QUIRK_LAST_EVENT_OPEN = 1 << 4,     /* the last event came without its blank line */
  DOSAI_QUIRK_WHOLE_ANSWER = 1 << 5,        /* a stream call was answered by a whole completion */
  DOSAI_QUIRK_CHOICES_MISSING = 1 << 6,     /* an event without choices or with null */
  DOSAI_QUIRK_DELTA_MISSING = 1 << 7,       /* a choice without delta or with null */
  DOSAI_QUIRK_CHOICE_INDEX = 1 << 8,        /* index missing, null or -1: its place in the event is taken */
  DOSAI_QUIRK_FINISH_REASON = 1 << 9,       /* empty, an unknown word, or given twice */
  DOSAI_QUIRK_USAGE_REPEATED = 1 << 10,     /* usage came more than once: the last counts */
  DOSAI_QUIRK_USAGE_ELSEWHERE = 1 << 11,    /* usage was in x_groq */
  DOSAI_QUIRK_CONTENT_PARTS = 1 << 12,      /* content was a list of parts: their text was taken */
  DOSAI_QUIRK_CREATED = 1 << 13,            /* created was no integer */
  DOSAI_QUIRK_ID_CHANGED = 1 << 14,         /* id changed from chunk to chunk */
  DOSAI_QUIRK_TOOL_INDEX = 1 << 15,         /* a tool call's index was missing, or one for several calls */
  DOSAI_QUIRK_TOOL_REPEATED = 1 << 16,      /* a tool call's id or name came empty or again */
  DOSAI_QUIRK_ARGUMENTS_OBJECT = 1 << 17,   /* arguments were an object: its JSON was taken as the text */
  DOSAI_QUIRK_TEXT_REPAIRED = 1 << 18,      /* invalid UTF-8 or lone surrogates became U+FFFD */
  DOSAI_QUIRK_BIG_NUMBER = 1 << 19          /* an integer beyond 64 bits */
};

/* A completion is immutable; all its getters: any thread at once. What they return is lent until
 * dosai_completion_free. `choice` is a position from 0 to dosai_completion_choice_count - 1; choices are in
 * the order of their index. */

DOSAI_API const char *dosai_completion_id(const dosai_completion *completion, size_t *out_length);
DOSAI_API const char *dosai_completion_object(const dosai_completion *completion, size_t *out_length);
/* Unix time in seconds; -1: not said. */
DOSAI_API int64_t dosai_completion_created(const dosai_completion *completion);
DOSAI_API const char *dosai_completion_model(const dosai_completion *completion, size_t *out_length);
DOSAI_API int32_t dosai_completion_choice_count(const dosai_completion *completion);
/* The index that the server gave the choice; -1: no such choice. */
DOSAI_API int32_t dosai_completion_choice_index(const dosai_completion *completion, int32_t choice);
DOSAI_API const char *dosai_completion_role(const dosai_completion *completion, int32_t choice, size_t *out_length);
DOSAI_API const char *dosai_completion_content(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
DOSAI_API const char *dosai_completion_refusal(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
/* reasoning_content, reasoning or thinking, whichever the server uses. */
DOSAI_API const char *dosai_completion_reasoning(const dosai_completion *completion, int32_t choice,
                                                 size_t *out_length);
DOSAI_API dosai_finish_reason dosai_completion_finish_reason(const dosai_completion *completion, int32_t choice);
/* The server's own word. */
DOSAI_API const char *dosai_completion_finish_reason_text(const dosai_completion *completion, int32_t choice,
                                                          size_t *out_length);
DOSAI_API int32_t dosai_completion_tool_call_count(const dosai_completion *completion, int32_t choice);
DOSAI_API const char *dosai_completion_tool_call_id(const dosai_completion *completion, int32_t choice,
                                                    int32_t tool_call, size_t *out_length);
DOSAI_API const char *dosai_completion_tool_call_name(const dosai_completion *completion, int32_t choice,
                                                      int32_t tool_call, size_t *out_length);
/* The arguments as the model wrote them: JSON if it kept to it. */
DOSAI_API const char *dosai_completion_tool_call_arguments(const dosai_completion *completion, int32_t choice,
                                                           int32_t tool_call, size_t *out_length);
/* The JSON of a choice's message, as the server wrote it (of a stream: as it was assembled). */
DOSAI_API const char *dosai_completion_message_json(const dosai_completion *completion, int32_t choice,
                                                    size_t *out_length);
/* The JSON of the whole answer: the server's bytes; of a stream, the completion it adds up to. */
DOSAI_API const char *dosai_completion_json(const dosai_completion *completion, size_t *out_length);
/* Fills *out_usage (its struct_size set by you). INVALID_ARGUMENT: no completion, or no struct_size. */
DOSAI_API dosai_status dosai_completion_usage(const dosai_completion *completion, dosai_usage *out_usage);
/* Fills *out_timings (its struct_size set by you). INVALID_ARGUMENT: as above. */
DOSAI_API dosai_status dosai_completion_timings(const dosai_completion *completion, dosai_timings *out_timings);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_completion_request_id(const dosai_completion *completion, size_t *out_length);
/* A response header by its name in any case, as "x-ratelimit-remaining-tokens". */
DOSAI_API const char *dosai_completion_header(const dosai_completion *completion, const char *name,
                                              size_t *out_length);
DOSAI_API int32_t dosai_completion_http_status(const dosai_completion *completion);
/* The attempts it took, the last one the one that answered. As dosai_error_attempt. */
DOSAI_API int32_t dosai_completion_attempt_count(const dosai_completion *completion);
DOSAI_API dosai_status dosai_completion_attempt(const dosai_completion *completion, int32_t index,
                                                dosai_attempt *out_attempt);
/* The DOSAI_QUIRK_ bits. */
DOSAI_API uint32_t dosai_completion_quirks(const dosai_completion *completion);
/* The name of one bit without its prefix, as "DONE_MISSING"; NULL for no such bit. Lends it for ever. */
DOSAI_API const char *dosai_quirk_name(uint32_t quirk);
/* Gives another handle of the same completion: to keep one that is lent. */
DOSAI_API dosai_status dosai_completion_copy(const dosai_completion *completion, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Frees it. One that was lent (by an error or an event) is left alone. Threads: any. */
DOSAI_API void dosai_completion_free(dosai_completion *completion);

/* ---- chat ---------------------------------------------------------------------------------------------- */

typedef int32_t dosai_chunk_kind;
enum {
  DOSAI_CHUNK_OTHER = 0,     /* a choice, or an event, with none of the others: role, empty delta, unknown fields */
  DOSAI_CHUNK_CONTENT = 1,   /* text */
  DOSAI_CHUNK_REASONING = 2, /* text */
  DOSAI_CHUNK_REFUSAL = 3,   /* text */
  DOSAI_CHUNK_TOOL_CALL = 4, /* tool_call, tool_call_id, tool_call_name as far as sent; text: of the arguments */
  DOSAI_CHUNK_FINISH = 5,    /* finish_reason; text: the server's word */
  DOSAI_CHUNK_USAGE = 6      /* usage */
};

/* A piece of a stream, lent until the callback returns or dosai_stream_next is called again. One event of the
 * server gives one chunk or several. Text is NUL-terminated; NULL where there is none. */
typedef struct dosai_chunk {
  uint32_t struct_size;
  dosai_chunk_kind kind;
  int32_t choice;        /* the choice's index; -1 where it is of none */
  int32_t last_in_event; /* 1: the event has no further chunk */
  int64_t event_index;   /* counts the server's events, from 0 */
  const char *text;
  size_t text_length;
  int32_t tool_call;     /* which tool call of the choice, from 0; -1: none */
  dosai_finish_reason finish_reason;
  const char *tool_call_id;
  size_t tool_call_id_length;
  const char *tool_call_name;
  size_t tool_call_name_length;
  const dosai_usage *usage;
  const char *json;      /* the whole event, NUL-terminated too */
  size_t json_length;
} dosai_chunk;

typedef int32_t (*dosai_chunk_fn)(const dosai_chunk *chunk, void *user_data);

/* Sends the request and gives the whole answer. options and, in all calls, out_completion may be NULL.
 * Every status but WOULD_BLOCK. Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat(dosai_client *client, const dosai_request *request,
                                  const dosai_call_options *options, dosai_completion **out_completion,
                                  dosai_error **out_error);
/* Streams the answer to on_chunk as it comes, and at its end gives the completion it adds up to (out_completion
 * may be NULL). It is DOSAI_OK only if the server said that the answer is whole; else the error lends what had
 * arrived. Every status but WOULD_BLOCK. Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat_stream(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_chunk_fn on_chunk,
                                         void *user_data, dosai_completion **out_completion,
                                         dosai_error **out_error);

/* ---- stream -------------------------------------------------------------------------------------------- */

/* Sends the request, waits until the server has accepted it (its response headers; retries are made here), and
 * gives the stream. options may be NULL. Statuses: as dosai_chat_stream. Threads: any thread at once. */
DOSAI_API dosai_status dosai_stream_open(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_stream **out_stream,
                                         dosai_error **out_error);
/* Lends the next chunk in *out_chunk; DOSAI_OK with NULL is the end of a whole answer. timeout_ms: how long to
 * wait for it (-1: as the clocks say, 0: not at all); WOULD_BLOCK when it has passed, and the stream goes on. The
 * first-token and idle clocks run while a call is in here, and stand still between two.
 * After the end or a failure every further call answers the same. BUSY: another call is in it.
 * Statuses: as dosai_chat_stream, and WOULD_BLOCK. Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_next(dosai_stream *stream, int64_t timeout_ms, const dosai_chunk **out_chunk,
                                         dosai_error **out_error);
/* Gives what the chunks taken so far add up to: after the end the whole completion, before it a part, before
 * the first chunk one without choices; so too after a failure, whose error lends all that had arrived.
 * INVALID_ARGUMENT, OUT_OF_MEMORY, BUSY, FORKED. Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_completion(dosai_stream *stream, dosai_completion **out_completion,
                                               dosai_error **out_error);
/* Stops the stream if it has not ended, and drops it. Threads: any. */
DOSAI_API void dosai_stream_free(dosai_stream *stream);

/* ---- loop ---------------------------------------------------------------------------------------------- */

/* A loop drives any number of calls, of any clients, on the thread that steps it. Each call that was accepted by a
 * submit ends in exactly one COMPLETION, RESPONSE or ERROR event; nothing of it is told inside submit, nor after it.
 * Submit, and cancel, pause, resume and free of calls work inside an event's callback; step, next and close answer
 * BUSY there, and inside close's so does submit. What next lent ends with any step or close. One thread at a
 * time, unless an entry says otherwise.
 * Over HTTP/2 the calls to a host share a connection, as many as the server and libcurl allow: a hundred or so. While
 * one is being made, the others wait for it: a second at most, and within their own connect clocks. Over HTTP/1.1, once
 * that is known, each has its own. */

typedef int32_t dosai_event_kind;
enum {
  DOSAI_EVENT_CHUNK = 1,
  DOSAI_EVENT_COMPLETION = 2, /* the last: a chat ended well */
  DOSAI_EVENT_ERROR = 3,      /* the last: the call failed */
  DOSAI_EVENT_RESPONSE = 4    /* the last: a GET or POST ended well */
};

/* What happened to a call; lent, with all in it, until the callback returns or dosai_loop_next is called again. */
typedef struct dosai_event {
  uint32_t struct_size;
  dosai_event_kind kind;
  uintptr_t tag;                      /* as given to submit */
  const dosai_chunk *chunk;           /* CHUNK */
  const dosai_completion *completion; /* COMPLETION */
  const dosai_error *error;           /* ERROR */
  const dosai_response *response;     /* RESPONSE */
} dosai_event;

/* 0 goes on; anything else cancels the call of the event, which then still ends in its last event. */
typedef int32_t (*dosai_event_fn)(const dosai_event *event, void *user_data);

typedef struct dosai_loop_options {
  uint32_t struct_size;
  int32_t max_in_flight;            /* calls at once; the rest wait, clients taking turns. 0: no limit */
  int32_t max_connections_per_host; /* 0: no limit. Calls beyond wait in turn; of their clocks only the total runs */
  int32_t reserved;
} dosai_loop_options;

/* Makes all of *options the default. Threads: any thread at once. */
DOSAI_API void dosai_loop_options_init(dosai_loop_options *options, size_t struct_size);
/* Gives a loop. options may be NULL. RESOURCE: no descriptor is free. Threads: any thread at once. */
DOSAI_API dosai_status dosai_loop_new(const dosai_loop_options *options, dosai_loop **out_loop,
                                      dosai_error **out_error);
/* Submit a call; options may be NULL, and on_wait in them is not used. Gives its handle in *out_call, which may be
 * NULL. chat: one COMPLETION or ERROR. stream: CHUNKs before it. get and post, of any other JSON endpoint: one RESPONSE
 * or ERROR.
 * INVALID_ARGUMENT, OUT_OF_MEMORY, FORKED: the call was not accepted and has no events. */
DOSAI_API dosai_status dosai_loop_submit_chat(dosai_loop *loop, dosai_client *client, const dosai_request *request,
                                              const dosai_call_options *options, uintptr_t tag,
                                              dosai_call **out_call, dosai_error **out_error);
DOSAI_API dosai_status dosai_loop_submit_stream(dosai_loop *loop, dosai_client *client,
                                                const dosai_request *request, const dosai_call_options *options,
                                                uintptr_t tag, dosai_call **out_call, dosai_error **out_error);
DOSAI_API dosai_status dosai_loop_submit_get(dosai_loop *loop, dosai_client *client, const char *path,
                                             const dosai_call_options *options, uintptr_t tag,
                                             dosai_call **out_call, dosai_error **out_error);
DOSAI_API dosai_status dosai_loop_submit_post(dosai_loop *loop, dosai_client *client, const char *path,
                                              const char *json, size_t length, const dosai_call_options *options,
                                              uintptr_t tag, dosai_call **out_call, dosai_error **out_error);
/* Waits until something happens, timeout_ms at most (0: not at all, -1: without end), and acts on it; it may return
 * without an event. With on_event every event that has come is told to it; without, they wait for dosai_loop_next.
 * Fills *out_active (may be NULL) with the number of calls whose last event was neither told nor lent by next: with
 * none, a step without end waits for dosai_loop_wake. BUSY, FORKED. */
DOSAI_API dosai_status dosai_loop_step(dosai_loop *loop, int64_t timeout_ms, dosai_event_fn on_event,
                                       void *user_data, size_t *out_active, dosai_error **out_error);
/* Lends the next event that a step brought, or NULL: step again. A call whose events nobody takes holds a bounded
 * part of its answer, and its connection waits: 256 KB and what libcurl reads at a time; over HTTP/2, where others
 * share the connection, at most libcurl's window of a stream (32 MB). BUSY, FORKED. */
DOSAI_API dosai_status dosai_loop_next(dosai_loop *loop, const dosai_event **out_event, dosai_error **out_error);
/* A descriptor that is readable when a step has something to do, timers included: for poll, epoll, any event loop.
 * It is the loop's; do not read or close it. -1: no loop. Threads: any thread at once. */
DOSAI_API int dosai_loop_fd(const dosai_loop *loop);
/* How long a host that does not poll the descriptor may wait before it steps, in ms; -1: without end. */
DOSAI_API int64_t dosai_loop_timeout_ms(const dosai_loop *loop);
/* Ends the wait of a step. Threads: any, and from a signal handler. */
DOSAI_API void dosai_loop_wake(const dosai_loop *loop);
/* Ends all calls as CANCELLED, tells on_event (may be NULL) of each, and frees the loop. BUSY inside a callback: the
 * loop stays. In a forked child it only frees. */
DOSAI_API dosai_status dosai_loop_close(dosai_loop *loop, dosai_event_fn on_event, void *user_data,
                                        dosai_error **out_error);

/* Ends the call as CANCELLED, by its last event. Threads: any. */
DOSAI_API void dosai_call_cancel(dosai_call *call);
/* No more events of the call until it is resumed: its connection waits, its clocks but the total one stand still. One
 * that waits for its turn starts once it is resumed, before those that were submitted after it. Threads: any. */
DOSAI_API void dosai_call_pause(dosai_call *call);
DOSAI_API void dosai_call_resume(dosai_call *call);
/* Gives what the chunks told so far of a stream add up to, with its headers: after its end the whole completion,
 * before the first chunk one without choices. INVALID_ARGUMENT: the call is not a stream, and not a chat that has
 * ended well. OUT_OF_MEMORY, FORKED. Threads: the loop's. */
DOSAI_API dosai_status dosai_call_completion(const dosai_call *call, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Drops the handle; the call goes on. Threads: any. */
DOSAI_API void dosai_call_free(dosai_call *call);

#ifdef __cplusplus
}
#endif

#endif
