/* libdosai: an embeddable Chat Completions client.   SPDX-License-Identifier: MIT
 *
 * This header is the manual. These rules apply throughout; each entry states only its exceptions. The sections,
 * in order: version, status, error, cancel, client, response, request, completion, chat, stream, decoder, loop. A
 * "call" is one exchange with the server, including its retries. In a stream, an "event" is a server-sent event; in a
 * loop, it is a dosai_event.
 *
 *   Names      dosai_<object>_<verb>; for a getter, dosai_<object>_<what it returns>. The arguments, in order: the
 *              object, the inputs, a callback with its user_data, the outputs, and `dosai_error **out_error`, which
 *              may be NULL. Getters have no out_error.
 *   Status     A function that can fail returns a dosai_status: DOSAI_OK is 0, failures are negative. The details are
 *              in an error object, which you own and free; there is no global "last error". Any such function may
 *              return INVALID_ARGUMENT, OUT_OF_MEMORY and, in a forked child, FORKED; "Returns:" lists the others.
 *   Ownership  You own, and must free, every object that a function creates or returns, unless its entry says that it
 *              is borrowed. Text and structs that you pass in are copied before the function returns. Outputs,
 *              except structs to fill in, are cleared first, without freeing what was there; then *out_error is set
 *              only on failure, and the other outputs only on success. The error contains what arrived before a
 *              failure (dosai_error_completion).
 *   Text in    UTF-8, as `const char *text, size_t length`. With DOSAI_NUL_TERMINATED as the length, text is a C
 *              string. Strings without a length argument (a role, a key, a header name, an id) are C strings.
 *   Text out   A NUL-terminated `const char *`, with its length in `size_t *out_length`, which may be NULL. (Text may
 *              contain U+0000.) If there is no text: NULL, and length 0. Text is borrowed until the object that it
 *              came from is freed.
 *   Structs    Each begins with struct_size, and later versions only append fields. For options, call
 *              dosai_x_init(&x, sizeof x) and then set fields. For numeric fields, 0 is the default ("0: 10 s" states
 *              it) and -1 disables: no retry, no timeout, no limit (where "not -1" is stated, -1 is refused). Set
 *              struct_size in a struct of yours that the library is to fill in (attempt, timings, usage).
 *   Threads    An entry or the introduction of its section states one of two rules. "any thread at once": several
 *              threads may use the function at the same time. "one at a time": any thread, but not two at the same
 *              time with the same handle, unless the function returns BUSY for that.
 *              The library starts no thread, although libcurl's resolver may start one to look up a name. It runs your
 *              callbacks only on a thread that is inside one of its functions.
 *   Freeing    dosai_x_free releases a handle. It may be called from any thread, in any order, and in callbacks. NULL
 *              is allowed. A freed client stays alive until its calls have ended and the handles of its streams and
 *              of its calls in loops are freed; a freed handle must not be used. A loop is freed by
 *              dosai_loop_close, whose entry states its own rules.
 *   Callbacks  Return 0 to continue. Any other value stops the call with DOSAI_CANCELLED; the error contains what
 *              arrived. What a callback receives is borrowed until it returns. A callback, except dosai_log_fn,
 *              may call the library; a function that cannot work there returns DOSAI_BUSY. Do not throw or longjmp
 *              out of a callback, and do not end its thread. Once the process is exiting, on_wait, on_log and
 *              on_event are no longer called.
 *   Fork       In a forked child, getters still work for handles that were created before the fork; other functions
 *              return DOSAI_FORKED, or do nothing if they return no status. Free such handles as usual; this does not
 *              affect the parent. New handles work normally.
 *   Memory     If memory for a text, a body, an event or an answer cannot be allocated, the status is OUT_OF_MEMORY.
 *              If memory runs out for a small internal object (under 1 KB), or for an internal list (the calls of a
 *              loop, the choices or the tool calls of an answer), the process is killed by SIGILL. *out_error stays
 *              NULL if the error itself cannot be allocated; the error of an ERROR event in a loop is never NULL.
 *   Handles    For NULL, or for a handle of another type, a function with a status returns DOSAI_INVALID_ARGUMENT, and
 *              one without a result does nothing. Other functions return NULL for text, -1 where -1 means "not
 *              specified", "none" or "no limit", and 0 otherwise. This also applies to a choice, tool call or attempt
 *              that does not exist.
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

/* Pass this as the length of a C string. */
#define DOSAI_NUL_TERMINATED ((size_t)-1)

typedef struct dosai_error dosai_error;           /* why a call failed, and what had arrived */
typedef struct dosai_cancel dosai_cancel;         /* a token that cancels the calls that use it */
typedef struct dosai_client dosai_client;         /* an endpoint, a key, limits, open connections */
typedef struct dosai_response dosai_response;     /* the answer to a GET or a POST */
typedef struct dosai_request dosai_request;       /* a chat request */
typedef struct dosai_completion dosai_completion; /* the answer to a chat request, complete or in part */
typedef struct dosai_stream dosai_stream;         /* one streaming call, read chunk by chunk */
typedef struct dosai_decoder dosai_decoder;       /* reads a stream whose bytes you receive yourself */
typedef struct dosai_loop dosai_loop;             /* many calls on one thread, with one descriptor to poll */
typedef struct dosai_call dosai_call;             /* one call in a loop */

/* ---- version ------------------------------------------------------------------------------------------- */

#define DOSAI_VERSION "0.1.0"
#define DOSAI_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

/* The version of the loaded library, such as "0.1.0". The text stays valid forever. Threads: any thread at once. */
DOSAI_API const char *dosai_version(void);

/* The version as a number, to compare with DOSAI_VERSION_NUMBER. Threads: any thread at once. */
DOSAI_API int32_t dosai_version_number(void);

/* ---- status -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_status;
enum {
  DOSAI_OK = 0,
  DOSAI_INVALID_ARGUMENT = -1,      /* an invalid value, handle, struct_size or JSON */
  DOSAI_OUT_OF_MEMORY = -2,         /* memory could not be allocated; see "Memory" */
  DOSAI_RESOURCE = -3,              /* no free file descriptor, or libcurl is too old */
  DOSAI_BUSY = -4,                  /* not possible in a callback, or another thread is using the handle */
  DOSAI_FORKED = -5,                /* the handle was created before a fork */
  DOSAI_CANCELLED = -6,             /* by a token, a callback, a cancel, free or close function, or exit() */
  DOSAI_TIMEOUT = -7,               /* a clock ran out; dosai_error_clock says which */
  DOSAI_CONNECTION = -8,            /* unknown host, no connection, or it broke before the answer began */
  DOSAI_TLS = -9,                   /* no secure connection, for example with an untrusted certificate */
  DOSAI_TRUNCATED = -10,            /* the answer ended before it was complete */
  DOSAI_PROTOCOL = -11,             /* the answer is not valid HTTP, JSON or server-sent events */
  DOSAI_TOO_LARGE = -12,            /* a limit was exceeded; the message names it */
  DOSAI_REDIRECTED = -13,           /* 3xx; see dosai_error_header(error, "location", NULL) */
  DOSAI_WOULD_BLOCK = -14,          /* nothing came within timeout_ms; there is no error object */
  DOSAI_PROXY = -15,                /* the proxy refused the connection, or the answer is a 407 */
  DOSAI_BAD_REQUEST = -20,          /* 400, 409, 413, 422 and other 4xx */
  DOSAI_AUTHENTICATION = -21,       /* 401 */
  DOSAI_INSUFFICIENT_CREDITS = -22, /* 402, or 429 with the error code insufficient_quota */
  DOSAI_PERMISSION = -23,           /* 403 */
  DOSAI_NOT_FOUND = -24,            /* 404 */
  DOSAI_RATE_LIMITED = -25,         /* any other 429 */
  DOSAI_SERVER = -26,               /* 408, 500, 502, 504 and other 5xx */
  DOSAI_UNAVAILABLE = -27,          /* 503, 529 */
  DOSAI_PROVIDER = -28,             /* an error inside a stream, or in the body of a 200 response */
  DOSAI_INTERNAL = -99              /* a bug in the library; please report it */
};

/* The name of a status without its prefix, such as "RATE_LIMITED"; "UNKNOWN" for other numbers. The text stays valid
 * forever. Threads: any thread at once. */
DOSAI_API const char *dosai_status_name(dosai_status status);

/* ---- error --------------------------------------------------------------------------------------------- */

/* The clocks of a call. A "unary" call is one whose answer is not streamed: a chat, a GET or a POST. */
typedef int32_t dosai_clock;
enum {
  DOSAI_CLOCK_NONE = 0,
  DOSAI_CLOCK_CONNECT = 1,     /* from the start of an attempt until the request can be sent; stopped while
                                * the call waits because of max_connections_per_host */
  DOSAI_CLOCK_FIRST_TOKEN = 2, /* from then until the first chunk of any kind; in a unary call, until the
                                * first byte of the response */
  DOSAI_CLOCK_IDLE = 3,        /* between two chunks; comments and empty events do not reset it */
  DOSAI_CLOCK_TOTAL = 4        /* the whole call, including retries */
};

/* One attempt to get an answer. */
typedef struct dosai_attempt {
  uint32_t struct_size;
  dosai_status status;  /* how it ended */
  int32_t http_status;  /* 0 if there was no answer */
  int32_t reserved;
  int64_t delay_ms;     /* the wait before the next attempt; 0 for the last one */
} dosai_attempt;

/* Times in microseconds, counted from the start of the call; -1 if not reached. connect_us, first_byte_us and
 * first_token_us are those of the last attempt. */
typedef struct dosai_timings {
  uint32_t struct_size;
  int32_t reused_connection; /* 1 if the connection was open before the call */
  int64_t connect_us;        /* the request could be sent */
  int64_t first_byte_us;     /* the first byte of the response */
  int64_t first_token_us;    /* the first chunk with text or a tool call, or the first EVENT; -1 in unary calls */
  int64_t total_us;          /* the end of the call */
} dosai_timings;

/* Errors are immutable. The getters' results are borrowed until dosai_error_free. No getter reveals the key of api_key
 * or key_fn, even if the server echoes it; a key that you put into `headers` is not known as one. Threads: any thread
 * at once. */

/* The status that the function or the call ended with; DOSAI_INVALID_ARGUMENT for NULL. */
DOSAI_API dosai_status dosai_error_status(const dosai_error *error);
/* One human-readable line: what happened, with the server's own message if there is one. In place of control
 * characters, U+0080 to U+009F included, it has spaces. */
DOSAI_API const char *dosai_error_message(const dosai_error *error, size_t *out_length);
/* The HTTP status of the last attempt; 0 if it got no answer. Headers, body, code, type and parameter are those of the
 * same attempt. */
DOSAI_API int32_t dosai_error_http_status(const dosai_error *error);
/* The server's error code, type and parameter, as text even if the JSON value was not a string. */
DOSAI_API const char *dosai_error_code(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_type(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_param(const dosai_error *error, size_t *out_length);
/* The value of the x-request-id header, or else of apim-request-id or request-id. */
DOSAI_API const char *dosai_error_request_id(const dosai_error *error, size_t *out_length);
/* The wait that the retry-after-ms or Retry-After header asks for, in milliseconds; -1 without either. */
DOSAI_API int64_t dosai_error_retry_after_ms(const dosai_error *error);
/* 1 if repeating the call may succeed, else 0. It is 1 if there was no connection or it broke, a clock ran out, the
 * answer was cut short, or the HTTP status is 408, 409, 429 or 5xx. A server's x-should-retry header overrides a 4xx or
 * 5xx status. For an exhausted quota it is always 0. */
DOSAI_API int32_t dosai_error_is_retryable(const dosai_error *error);
/* A response header by its case-insensitive name, such as "location" or "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_error_header(const dosai_error *error, const char *name, size_t *out_length);
/* All response headers but cookies, in their order: a name, NUL, its value, NUL, and so on. *out_length counts all of
 * it. */
DOSAI_API const char *dosai_error_headers(const dosai_error *error, size_t *out_length);
/* The first 64 KiB of the response body; for an error inside a stream, the event that reported it. */
DOSAI_API const char *dosai_error_body(const dosai_error *error, size_t *out_length);
/* For DOSAI_TIMEOUT, the clock that ran out; otherwise DOSAI_CLOCK_NONE. */
DOSAI_API dosai_clock dosai_error_clock(const dosai_error *error);
/* The number of attempts; 0 if none was made. */
DOSAI_API int32_t dosai_error_attempt_count(const dosai_error *error);
/* Fills in attempt `index`, from 0. Returns: INVALID_ARGUMENT if there is no such attempt. */
DOSAI_API dosai_status dosai_error_attempt(const dosai_error *error, int32_t index, dosai_attempt *out_attempt);
/* Fills in the timings. */
DOSAI_API dosai_status dosai_error_timings(const dosai_error *error, dosai_timings *out_timings);
/* The part of the completion that arrived before the call failed, borrowed; NULL if nothing did. */
DOSAI_API const dosai_completion *dosai_error_completion(const dosai_error *error);
/* Creates another handle to the same error, so that you can keep a borrowed one. */
DOSAI_API dosai_status dosai_error_copy(const dosai_error *error, dosai_error **out_copy, dosai_error **out_error);
/* Releases this handle and what was borrowed from it; other handles to the error stay valid. Has no effect on
 * one borrowed from an event. */
DOSAI_API void dosai_error_free(dosai_error *error);

/* ---- cancel -------------------------------------------------------------------------------------------- */

/* Creates a token for dosai_call_options.cancel. Any number of calls may use it.
 * Returns: RESOURCE if no file descriptor is free.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_cancel_new(dosai_cancel **out_cancel, dosai_error **out_error);
/* Cancels every call that uses the token, whether it is running or started later. This cannot be undone.
 * Threads: any thread at once, and from a signal handler. */
DOSAI_API void dosai_cancel_trigger(dosai_cancel *cancel);
/* 1 if the token has been triggered, else 0. Threads: any thread at once, and from a signal handler. */
DOSAI_API int32_t dosai_cancel_is_triggered(const dosai_cancel *cancel);
/* Releases your handle. Calls that use the token keep it alive. */
DOSAI_API void dosai_cancel_free(dosai_cancel *cancel);

/* ---- client -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_log_level;
enum {
  DOSAI_LOG_OFF = 0,
  DOSAI_LOG_ERROR = 1,   /* a call failed */
  DOSAI_LOG_WARNING = 2, /* an attempt failed and will be retried */
  DOSAI_LOG_INFO = 3,    /* a call has succeeded */
  DOSAI_LOG_DEBUG = 4    /* an attempt is starting */
};

/* Receives one log line without control characters: method, host, path, status, request id, duration. Apart from the
 * request id, it never contains a header value, nor a URL query, the key, or any text of the conversation. The function
 * runs on the thread that is inside the library, possibly on several at once, and must not call the library. It and
 * log_user_data must stay valid until the client is freed and its last call has ended. */
typedef void (*dosai_log_fn)(dosai_log_level level, const char *line, size_t length, void *user_data);

/* The points of a call's life. Every call has STARTED first, inside the function that makes it, and ENDED last. */
typedef int32_t dosai_call_event_kind;
enum {
  DOSAI_CALL_STARTED = 1,
  DOSAI_CALL_ATTEMPT = 2,     /* an attempt is starting */
  DOSAI_CALL_CONNECTED = 3,   /* there is a connection, and the request is about to be sent */
  DOSAI_CALL_HEADERS = 4,     /* the headers of a response have arrived */
  DOSAI_CALL_FIRST_TOKEN = 5, /* only in streams: the first chunk with text or a tool call */
  DOSAI_CALL_RETRY = 6,       /* the attempt failed, and the call waits for the next one */
  DOSAI_CALL_ENDED = 7
};

/* What has happened to a call: no text of the conversation, no key, no header but the request id. Borrowed until the
 * function returns. Texts are C strings. Numbers of tokens are -1 if the server sent none, or not yet. */
typedef struct dosai_call_event {
  uint32_t struct_size;
  dosai_call_event_kind kind;
  uintptr_t call;         /* the same in all events of a call; another call may have it after ENDED */
  const char *method;     /* "GET" or "POST" */
  const char *host;       /* of base_url, with its port if that is written there */
  const char *path;       /* without a query */
  const char *model;      /* that a chat asks for, as its JSON writes it; otherwise NULL */
  const char *request_id; /* NULL: none has arrived */
  int32_t attempt;        /* from 1; 0 before the first */
  int32_t is_stream;      /* 1 for a stream */
  dosai_status status;    /* RETRY, ENDED */
  int32_t http_status;    /* 0: none has arrived in this attempt */
  int64_t delay_ms;       /* RETRY: the wait */
  int64_t sent_bytes;     /* the body of the request */
  int64_t received_bytes; /* the bodies of this attempt's response, as they came; set in RETRY and ENDED */
  int64_t event_count;    /* events of the stream so far, without [DONE] */
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t cached_tokens;
  int64_t reasoning_tokens;
  const dosai_timings *timings; /* total_us is the time until now */
} dosai_call_event;

/* Observes the calls of a client. It runs where a log function does, under the same rules, and delays the call. */
typedef void (*dosai_call_event_fn)(const dosai_call_event *event, void *user_data);

/* Writes the key for the next attempt to `key`, as a C string of fewer than `size` bytes (16 KiB). The library wipes it
 * after use. Called before each attempt, on the thread that is inside the library, possibly on several at once; no
 * clock runs meanwhile but the total one. A loop waits for it, with all its calls. It may call the library, but must
 * not use this client or a loop. It and key_user_data must stay valid as those of the log. */
typedef int32_t (*dosai_key_fn)(char *key, size_t size, void *user_data);

/* The options of a client. They are copied. Text fields, except ca_pem, are C strings; NULL means the default.
 * An attempt is retried if, before a successful response began, it got no connection or lost it, or its connect or
 * first-token clock ran out. It is also retried if its HTTP status makes dosai_error_is_retryable return 1. The wait
 * before a retry is 0.5 s, doubling to at most 8 s, minus up to a quarter at random. A retry-after-ms or Retry-After
 * above 0 replaces it; if they ask for more than 120 s, there is no retry.
 * Rates: with requests_per_minute or tokens_per_minute, attempts wait until they may be sent, first come, first
 * served, in all threads and loops that use the client; of the calls that a loop has not begun, one at a time is in
 * the queue. In any 60 s, at most that many attempts are sent, evenly spaced, and attempts for at most that many
 * tokens. Until its usage is known, an attempt counts as the max_tokens, max_completion_tokens or max_output_tokens of
 * its request plus a quarter of its bytes; one that the server refuses costs no tokens. After a 429, or a 503 with
 * Retry-After, nothing is sent for as long as the server asks, at most 120 s, or for 0.5 s if a 429 does not say; an
 * exhausted quota holds up no other call. -1 sets no limit, but keeps these pauses; 0 in both fields sets neither.
 * While a call waits, only its total clock runs; in a loop, no clock runs before its first attempt. */
typedef struct dosai_client_options {
  uint32_t struct_size;
  int32_t max_retries;        /* retries per call, at most 100; see above. 0: 2 */
  const char *base_url;       /* NULL: "https://api.dos.ai/v1". It may have a path and a query (?api-version=...) */
  const char *api_key;        /* NULL: no key is sent. Where a server repeats it, asterisks replace it; but an answer
                               * keeps one of fewer than 12 bytes, which may be a word, such as "ollama" */
  const char *api_key_header; /* NULL: "Authorization: Bearer KEY". Otherwise the name of a header whose value is
                               * the key alone, such as "api-key"; not one that libcurl sets, such as "Host" */
  const char *organization;   /* value of the OpenAI-Organization header */
  const char *project;        /* value of the OpenAI-Project header */
  const char *user_agent;     /* NULL: "dosai/VERSION" */
  const char *const *headers; /* "Name: value"; each replaces the library's own header of that name. At most 1,000 */
  size_t header_count;
  const char *ca_file;        /* PEM, for the server and for an https:// proxy. NULL: the system's authorities */
  const char *ca_pem;         /* PEM text, used instead of ca_file */
  size_t ca_pem_length;       /* or DOSAI_NUL_TERMINATED */
  const char *client_certificate_file; /* PEM */
  const char *client_key_file;         /* PEM. NULL: the key is in client_certificate_file */
  const char *client_key_password;
  const char *proxy;          /* such as "http://host:port" or "socks5h://host:port". NULL or "": none, but see
                               * proxy_from_environment. What it answers to an http URL looks like the server's
                               * answer, but a 407 is PROXY */
  const char *unix_socket;    /* path of a Unix socket to connect to instead of the URL's host */
  int64_t connect_timeout_ms;     /* 0: 10 s */
  int64_t first_token_timeout_ms; /* 0: 600 s */
  int64_t idle_timeout_ms;        /* only for streams. 0: 300 s */
  int64_t total_timeout_ms;       /* 0: 600 s for unary calls, none for streams */
  int64_t keep_alive_timeout_ms;  /* how long an idle connection may be reused; rounded up to seconds. 0: 60 s */
  int64_t max_event_bytes;    /* largest event of a stream. 0: 16 MiB */
  int64_t max_response_bytes; /* largest unary answer, decompressed. 0: 64 MiB */
  int64_t max_text_bytes;     /* largest completion of a stream. 0: 64 MiB */
  int64_t max_header_bytes;   /* all response headers together. 0: libcurl's limit: 300 KiB, less over HTTP/2 */
  int32_t max_json_nodes;     /* JSON values in one event or answer. 0: 1,000,000 */
  int32_t max_json_depth;     /* 0 or -1: 512, the maximum */
  int32_t max_choices;        /* 0: 128 */
  int32_t max_tool_calls;     /* per choice. 0: 1,024 */
  int32_t max_redirects;      /* how many to follow, within the same origin only: 301, 302, 303, 307 and 308 for a
                               * GET, 307 and 308 for a POST. 0: none; at most 5; not -1 */
  int32_t allow_insecure_http;    /* 1: a key may go over plain http to another machine or through a proxy. 0: such a
                                   * client is refused with INVALID_ARGUMENT */
  int32_t proxy_from_environment; /* 1: if proxy is not set, use the first of https_proxy, HTTPS_PROXY, all_proxy and
                                   * ALL_PROXY, and no_proxy or else NO_PROXY, for https URLs only */
  int32_t http1_only;             /* 1: do not use HTTP/2 */
  dosai_log_level log_level;  /* 0: off */
  dosai_log_fn on_log;
  void *log_user_data;
  dosai_key_fn key_fn;        /* gives a key that changes; instead of api_key */
  void *key_user_data;
  dosai_call_event_fn on_event;
  void *event_user_data;
  int64_t requests_per_minute; /* see "Rates" above. 0: none */
  int64_t tokens_per_minute;   /* likewise */
} dosai_client_options;

/* Called every wait_interval_ms while a function waits for the call's answer, whether or not data arrives, and when a
 * signal interrupts the wait. A value other than 0 cancels the call. */
typedef int32_t (*dosai_wait_fn)(void *user_data);

/* The options of one call. They are copied; you may free the token while calls use it. */
typedef struct dosai_call_options {
  uint32_t struct_size;
  int32_t max_retries;            /* 0: the client's */
  int64_t connect_timeout_ms;     /* 0: the client's */
  int64_t first_token_timeout_ms; /* 0: the client's */
  int64_t idle_timeout_ms;        /* 0: the client's */
  int64_t total_timeout_ms;       /* 0: the client's */
  const char *const *headers;     /* "Name: value"; each replaces the client's header of that name. At most 1,000 */
  size_t header_count;
  dosai_cancel *cancel;           /* NULL: none */
  dosai_wait_fn on_wait;          /* NULL: none */
  void *wait_user_data;           /* must stay valid until the call ends */
  int64_t wait_interval_ms;       /* 0: 100 ms; not -1 */
  const char *last_event;         /* not blank; see dosai_stream_open_post. Other calls check it, but ignore it */
} dosai_call_options;

/* Each sets all options to their defaults. struct_size is sizeof your struct. Threads: any thread at once. */
DOSAI_API void dosai_client_options_init(dosai_client_options *options, size_t struct_size);
DOSAI_API void dosai_call_options_init(dosai_call_options *options, size_t struct_size);

/* Creates a client. Nothing is sent yet. Its options cannot be changed later.
 * In:      options may be NULL.
 * Returns: INVALID_ARGUMENT: the message names the option. RESOURCE: no descriptor is free, or libcurl is older than
 *          7.88.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                        dosai_error **out_error);
/* Each sends a GET or a POST to any JSON endpoint, with the same transport, retries and errors as a chat, and returns
 * the answer.
 * In:      path is a C string such as "/models", which is appended to the path of the base URL; the URL may have 1 MiB.
 *          A query in path goes before that of the base URL. json is the body of the POST. options may be NULL.
 * Out:     out_response may be NULL.
 * Returns: see dosai_chat. PROVIDER: the answer is an error, that is, has no "object", but an "error", which is a text
 *          or has a message, code or type. A job that failed has an "object", and is an answer.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_get(dosai_client *client, const char *path, const dosai_call_options *options,
                                        dosai_response **out_response, dosai_error **out_error);
DOSAI_API dosai_status dosai_client_post(dosai_client *client, const char *path, const char *json, size_t length,
                                         const dosai_call_options *options, dosai_response **out_response,
                                         dosai_error **out_error);
/* Opens `connections` connections ahead, so that as many first calls, made at once, cost one round trip each. (A cold
 * call over TLS costs three, and a lookup.) Sends no request. Connections that are open count. A client keeps at most
 * 64; its calls in a loop do not use them. Over TLS 1.3 without HTTP/2, libcurl 8 may close one instead of using it, if
 * the server's session tickets are still unread.
 * In:      connections is between 1 and 64. options may be NULL; its headers are ignored.
 * Returns: see dosai_chat. After a failure, some connections may be open.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_warm(dosai_client *client, int32_t connections,
                                         const dosai_call_options *options, dosai_error **out_error);
/* Releases the client. When its last call has ended, and the handles of its streams and of its calls in loops are
 * freed, its connections are closed and the key is wiped. Connections that a loop has opened are the loop's. */
DOSAI_API void dosai_client_free(dosai_client *client);

/* ---- response ------------------------------------------------------------------------------------------ */

/* Responses are immutable. The getters' results are borrowed until dosai_response_free. Threads: any thread at once. */

/* The body: JSON, as the server sent it. */
DOSAI_API const char *dosai_response_json(const dosai_response *response, size_t *out_length);
/* The HTTP status, such as 200. */
DOSAI_API int32_t dosai_response_http_status(const dosai_response *response);
/* A response header by its case-insensitive name, such as "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_response_header(const dosai_response *response, const char *name, size_t *out_length);
/* All response headers; see dosai_error_headers. */
DOSAI_API const char *dosai_response_headers(const dosai_response *response, size_t *out_length);
/* The value of the x-request-id header, or else of apim-request-id or request-id. */
DOSAI_API const char *dosai_response_request_id(const dosai_response *response, size_t *out_length);
/* The number of attempts; the last one got the answer. See dosai_error_attempt. */
DOSAI_API int32_t dosai_response_attempt_count(const dosai_response *response);
DOSAI_API dosai_status dosai_response_attempt(const dosai_response *response, int32_t index,
                                              dosai_attempt *out_attempt);
/* Fills in the timings. */
DOSAI_API dosai_status dosai_response_timings(const dosai_response *response, dosai_timings *out_timings);
/* Creates another handle to the same response, so that you can keep a borrowed one. */
DOSAI_API dosai_status dosai_response_copy(const dosai_response *response, dosai_response **out_response,
                                           dosai_error **out_error);
/* Releases this handle; other handles to the response stay valid. Has no effect on one borrowed from an event. */
DOSAI_API void dosai_response_free(dosai_response *response);

/* ---- request ------------------------------------------------------------------------------------------- */

/* A request is the text of one JSON object. It is sent byte for byte, except for "stream", which the library sets
 * for each kind of call. If a function that changes a request fails, the request is unchanged; for INVALID_ARGUMENT,
 * the message states the rule that was broken. Once the function that takes a request (a chat, stream or submit
 * function) has returned, you may change or free it. Threads: one at a time, but several calls may send the same
 * request at once. */

/* Creates a request for a model, without messages. */
DOSAI_API dosai_status dosai_request_new(const char *model, size_t length, dosai_request **out_request,
                                         dosai_error **out_error);
/* Creates a request from its text, which must be a JSON object. Nothing else is checked. */
DOSAI_API dosai_status dosai_request_parse(const char *json, size_t length, dosai_request **out_request,
                                           dosai_error **out_error);
/* Creates a request with the same text. */
DOSAI_API dosai_status dosai_request_copy(const dosai_request *request, dosai_request **out_request,
                                          dosai_error **out_error);
/* Adds a message. role is "system", "user", "assistant", "tool", or any other that the server knows. */
DOSAI_API dosai_status dosai_request_add_message(dosai_request *request, const char *role, const char *content,
                                                 size_t length, dosai_error **out_error);
/* Adds a message given as a JSON object, for example with content parts, tool_calls or provider-specific fields. */
DOSAI_API dosai_status dosai_request_add_message_json(dosai_request *request, const char *json, size_t length,
                                                      dosai_error **out_error);
/* Sets a text field, such as "name", of the last message. Returns: INVALID_ARGUMENT if there is no
 * message. */
DOSAI_API dosai_status dosai_request_set_message_text(dosai_request *request, const char *key, const char *text,
                                                      size_t length, dosai_error **out_error);
/* Adds the message of one choice of a completion, unchanged, with its tool calls and unknown fields. choice is the
 * position of the choice, from 0. Then add the results of its tool calls, if any. */
DOSAI_API dosai_status dosai_request_add_completion(dosai_request *request, const dosai_completion *completion,
                                                    int32_t choice, dosai_error **out_error);
/* Adds a function that the model may call. description may be NULL. parameters_json is a JSON schema of `length` bytes;
 * NULL if the function has no parameters. */
DOSAI_API dosai_status dosai_request_add_tool(dosai_request *request, const char *name, const char *description,
                                              const char *parameters_json, size_t length, dosai_error **out_error);
/* Adds the result of one tool call, as a message with the role "tool". tool_call_id may be empty: some servers send
 * calls without an id. If U+0000 is in the id, set it afterwards, with dosai_request_set_message_text. */
DOSAI_API dosai_status dosai_request_add_tool_result(dosai_request *request, const char *tool_call_id,
                                                     const char *content, size_t length, dosai_error **out_error);
/* Makes the model call this function. For "auto", "none" or "required", set "tool_choice" with
 * dosai_request_set_text. */
DOSAI_API dosai_status dosai_request_set_tool_choice(dosai_request *request, const char *function_name,
                                                     dosai_error **out_error);
/* Adds a text at which the model stops. A request can have at most four. */
DOSAI_API dosai_status dosai_request_add_stop(dosai_request *request, const char *text, size_t length,
                                              dosai_error **out_error);
/* Each sets a field by its key. A field that exists keeps its position. Types and ranges are checked for temperature (0
 * to 2), top_p (0 to 1), frequency_penalty and presence_penalty (-2 to 2), max_tokens (at least 1) and n (1 to 128);
 * stream, messages, tools and response_format cannot be set with these three functions. Other keys are not checked. */
DOSAI_API dosai_status dosai_request_set_text(dosai_request *request, const char *key, const char *text,
                                              size_t length, dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_number(dosai_request *request, const char *key, double number,
                                                dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_integer(dosai_request *request, const char *key, int64_t integer,
                                                 dosai_error **out_error);
/* Sets a field to any JSON value, for example "response_format", "stream_options" or "logit_bias". No type or range is
 * checked. */
DOSAI_API dosai_status dosai_request_set_json(dosai_request *request, const char *key, const char *json,
                                              size_t length, dosai_error **out_error);
/* Asks for an answer of one shape: sets "response_format" to a JSON schema. name is what the model sees: 1 to 64 ASCII
 * letters, digits, '_' or '-'. schema_json is an object of `length` bytes. strict: 1 if the server must enforce the
 * schema, else 0. The library checks neither the schema nor the answer. */
DOSAI_API dosai_status dosai_request_set_json_schema(dosai_request *request, const char *name, const char *schema_json,
                                                     size_t length, int32_t strict, dosai_error **out_error);
/* The text of the request, borrowed until the request is changed or freed. */
DOSAI_API const char *dosai_request_json(const dosai_request *request, size_t *out_length);
/* Frees the request. */
DOSAI_API void dosai_request_free(dosai_request *request);

/* ---- completion ---------------------------------------------------------------------------------------- */

typedef int32_t dosai_finish_reason;
enum {
  DOSAI_FINISH_NONE = 0,           /* not specified by the server */
  DOSAI_FINISH_STOP = 1,
  DOSAI_FINISH_LENGTH = 2,
  DOSAI_FINISH_TOOL_CALLS = 3,     /* or the older "function_call" */
  DOSAI_FINISH_CONTENT_FILTER = 4,
  DOSAI_FINISH_OTHER = 5           /* another reason; see dosai_completion_finish_reason_text */
};

/* Token counts; -1 if not specified. */
typedef struct dosai_usage {
  uint32_t struct_size;
  int32_t reserved;
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t total_tokens;
  int64_t cached_tokens;    /* prompt_tokens_details.cached_tokens */
  int64_t reasoning_tokens; /* completion_tokens_details.reasoning_tokens */
} dosai_usage;

/* Bits for deviations from the documented format that the library accepts. */
enum {
  DOSAI_QUIRK_DONE_MISSING = 1 << 0,        /* the stream ended without [DONE], but all choices were finished */
  DOSAI_QUIRK_DONE_PADDED = 1 << 1,         /* [DONE] had spaces around it, or no blank line after it */
  DOSAI_QUIRK_AFTER_DONE = 1 << 2,          /* there were bytes after [DONE]; they are ignored */
  DOSAI_QUIRK_EMPTY_EVENT = 1 << 3,         /* an event had no data */
  DOSAI_QUIRK_LAST_EVENT_OPEN = 1 << 4,     /* the last event had no blank line after it */
  DOSAI_QUIRK_WHOLE_ANSWER = 1 << 5,        /* a stream was requested; the answer was a whole completion */
  DOSAI_QUIRK_CHOICES_MISSING = 1 << 6,     /* choices were missing or null in an event */
  DOSAI_QUIRK_DELTA_MISSING = 1 << 7,       /* delta was missing or null in a choice */
  DOSAI_QUIRK_CHOICE_INDEX = 1 << 8,        /* index was missing, null or -1; the position in the event is used */
  DOSAI_QUIRK_FINISH_REASON = 1 << 9,       /* a finish reason was empty, unknown, or sent twice */
  DOSAI_QUIRK_USAGE_REPEATED = 1 << 10,     /* usage was sent more than once; the last is used */
  DOSAI_QUIRK_USAGE_ELSEWHERE = 1 << 11,    /* usage was in x_groq */
  DOSAI_QUIRK_CONTENT_PARTS = 1 << 12,      /* content was a list of parts; their text is used */
  DOSAI_QUIRK_CREATED = 1 << 13,            /* created was not an integer */
  DOSAI_QUIRK_ID_CHANGED = 1 << 14,         /* id changed between chunks */
  DOSAI_QUIRK_TOOL_INDEX = 1 << 15,         /* a tool call was not in a list or had no index, or several had the same */
  DOSAI_QUIRK_TOOL_REPEATED = 1 << 16,      /* the id or name of a tool call was empty, sent again, or in pieces */
  DOSAI_QUIRK_ARGUMENTS_OBJECT = 1 << 17,   /* arguments was an object; its JSON is used as the text */
  DOSAI_QUIRK_TEXT_REPAIRED = 1 << 18,      /* invalid UTF-8 or lone surrogates were replaced by U+FFFD */
  DOSAI_QUIRK_BIG_NUMBER = 1 << 19          /* an integer did not fit into 64 bits */
};

/* Completions are immutable. The getters' results are borrowed until dosai_completion_free. `choice` is a position from
 * 0 to dosai_completion_choice_count - 1; choices are sorted by the server's index. `tool_call` is a position from 0 to
 * dosai_completion_tool_call_count - 1. Threads: any thread at once. */

/* The "id" and "object" fields of the answer. */
DOSAI_API const char *dosai_completion_id(const dosai_completion *completion, size_t *out_length);
DOSAI_API const char *dosai_completion_object(const dosai_completion *completion, size_t *out_length);
/* Unix time in seconds; -1 if not specified. */
DOSAI_API int64_t dosai_completion_created(const dosai_completion *completion);
/* The model that the server names, which may differ from the one requested. */
DOSAI_API const char *dosai_completion_model(const dosai_completion *completion, size_t *out_length);
/* The number of choices. */
DOSAI_API int32_t dosai_completion_choice_count(const dosai_completion *completion);
/* The index that the server sent for the choice; -1 if there is no such choice. */
DOSAI_API int32_t dosai_completion_choice_index(const dosai_completion *completion, int32_t choice);
/* The "role", "content" and "refusal" fields of the message of a choice. */
DOSAI_API const char *dosai_completion_role(const dosai_completion *completion, int32_t choice, size_t *out_length);
DOSAI_API const char *dosai_completion_content(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
DOSAI_API const char *dosai_completion_refusal(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
/* The text of reasoning_content, reasoning or thinking, whichever the server sent. */
DOSAI_API const char *dosai_completion_reasoning(const dosai_completion *completion, int32_t choice,
                                                 size_t *out_length);
/* Why the choice ended; DOSAI_FINISH_NONE if the server has not said. */
DOSAI_API dosai_finish_reason dosai_completion_finish_reason(const dosai_completion *completion, int32_t choice);
/* The finish reason as the server sent it. */
DOSAI_API const char *dosai_completion_finish_reason_text(const dosai_completion *completion, int32_t choice,
                                                          size_t *out_length);
/* The number of tool calls of a choice. */
DOSAI_API int32_t dosai_completion_tool_call_count(const dosai_completion *completion, int32_t choice);
/* The id of a tool call, and the name of its function. */
DOSAI_API const char *dosai_completion_tool_call_id(const dosai_completion *completion, int32_t choice,
                                                    int32_t tool_call, size_t *out_length);
DOSAI_API const char *dosai_completion_tool_call_name(const dosai_completion *completion, int32_t choice,
                                                      int32_t tool_call, size_t *out_length);
/* The arguments as the model wrote them. They are not necessarily valid JSON. */
DOSAI_API const char *dosai_completion_tool_call_arguments(const dosai_completion *completion, int32_t choice,
                                                           int32_t tool_call, size_t *out_length);
/* The JSON of a choice's message, as the server sent it, or assembled from a stream. */
DOSAI_API const char *dosai_completion_message_json(const dosai_completion *completion, int32_t choice,
                                                    size_t *out_length);
/* The JSON of the whole answer, as the server sent it, or assembled from a stream. */
DOSAI_API const char *dosai_completion_json(const dosai_completion *completion, size_t *out_length);
/* Fills in the token counts. */
DOSAI_API dosai_status dosai_completion_usage(const dosai_completion *completion, dosai_usage *out_usage);
/* Fills in the timings. */
DOSAI_API dosai_status dosai_completion_timings(const dosai_completion *completion, dosai_timings *out_timings);
/* The value of the x-request-id header, or else of apim-request-id or request-id. */
DOSAI_API const char *dosai_completion_request_id(const dosai_completion *completion, size_t *out_length);
/* A response header by its case-insensitive name, such as "x-ratelimit-remaining-tokens". */
DOSAI_API const char *dosai_completion_header(const dosai_completion *completion, const char *name,
                                              size_t *out_length);
/* All response headers; see dosai_error_headers. */
DOSAI_API const char *dosai_completion_headers(const dosai_completion *completion, size_t *out_length);
/* The HTTP status, such as 200. */
DOSAI_API int32_t dosai_completion_http_status(const dosai_completion *completion);
/* The number of attempts; the last one got the answer. See dosai_error_attempt. */
DOSAI_API int32_t dosai_completion_attempt_count(const dosai_completion *completion);
DOSAI_API dosai_status dosai_completion_attempt(const dosai_completion *completion, int32_t index,
                                                dosai_attempt *out_attempt);
/* The DOSAI_QUIRK_ bits of everything unusual in the answer. */
DOSAI_API uint32_t dosai_completion_quirks(const dosai_completion *completion);
/* The name of one bit without its prefix, such as "DONE_MISSING"; NULL if there is no such bit. The text stays
 * valid forever. */
DOSAI_API const char *dosai_quirk_name(uint32_t quirk);
/* Creates another handle to the same completion, so that you can keep a borrowed one. */
DOSAI_API dosai_status dosai_completion_copy(const dosai_completion *completion, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Releases this handle; other handles to the completion stay valid. Has no effect on one borrowed from an error or
 * event. */
DOSAI_API void dosai_completion_free(dosai_completion *completion);

/* ---- chat ---------------------------------------------------------------------------------------------- */

/* The kinds of chunks, each with the fields that depend on the kind. */
typedef int32_t dosai_chunk_kind;
enum {
  DOSAI_CHUNK_OTHER = 0,     /* anything else: a role, an empty delta, unknown fields */
  DOSAI_CHUNK_CONTENT = 1,   /* text */
  DOSAI_CHUNK_REASONING = 2, /* text */
  DOSAI_CHUNK_REFUSAL = 3,   /* text */
  DOSAI_CHUNK_TOOL_CALL = 4, /* tool_call; tool_call_id and _name if sent; text: the next piece of the arguments */
  DOSAI_CHUNK_FINISH = 5,    /* finish_reason; text: the reason as the server sent it */
  DOSAI_CHUNK_USAGE = 6,     /* usage */
  DOSAI_CHUNK_EVENT = 7      /* only from a stream_post: text, the event's data; event_type; event_id */
};

/* A piece of a stream, borrowed: in a callback, until it returns; from dosai_stream_next, until that is called again or
 * the stream is freed; in an event of a loop, as long as the event. Each event from the server, except [DONE] and
 * empty ones, yields at least one chunk. Texts are NUL-terminated, or NULL if absent. */
typedef struct dosai_chunk {
  uint32_t struct_size;
  dosai_chunk_kind kind;
  int32_t choice;        /* the server's index of the choice, not its position in a completion; -1 if none */
  int32_t last_in_event; /* 1 for the last chunk of its event */
  int64_t event_index;   /* the number of its event in the stream, from 0 */
  const char *text;
  size_t text_length;
  int32_t tool_call;     /* the server's index of the tool call, not its position in a completion; -1 if none */
  dosai_finish_reason finish_reason;
  const char *tool_call_id;
  size_t tool_call_id_length;
  const char *tool_call_name;
  size_t tool_call_name_length;
  const dosai_usage *usage;
  const char *json;      /* the JSON of the whole event */
  size_t json_length;
  int32_t text_only;     /* 1 if its event yields no other chunk, and the delta contains nothing but this text:
                          * content, reasoning, a refusal, or the arguments of one tool call */
  int32_t reserved;
  const char *event_type; /* EVENT: its type, such as "message_stop"; NULL: none was sent, which means "message" */
  size_t event_type_length;
  const char *event_id;   /* EVENT: the last id that the server has sent */
  size_t event_id_length;
} dosai_chunk;

/* Return 0 to continue. Any other value stops the call with CANCELLED. */
typedef int32_t (*dosai_chunk_fn)(const dosai_chunk *chunk, void *user_data);

/* Sends the request and returns the whole answer.
 * In:      options may be NULL.
 * Out:     out_completion may be NULL.
 * Returns: any status except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat(dosai_client *client, const dosai_request *request,
                                  const dosai_call_options *options, dosai_completion **out_completion,
                                  dosai_error **out_error);
/* Sends the request, calls on_chunk for each chunk of the answer, and at the end returns the completion assembled
 * from them. No chunk is delivered twice: nothing is retried once a successful response has begun.
 * In:      on_chunk must not be NULL. options may be NULL.
 * Out:     out_completion may be NULL.
 * Returns: OK only if the server sent [DONE] or finished every choice; otherwise the error contains what arrived.
 *          Any status except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat_stream(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_chunk_fn on_chunk,
                                         void *user_data, dosai_completion **out_completion,
                                         dosai_error **out_error);

/* ---- stream -------------------------------------------------------------------------------------------- */

/* Sends the request, waits for the headers of a successful response, and creates the stream. All retries happen here.
 * In:      options may be NULL.
 * Returns: any status except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_stream_open(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_stream **out_stream,
                                         dosai_error **out_error);
/* Sends a POST to any endpoint that answers with server-sent events, and creates a stream that yields each event as
 * one chunk of the kind EVENT. json is sent as it is: if the endpoint needs "stream": true, write it. Clocks, limits,
 * retries and errors are those of a chat; an event of the type "error", or whose data is a JSON object with an "error",
 * is a PROVIDER error. The completion has no choices, but headers, timings and attempts.
 * In:      path and json are those of dosai_client_post. options may be NULL. Its last_event is the type or the data of
 *          the last event, such as "message_stop" or "[DONE]", or several of them, separated by spaces: the stream ends
 *          with any of these, and without one it is TRUNCATED. With NULL, it is complete if there was an event and the
 *          response ended. A response of HTTP/1 that only closing the connection ends is TRUNCATED, because a
 *          server that crashes closes it, too.
 * Returns: any status except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_stream_open_post(dosai_client *client, const char *path, const char *json,
                                              size_t length, const dosai_call_options *options,
                                              dosai_stream **out_stream, dosai_error **out_error);
/* Returns the next chunk, borrowed. Once the stream is open, the first-token and idle clocks run only inside this
 * function; the total clock always runs.
 * In:      timeout_ms is how long to wait for a chunk. 0: do not wait. -1: until a clock of the call runs out.
 * Out:     OK with *out_chunk NULL is the end of a complete answer.
 * Returns: WOULD_BLOCK, without an error object, if no chunk came in time; the stream continues. BUSY if another
 *          thread is using the stream. Otherwise see dosai_chat_stream. After the end or a failure it keeps returning
 *          that result.
 * Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_next(dosai_stream *stream, int64_t timeout_ms, const dosai_chunk **out_chunk,
                                         dosai_error **out_error);
/* Returns the completion assembled from the chunks so far: before the first chunk, one without choices; after the end,
 * the whole one. It also works after a failure.
 * Returns: BUSY if another thread is using the stream.
 * Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_completion(dosai_stream *stream, dosai_completion **out_completion,
                                               dosai_error **out_error);
/* Cancels the stream if it has not ended, and frees it. A dosai_stream_next in another thread returns CANCELLED. */
DOSAI_API void dosai_stream_free(dosai_stream *stream);

/* ---- decoder ------------------------------------------------------------------------------------------- */

/* Reads the body of a chat's stream that you receive by other means: bytes in, chunks out. For a program that has its
 * own HTTP: send "stream": true, and feed the body of a response whose status is 2xx. Chunks, completion and errors are
 * those of a stream, except for what HTTP tells: status, headers, timings, attempts.
 * Threads: one at a time. */

/* Creates a decoder for one body. options may be NULL. Of them, the limits apply, and api_key, which is replaced where
 * a server echoes it; the others are ignored. */
DOSAI_API dosai_status dosai_decoder_new(const dosai_client_options *options, dosai_decoder **out_decoder,
                                         dosai_error **out_error);
/* Takes the next part of the body, which may be split anywhere. Before you feed more, call dosai_decoder_next until it
 * returns WOULD_BLOCK: what is unread stays in memory.
 * Returns: INVALID_ARGUMENT after dosai_decoder_finish. TOO_LARGE for a body that is not an event stream. */
DOSAI_API dosai_status dosai_decoder_feed(dosai_decoder *decoder, const char *bytes, size_t length,
                                          dosai_error **out_error);
/* Says that the body has ended as HTTP requires; dosai_decoder_next then returns what is left, and the end or an error.
 * If it was cut off, do not call this: dosai_decoder_completion has what arrived. */
DOSAI_API dosai_status dosai_decoder_finish(dosai_decoder *decoder, dosai_error **out_error);
/* Returns the next chunk, borrowed until the decoder is used again.
 * Out:     OK with *out_chunk NULL is the end of a complete answer, which [DONE] is, too.
 * Returns: WOULD_BLOCK, without an error object: feed more, or finish. TRUNCATED, PROTOCOL, TOO_LARGE, PROVIDER. After
 *          the end or a failure it keeps returning that result. */
DOSAI_API dosai_status dosai_decoder_next(dosai_decoder *decoder, const dosai_chunk **out_chunk,
                                          dosai_error **out_error);
/* Returns the completion assembled from the chunks so far; see dosai_stream_completion. */
DOSAI_API dosai_status dosai_decoder_completion(dosai_decoder *decoder, dosai_completion **out_completion,
                                                dosai_error **out_error);
/* Frees the decoder. */
DOSAI_API void dosai_decoder_free(dosai_decoder *decoder);

/* ---- loop ---------------------------------------------------------------------------------------------- */

/* A loop runs any number of calls, from any number of clients, on the thread that steps it. Each accepted call ends
 * with exactly one COMPLETION, RESPONSE or ERROR event, its last event. It has no events before its submit function
 * has returned. Inside an event callback you may submit calls, cancel, pause and resume them, and free their handles;
 * step, next and close of the same loop return BUSY there. In the callback of dosai_loop_close, submit returns BUSY,
 * too.
 * Over HTTP/2, about a hundred calls to a host share each connection; the server and libcurl set the exact number.
 * While one call opens a connection to a host, the other calls to it wait to share that connection, for at most a
 * second and within their own connect clocks. Once a host is known to speak only HTTP/1.1, each of its calls has its
 * own connection.
 * Threads: one at a time, unless an entry says otherwise. */

typedef int32_t dosai_event_kind;
enum {
  DOSAI_EVENT_CHUNK = 1,
  DOSAI_EVENT_COMPLETION = 2, /* the last event of a chat or stream that succeeded */
  DOSAI_EVENT_ERROR = 3,      /* the last event of a call that failed */
  DOSAI_EVENT_RESPONSE = 4    /* the last event of a GET or POST that succeeded */
};

/* What happened to a call. The event and all it refers to are borrowed: in a callback, until it returns; from
 * dosai_loop_next, until the loop is stepped, asked for the next event, or closed. */
typedef struct dosai_event {
  uint32_t struct_size;
  dosai_event_kind kind;
  uintptr_t tag;                      /* the tag that you passed to submit */
  const dosai_chunk *chunk;           /* CHUNK */
  const dosai_completion *completion; /* COMPLETION */
  const dosai_error *error;           /* ERROR */
  const dosai_response *response;     /* RESPONSE */
} dosai_event;

/* Return 0 to continue. Any other value cancels the call, and its last event, an ERROR, still follows. For a last
 * event, the value is ignored. */
typedef int32_t (*dosai_event_fn)(const dosai_event *event, void *user_data);

typedef struct dosai_loop_options {
  uint32_t struct_size;
  int32_t max_in_flight;            /* how many calls run at once; the others wait, with no clock running, and
                                     * the clients take turns to start one. 0: no limit; not -1 */
  int32_t max_connections_per_host; /* 0: no limit; not -1. Calls over the limit wait in turn; only their total
                                     * clock runs */
  int32_t reserved;
  int64_t requests_per_minute;      /* of all its calls, in place of their clients' rates; see "Rates" in the section
                                     * of the client. 0: none */
  int64_t tokens_per_minute;        /* likewise */
} dosai_loop_options;

/* Sets all options to their defaults. Threads: any thread at once. */
DOSAI_API void dosai_loop_options_init(dosai_loop_options *options, size_t struct_size);
/* Creates a loop. options may be NULL. Returns: RESOURCE if no descriptor is free. Threads: any thread at once. */
DOSAI_API dosai_status dosai_loop_new(const dosai_loop_options *options, dosai_loop **out_loop,
                                      dosai_error **out_error);
/* Each submits a call. A chat ends with a COMPLETION or an ERROR; so does a stream, after its CHUNKs. A GET or a
 * POST, to any JSON endpoint, ends with a RESPONSE or an ERROR. For a stream_post, see dosai_stream_open_post.
 * In:      path and json are those of dosai_client_get and _post. options may be NULL; its on_wait is ignored.
 * Out:     *out_call is a handle to the call, which you free; out_call may be NULL.
 * Returns: BUSY in the callback of dosai_loop_close. After any failure the call was not accepted and has no events. */
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
DOSAI_API dosai_status dosai_loop_submit_stream_post(dosai_loop *loop, dosai_client *client, const char *path,
                                                     const char *json, size_t length,
                                                     const dosai_call_options *options, uintptr_t tag,
                                                     dosai_call **out_call, dosai_error **out_error);
/* Waits until there is work (data, a timer, dosai_loop_wake, a signal), and does it. A step may produce no event. A
 * call that fails is an ERROR event, not a status of this function.
 * In:      timeout_ms is how long to wait. 0: do not wait. -1: no limit, even if there are no calls. on_event is called
 *          for each event; if it is NULL, get them from dosai_loop_next.
 * Out:     *out_active is the number of unfinished calls: those whose last event has not yet been passed to on_event
 *          or returned by dosai_loop_next. out_active may be NULL.
 * Returns: BUSY in a callback of this loop. */
DOSAI_API dosai_status dosai_loop_step(dosai_loop *loop, int64_t timeout_ms, dosai_event_fn on_event,
                                       void *user_data, size_t *out_active, dosai_error **out_error);
/* Returns the next event, borrowed; NULL if there is none, in which case step again. While you do not read a call's
 * events, its connection waits, and the loop buffers a bounded part of the answer: 256 KiB plus what libcurl reads at
 * once; over HTTP/2, where calls share the connection, at most libcurl's window for one stream (32 MiB).
 * Returns: BUSY in a callback of this loop. */
DOSAI_API dosai_status dosai_loop_next(dosai_loop *loop, const dosai_event **out_event, dosai_error **out_error);
/* A file descriptor for poll, epoll or any event loop. It is readable when a step has work to do, for example because a
 * timer has expired, and when events wait for dosai_loop_next. It does not change while the loop exists. Do not
 * read from it or close it. -1 if loop is NULL. Threads: any thread at once. */
DOSAI_API int dosai_loop_fd(const dosai_loop *loop);
/* How long a program may wait, in milliseconds, before it must step the loop; -1: no limit. It covers timers and
 * waiting events, but not data that arrives. Needed only if you do not poll the descriptor. */
DOSAI_API int64_t dosai_loop_timeout_ms(const dosai_loop *loop);
/* Makes a waiting step, or else the next one, return at once. Threads: any thread at once, and from a signal
 * handler. */
DOSAI_API void dosai_loop_wake(const dosai_loop *loop);
/* Cancels all calls, also those that succeeded but whose last event you have not read, passes the last event of each,
 * an ERROR, to on_event (which may be NULL), and frees the loop.
 * Handles of its calls stay valid until you free them; until then, the loop's descriptors and connections stay open.
 * In a forked child it only frees the loop, and returns OK.
 * Returns: BUSY in a callback of this loop; then the loop is not freed. */
DOSAI_API dosai_status dosai_loop_close(dosai_loop *loop, dosai_event_fn on_event, void *user_data,
                                        dosai_error **out_error);

/* Cancels the call: its last event is an ERROR with CANCELLED, unless you have read it already or the call had failed.
 * Threads: any thread at once. */
DOSAI_API void dosai_call_cancel(dosai_call *call);
/* Each pauses or resumes the call. A paused call has no events, except its last if it is cancelled or its total
 * clock runs out. Its connection waits, and only its total clock runs. A call that is paused before it has started
 * starts once it is resumed, ahead of calls submitted later. Threads: any thread at once. */
DOSAI_API void dosai_call_pause(dosai_call *call);
DOSAI_API void dosai_call_resume(dosai_call *call);
/* For a stream, returns the completion assembled from the chunks so far: before the first chunk, one without choices;
 * after the end, the whole one. For a chat, returns the completion once the chat has succeeded.
 * Returns: INVALID_ARGUMENT for a chat that has not succeeded, and for a GET or a POST.
 * Threads: one at a time, and not while another thread is inside a function of the call's loop. */
DOSAI_API dosai_status dosai_call_completion(const dosai_call *call, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Releases the handle. The call continues. */
DOSAI_API void dosai_call_free(dosai_call *call);

#ifdef __cplusplus
}
#endif

#endif
