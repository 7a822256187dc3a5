/* libdosai: an embeddable Chat Completions client.   SPDX-License-Identifier: MIT
 *
 * This header is the manual. The rules below apply throughout; each entry states only its exceptions. The sections,
 * in order: version, status, error, cancel, client, response, request, completion, chat, stream, loop.
 *
 *   Names      dosai_<noun>_<verb>. Arguments: the receiver, the inputs, a callback with its user_data, the outputs,
 *              and last `dosai_error **out_error`, which may be NULL.
 *   Status     A function that can fail returns a dosai_status: DOSAI_OK is 0, failures are negative. The details are
 *              in an error object that you own; there is no "last error". Any of them may return INVALID_ARGUMENT,
 *              OUT_OF_MEMORY and, in a forked child, FORKED; "Returns:" lists the others.
 *   Ownership  "Gives": you free the object. "Lends": it stays valid until the entry says otherwise. Text and structs
 *              that you pass in are copied before the call returns. Outputs are cleared first and are set only on
 *              success. What arrived before a failure is in the error (dosai_error_completion).
 *   Text in    UTF-8, as `const char *text, size_t length`. With DOSAI_NUL_TERMINATED as the length, the library
 *              measures a C string. Short words (a role, a key, a header name, an id) are always C strings.
 *   Text out   A NUL-terminated `const char *`, with its length in `size_t *out_length`, which may be NULL. (Text may
 *              contain U+0000.) NULL with length 0 if there is no text. Text is lent until its object is freed.
 *   Structs    Each begins with struct_size and only ever grows. For those that you fill in, call
 *              dosai_x_init(&x, sizeof x) and then set fields. For numeric fields, 0 is the default and -1 disables.
 *   Threads    "Threads:" says who may call: any thread at once; one at a time; or any, and from a signal handler. The
 *              library starts no thread. It calls you back only on your thread, from within a call of yours.
 *   Freeing    dosai_x_free releases a handle: from any thread, in any order, and from callbacks. NULL is allowed. A
 *              client stays alive while its calls run.
 *   Callbacks  Return 0 to continue. Any other value stops the call, which ends with DOSAI_CANCELLED and what has
 *              arrived. What is lent to a callback is valid until it returns. A callback may call the library; what
 *              cannot work there returns DOSAI_BUSY. Do not throw, longjmp or exit the thread through the library.
 *   Fork       In a forked child, a function with a status returns DOSAI_FORKED for a handle from before the fork;
 *              getters still work. Free such handles as usual: that does not disturb the parent. New handles work.
 *   Memory     If there is no memory for a text, a body, an event or an answer, the status is DOSAI_OUT_OF_MEMORY. If
 *              there is none for one of the library's small objects (less than 1 KB) or a list of them (the calls of a
 *              loop, choices, tool calls), the process ends by a trap (SIGILL). *out_error is NULL if there is no
 *              memory for the error; the error of an event is always there.
 *   Handles    For NULL, or for a handle of another kind, a function returns DOSAI_INVALID_ARGUMENT; a getter returns
 *              NULL for text, -1 where -1 means "not specified", and otherwise 0.
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

/* As a length: the text ends with a NUL; measure it. */
#define DOSAI_NUL_TERMINATED ((size_t)-1)

typedef struct dosai_error dosai_error;           /* why a call failed, and what had arrived */
typedef struct dosai_cancel dosai_cancel;         /* a token that stops the calls that have it */
typedef struct dosai_client dosai_client;         /* an endpoint, a key, limits, open connections */
typedef struct dosai_response dosai_response;     /* the answer of any endpoint except chat */
typedef struct dosai_request dosai_request;       /* a chat request */
typedef struct dosai_completion dosai_completion; /* the answer to a chat request, complete or in part */
typedef struct dosai_stream dosai_stream;         /* one streaming call, read chunk by chunk */
typedef struct dosai_loop dosai_loop;             /* many calls on one thread, behind one descriptor */
typedef struct dosai_call dosai_call;             /* one call of a loop */

/* ---- version ------------------------------------------------------------------------------------------- */

#define DOSAI_VERSION "0.1.0"
#define DOSAI_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

/* Lends the version of the loaded library, such as "0.1.0", for ever. Threads: any thread at once. */
DOSAI_API const char *dosai_version(void);

/* Returns that version as a number, to compare with DOSAI_VERSION_NUMBER. Threads: any thread at once. */
DOSAI_API int32_t dosai_version_number(void);

/* ---- status -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_status;
enum {
  DOSAI_OK = 0,
  DOSAI_INVALID_ARGUMENT = -1,      /* a value, a handle, a struct_size or JSON that you passed in */
  DOSAI_OUT_OF_MEMORY = -2,         /* no memory */
  DOSAI_RESOURCE = -3,              /* no free file descriptor, or a libcurl that is too old */
  DOSAI_BUSY = -4,                  /* not possible in a callback, or another thread uses the handle */
  DOSAI_FORKED = -5,                /* the handle is from before a fork */
  DOSAI_CANCELLED = -6,             /* by a token, a callback, a free, or because the process exits */
  DOSAI_TIMEOUT = -7,               /* dosai_error_clock tells which */
  DOSAI_CONNECTION = -8,            /* the name is unknown, or there is no connection, or it broke before an answer */
  DOSAI_TLS = -9,                   /* no secure connection, such as an unknown certificate */
  DOSAI_TRUNCATED = -10,            /* the answer ended before it was complete */
  DOSAI_PROTOCOL = -11,             /* not HTTP, not JSON, not events */
  DOSAI_TOO_LARGE = -12,            /* a limit was exceeded; the message names it */
  DOSAI_REDIRECTED = -13,           /* 3xx; see dosai_error_header(error, "location", NULL) */
  DOSAI_WOULD_BLOCK = -14,          /* nothing came within timeout_ms; there is no error object */
  DOSAI_PROXY = -15,                /* the proxy refused to connect, such as with 407 */
  DOSAI_BAD_REQUEST = -20,          /* 400, 409, 413, 422 and other 4xx */
  DOSAI_AUTHENTICATION = -21,       /* 401 */
  DOSAI_INSUFFICIENT_CREDITS = -22, /* 402; 429 with insufficient_quota */
  DOSAI_PERMISSION = -23,           /* 403 */
  DOSAI_NOT_FOUND = -24,            /* 404 */
  DOSAI_RATE_LIMITED = -25,         /* 429 */
  DOSAI_SERVER = -26,               /* 500, 502, 504, 408 and other 5xx */
  DOSAI_UNAVAILABLE = -27,          /* 503, 529 */
  DOSAI_PROVIDER = -28,             /* an error inside a stream or inside a 200 */
  DOSAI_INTERNAL = -99              /* a bug in the library; please report it */
};

/* Lends the name of a status without its prefix, such as "RATE_LIMITED", for ever; "UNKNOWN" for other numbers.
 * Threads: any thread at once. */
DOSAI_API const char *dosai_status_name(dosai_status status);

/* ---- error --------------------------------------------------------------------------------------------- */

/* The four clocks of a call. */
typedef int32_t dosai_clock;
enum {
  DOSAI_CLOCK_NONE = 0,
  DOSAI_CLOCK_CONNECT = 1,     /* from the start of the attempt until the request can be sent; it does not
                                * run while the call waits because of max_connections_per_host */
  DOSAI_CLOCK_FIRST_TOKEN = 2, /* from then to the first chunk (unary calls: to the first byte) */
  DOSAI_CLOCK_IDLE = 3,        /* between two chunks; comments and empty events do not reset it */
  DOSAI_CLOCK_TOTAL = 4        /* the whole call, with its retries */
};

/* One attempt to get an answer. */
typedef struct dosai_attempt {
  uint32_t struct_size;
  dosai_status status;  /* how it ended */
  int32_t http_status;  /* 0 if there was no answer */
  int32_t reserved;
  int64_t delay_ms;     /* the wait between this attempt and the next; 0 for the last */
} dosai_attempt;

/* Times in microseconds since the call began; -1 if not reached. The first three are those of the last attempt. */
typedef struct dosai_timings {
  uint32_t struct_size;
  int32_t reused_connection; /* 1 if the connection had served a call before */
  int64_t connect_us;        /* the request could be sent */
  int64_t first_byte_us;     /* the first byte of the response */
  int64_t first_token_us;    /* the first chunk with text or a tool call; -1 in unary calls */
  int64_t total_us;
} dosai_timings;

/* An error does not change. What its getters return is lent until dosai_error_free. No getter shows a request header or
 * the key, even if the server sent it back. Threads: any thread at once. */

/* The status that the function returned; DOSAI_INVALID_ARGUMENT for NULL. */
DOSAI_API dosai_status dosai_error_status(const dosai_error *error);
/* One line for people: what happened, with the server's own message if there is one. */
DOSAI_API const char *dosai_error_message(const dosai_error *error, size_t *out_length);
/* The HTTP status of the last answer; 0 if there was none. */
DOSAI_API int32_t dosai_error_http_status(const dosai_error *error);
/* The server's error code, type and parameter, as text, whatever their JSON type is. */
DOSAI_API const char *dosai_error_code(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_type(const dosai_error *error, size_t *out_length);
DOSAI_API const char *dosai_error_param(const dosai_error *error, size_t *out_length);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_error_request_id(const dosai_error *error, size_t *out_length);
/* The wait that retry-after-ms or Retry-After asked for, in milliseconds; -1 if none did. */
DOSAI_API int64_t dosai_error_retry_after_ms(const dosai_error *error);
/* 1 if the same call may succeed when it is made again, else 0. It may if the connection broke, a clock ran out, the
 * answer was cut short, or the HTTP status is 408, 409, 429 or 5xx. The server's x-should-retry overrides the status.
 * An exhausted quota is not retryable. */
DOSAI_API int32_t dosai_error_is_retryable(const dosai_error *error);
/* A response header by its name, in any case, such as "location" or "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_error_header(const dosai_error *error, const char *name, size_t *out_length);
/* The response body, at most its first 64 KiB; for an error inside a stream, its event. */
DOSAI_API const char *dosai_error_body(const dosai_error *error, size_t *out_length);
/* For DOSAI_TIMEOUT, the clock that ran out. */
DOSAI_API dosai_clock dosai_error_clock(const dosai_error *error);
/* The number of attempts; 0 if none was made. */
DOSAI_API int32_t dosai_error_attempt_count(const dosai_error *error);
/* Fills in attempt `index`, from 0. You set out_attempt->struct_size. Returns: INVALID_ARGUMENT if there is no such
 * attempt. */
DOSAI_API dosai_status dosai_error_attempt(const dosai_error *error, int32_t index, dosai_attempt *out_attempt);
/* Fills in the timings. You set out_timings->struct_size. */
DOSAI_API dosai_status dosai_error_timings(const dosai_error *error, dosai_timings *out_timings);
/* Lends the part of the completion that arrived before the call failed; NULL if nothing did. */
DOSAI_API const dosai_completion *dosai_error_completion(const dosai_error *error);
/* Gives another handle of the same error, to keep one that is lent. */
DOSAI_API dosai_status dosai_error_copy(const dosai_error *error, dosai_error **out_copy, dosai_error **out_error);
/* Frees the error and what it lends. An error that is lent by an event is not freed. */
DOSAI_API void dosai_error_free(dosai_error *error);

/* ---- cancel -------------------------------------------------------------------------------------------- */

/* Gives a token for dosai_call_options.cancel. Any number of calls may have it.
 * Returns: RESOURCE if no file descriptor is free.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_cancel_new(dosai_cancel **out_cancel, dosai_error **out_error);
/* Stops every call that has the token, now and later: it ends with CANCELLED. This cannot be undone.
 * Threads: any, and from a signal handler. */
DOSAI_API void dosai_cancel_trigger(dosai_cancel *cancel);
/* 1 if the token was triggered, else 0. Threads: any, and from a signal handler. */
DOSAI_API int32_t dosai_cancel_is_triggered(const dosai_cancel *cancel);
/* Releases the token. Calls that have it keep what they need. */
DOSAI_API void dosai_cancel_free(dosai_cancel *cancel);

/* ---- client -------------------------------------------------------------------------------------------- */

typedef int32_t dosai_log_level;
enum {
  DOSAI_LOG_OFF = 0,
  DOSAI_LOG_ERROR = 1,   /* a call failed */
  DOSAI_LOG_WARNING = 2, /* an attempt failed and will be made again */
  DOSAI_LOG_INFO = 3,    /* a call succeeded */
  DOSAI_LOG_DEBUG = 4    /* an attempt starts */
};

/* Receives one log line, without a newline: method, host, path, status, request id, duration. A line never contains a
 * header value, a query, the key, or any text of the conversation. It is called on the thread that made the call, and
 * must not call the library. */
typedef void (*dosai_log_fn)(dosai_log_level level, const char *line, size_t length, void *user_data);

/* The options of a client. All of them are copied. Texts are C strings; NULL is the default. */
typedef struct dosai_client_options {
  uint32_t struct_size;
  int32_t max_retries;        /* for each call. 0: 2 */
  const char *base_url;       /* NULL: "https://api.dos.ai/v1". It may have a path and a query (?api-version=...) */
  const char *api_key;        /* NULL: no key is sent */
  const char *api_key_header; /* NULL: "Authorization: Bearer KEY". Otherwise the header for the key alone, such as
                               * "api-key"; not one that HTTP itself needs, such as "Host" */
  const char *organization;   /* OpenAI-Organization */
  const char *project;        /* OpenAI-Project */
  const char *user_agent;     /* NULL: "dosai/VERSION" */
  const char *const *headers; /* "Name: value"; each replaces the library's own header of that name */
  size_t header_count;
  const char *ca_file;        /* PEM. NULL: the system's authorities */
  const char *ca_pem;         /* PEM text, to use instead of a file */
  size_t ca_pem_length;
  const char *client_certificate_file; /* PEM */
  const char *client_key_file;         /* PEM. NULL: it is in the certificate's file */
  const char *client_key_password;
  const char *proxy;          /* such as "http://host:port" or "socks5h://host:port". NULL or "": none */
  const char *unix_socket;    /* a path to connect to instead of the URL's host */
  int64_t connect_timeout_ms;     /* 0: 10 s */
  int64_t first_token_timeout_ms; /* 0: 600 s */
  int64_t idle_timeout_ms;        /* for streams. 0: 300 s */
  int64_t total_timeout_ms;       /* 0: 600 s for unary calls, none for streams */
  int64_t keep_alive_timeout_ms;  /* how long an idle connection may be reused, in whole seconds. 0: 60 s */
  int64_t max_event_bytes;    /* of one event of a stream. 0: 16 MiB */
  int64_t max_response_bytes; /* of a unary answer, decompressed. 0: 64 MiB */
  int64_t max_text_bytes;     /* of the completion of a stream. 0: 64 MiB */
  int64_t max_header_bytes;   /* of the response headers. 0: 300 KiB, libcurl's own limit, which is lower over HTTP/2 */
  int32_t max_json_nodes;     /* JSON values in one event or answer. 0: 1,000,000 */
  int32_t max_json_depth;     /* 0: 512, which is also the maximum */
  int32_t max_choices;        /* 0: 128 */
  int32_t max_tool_calls;     /* for each choice. 0: 1,024 */
  int32_t max_redirects;      /* to follow within the same origin: a GET's 301, 302, 303, 307 and 308, a POST's 307
                               * and 308. 0: none. At most 5 */
  int32_t allow_insecure_http;    /* 1: allow a key over plain http to a host other than this one, or to a proxy */
  int32_t proxy_from_environment; /* 1: use https_proxy and no_proxy, for https only */
  int32_t http1_only;             /* 1: do not use HTTP/2 */
  dosai_log_level log_level;  /* 0: off */
  dosai_log_fn on_log;
  void *log_user_data;
} dosai_client_options;

/* The options of one call. All of them are copied, except the token, which stays alive. */
typedef struct dosai_call_options {
  uint32_t struct_size;
  int32_t max_retries;            /* 0: that of the client */
  int64_t connect_timeout_ms;     /* 0: that of the client */
  int64_t first_token_timeout_ms; /* 0: that of the client */
  int64_t idle_timeout_ms;        /* 0: that of the client */
  int64_t total_timeout_ms;       /* 0: that of the client */
  const char *const *headers;     /* "Name: value"; each replaces the client's header of that name */
  size_t header_count;
  dosai_cancel *cancel;           /* NULL: none */
  int32_t (*on_wait)(void *user_data); /* called at each interval, whatever arrives, and when a signal interrupts a
                                        * wait. A value other than 0 cancels the call. NULL: never called */
  void *wait_user_data;
  int64_t wait_interval_ms;       /* 0: 100 ms */
} dosai_call_options;

/* Sets all options to their defaults. struct_size is the size of your struct. Threads: any thread at once. */
DOSAI_API void dosai_client_options_init(dosai_client_options *options, size_t struct_size);
DOSAI_API void dosai_call_options_init(dosai_call_options *options, size_t struct_size);

/* Gives a client. Nothing is sent yet. Its options never change.
 * In:      options may be NULL.
 * Returns: INVALID_ARGUMENT: the message names the option. RESOURCE: no descriptor is free, or libcurl is older than
 *          7.88.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                        dosai_error **out_error);
/* Sends a GET or a POST to any other JSON endpoint, with the same transport, retries and errors, and gives its answer.
 * In:      path is a C string that is appended to the base URL, such as "/models". json is the body.
 * Out:     out_response may be NULL.
 * Returns: as dosai_chat.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_client_get(dosai_client *client, const char *path, const dosai_call_options *options,
                                        dosai_response **out_response, dosai_error **out_error);
DOSAI_API dosai_status dosai_client_post(dosai_client *client, const char *path, const char *json, size_t length,
                                         const dosai_call_options *options, dosai_response **out_response,
                                         dosai_error **out_error);
/* Releases the client. When its last call has ended, its connections are closed and the key is wiped. */
DOSAI_API void dosai_client_free(dosai_client *client);

/* ---- response ------------------------------------------------------------------------------------------ */

/* The answer to a GET or a POST. A response does not change. What its getters return is lent until
 * dosai_response_free. Threads: any thread at once. */

/* The body: JSON, as the server sent it. */
DOSAI_API const char *dosai_response_json(const dosai_response *response, size_t *out_length);
/* The HTTP status, such as 200; 0 without a response. */
DOSAI_API int32_t dosai_response_http_status(const dosai_response *response);
/* A response header by its name, in any case, such as "x-ratelimit-remaining-requests". */
DOSAI_API const char *dosai_response_header(const dosai_response *response, const char *name, size_t *out_length);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_response_request_id(const dosai_response *response, size_t *out_length);
/* The attempts; the last of them got the answer. See dosai_error_attempt. */
DOSAI_API int32_t dosai_response_attempt_count(const dosai_response *response);
DOSAI_API dosai_status dosai_response_attempt(const dosai_response *response, int32_t index,
                                              dosai_attempt *out_attempt);
/* Fills in the timings. You set out_timings->struct_size. */
DOSAI_API dosai_status dosai_response_timings(const dosai_response *response, dosai_timings *out_timings);
/* Gives another handle of the same response, to keep one that is lent. */
DOSAI_API dosai_status dosai_response_copy(const dosai_response *response, dosai_response **out_response,
                                           dosai_error **out_error);
/* Frees the response. A response that is lent by an event is not freed. */
DOSAI_API void dosai_response_free(dosai_response *response);

/* ---- request ------------------------------------------------------------------------------------------- */

/* A request is the text of one JSON object. It is sent as it is, byte for byte, except for "stream", which depends on
 * the call. If a function that changes a request fails, the request is as it was before; for INVALID_ARGUMENT, the
 * message states the rule. Threads: one at a time, but any number of calls may send it at once. */

/* Gives a request for a model, without messages. */
DOSAI_API dosai_status dosai_request_new(const char *model, size_t length, dosai_request **out_request,
                                         dosai_error **out_error);
/* Gives a request with this text, which must be a JSON object. Nothing else is checked. */
DOSAI_API dosai_status dosai_request_parse(const char *json, size_t length, dosai_request **out_request,
                                           dosai_error **out_error);
/* Gives a request with the same text. */
DOSAI_API dosai_status dosai_request_copy(const dosai_request *request, dosai_request **out_request,
                                          dosai_error **out_error);
/* Adds a message. role is "system", "user", "assistant", "tool", or another that the server knows. */
DOSAI_API dosai_status dosai_request_add_message(dosai_request *request, const char *role, const char *content,
                                                 size_t length, dosai_error **out_error);
/* Adds a message as a JSON object, such as one with content parts, tool_calls or fields of a provider. */
DOSAI_API dosai_status dosai_request_add_message_json(dosai_request *request, const char *json, size_t length,
                                                      dosai_error **out_error);
/* Sets a text field, such as "name", of the last message. */
DOSAI_API dosai_status dosai_request_set_message_text(dosai_request *request, const char *key, const char *text,
                                                      size_t length, dosai_error **out_error);
/* Adds the message of a completion's choice (its position, from 0) unchanged, with its tool calls and unknown fields.
 * Add the results of its tool calls next. */
DOSAI_API dosai_status dosai_request_add_completion(dosai_request *request, const dosai_completion *completion,
                                                    int32_t choice, dosai_error **out_error);
/* Adds a function that the model may call. description may be NULL. parameters_json is a JSON schema of `length` bytes;
 * NULL if the function has no parameters. */
DOSAI_API dosai_status dosai_request_add_tool(dosai_request *request, const char *name, const char *description,
                                              const char *parameters_json, size_t length, dosai_error **out_error);
/* Adds the result of one tool call of the message before, as a message with the role "tool". */
DOSAI_API dosai_status dosai_request_add_tool_result(dosai_request *request, const char *tool_call_id,
                                                     const char *content, size_t length, dosai_error **out_error);
/* Makes the model call this function. For "auto", "none" and "required", use dosai_request_set_text. */
DOSAI_API dosai_status dosai_request_set_tool_choice(dosai_request *request, const char *function_name,
                                                     dosai_error **out_error);
/* Adds a text at which the model stops. There can be four. */
DOSAI_API dosai_status dosai_request_add_stop(dosai_request *request, const char *text, size_t length,
                                              dosai_error **out_error);
/* Set a field by its key. A field that exists keeps its place. The types and ranges of the API are checked: temperature
 * from 0 to 2, top_p from 0 to 1, frequency_penalty and presence_penalty from -2 to 2, max_tokens from 1, n from 1 to
 * 128. stream, messages, tools and response_format cannot be set. Other keys are not checked. */
DOSAI_API dosai_status dosai_request_set_text(dosai_request *request, const char *key, const char *text,
                                              size_t length, dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_number(dosai_request *request, const char *key, double number,
                                                dosai_error **out_error);
DOSAI_API dosai_status dosai_request_set_integer(dosai_request *request, const char *key, int64_t integer,
                                                 dosai_error **out_error);
/* Sets a field to any JSON value, such as "response_format", "stream_options", "seed" or "logit_bias". The values of
 * other keys are not checked either. */
DOSAI_API dosai_status dosai_request_set_json(dosai_request *request, const char *key, const char *json,
                                              size_t length, dosai_error **out_error);
/* Lends the text of the request until the request is changed or freed. */
DOSAI_API const char *dosai_request_json(const dosai_request *request, size_t *out_length);
DOSAI_API void dosai_request_free(dosai_request *request);

/* ---- completion ---------------------------------------------------------------------------------------- */

typedef int32_t dosai_finish_reason;
enum {
  DOSAI_FINISH_NONE = 0,           /* not specified */
  DOSAI_FINISH_STOP = 1,
  DOSAI_FINISH_LENGTH = 2,
  DOSAI_FINISH_TOOL_CALLS = 3,     /* or the older "function_call" */
  DOSAI_FINISH_CONTENT_FILTER = 4,
  DOSAI_FINISH_OTHER = 5           /* another word; see dosai_completion_finish_reason_text */
};

/* Numbers of tokens; -1 if not specified. */
typedef struct dosai_usage {
  uint32_t struct_size;
  int32_t reserved;
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t total_tokens;
  int64_t cached_tokens;    /* prompt_tokens_details.cached_tokens */
  int64_t reasoning_tokens; /* completion_tokens_details.reasoning_tokens */
} dosai_usage;

/* Bits for what the server sent in a way that is not documented, but that the library understands. */
enum {
  DOSAI_QUIRK_DONE_MISSING = 1 << 0,        /* the stream ended without [DONE], but all choices were finished */
  DOSAI_QUIRK_DONE_PADDED = 1 << 1,         /* [DONE] had spaces around it, or no blank line after it */
  DOSAI_QUIRK_AFTER_DONE = 1 << 2,          /* there were bytes after [DONE]; they are ignored */
  DOSAI_QUIRK_EMPTY_EVENT = 1 << 3,         /* an event had no data */
  DOSAI_QUIRK_LAST_EVENT_OPEN = 1 << 4,     /* the last event had no blank line after it */
  DOSAI_QUIRK_WHOLE_ANSWER = 1 << 5,        /* a stream was requested; the answer was a whole completion */
  DOSAI_QUIRK_CHOICES_MISSING = 1 << 6,     /* choices were missing or null in an event */
  DOSAI_QUIRK_DELTA_MISSING = 1 << 7,       /* delta was missing or null in a choice */
  DOSAI_QUIRK_CHOICE_INDEX = 1 << 8,        /* index was missing, null or -1; its place in the event is used */
  DOSAI_QUIRK_FINISH_REASON = 1 << 9,       /* a finish reason was empty, unknown, or sent twice */
  DOSAI_QUIRK_USAGE_REPEATED = 1 << 10,     /* usage was sent more than once; the last is used */
  DOSAI_QUIRK_USAGE_ELSEWHERE = 1 << 11,    /* usage was in x_groq */
  DOSAI_QUIRK_CONTENT_PARTS = 1 << 12,      /* content was a list of parts; their text is used */
  DOSAI_QUIRK_CREATED = 1 << 13,            /* created was not an integer */
  DOSAI_QUIRK_ID_CHANGED = 1 << 14,         /* id changed between chunks */
  DOSAI_QUIRK_TOOL_INDEX = 1 << 15,         /* the index of a tool call was missing, or several had the same */
  DOSAI_QUIRK_TOOL_REPEATED = 1 << 16,      /* the id or name of a tool call was empty or sent again */
  DOSAI_QUIRK_ARGUMENTS_OBJECT = 1 << 17,   /* arguments were an object; its JSON is used as the text */
  DOSAI_QUIRK_TEXT_REPAIRED = 1 << 18,      /* invalid UTF-8 or lone surrogates were replaced by U+FFFD */
  DOSAI_QUIRK_BIG_NUMBER = 1 << 19          /* an integer did not fit into 64 bits */
};

/* A completion does not change. What its getters return is lent until dosai_completion_free. `choice` is a position,
 * from 0 to dosai_completion_choice_count - 1; choices are in the order of their index. Threads: any thread at once. */

DOSAI_API const char *dosai_completion_id(const dosai_completion *completion, size_t *out_length);
DOSAI_API const char *dosai_completion_object(const dosai_completion *completion, size_t *out_length);
/* Unix time in seconds; -1 if not specified. */
DOSAI_API int64_t dosai_completion_created(const dosai_completion *completion);
DOSAI_API const char *dosai_completion_model(const dosai_completion *completion, size_t *out_length);
DOSAI_API int32_t dosai_completion_choice_count(const dosai_completion *completion);
/* The index that the server sent for the choice; -1 if there is no such choice. */
DOSAI_API int32_t dosai_completion_choice_index(const dosai_completion *completion, int32_t choice);
DOSAI_API const char *dosai_completion_role(const dosai_completion *completion, int32_t choice, size_t *out_length);
DOSAI_API const char *dosai_completion_content(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
DOSAI_API const char *dosai_completion_refusal(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
/* The text of reasoning_content, reasoning or thinking, whichever the server sends. */
DOSAI_API const char *dosai_completion_reasoning(const dosai_completion *completion, int32_t choice,
                                                 size_t *out_length);
DOSAI_API dosai_finish_reason dosai_completion_finish_reason(const dosai_completion *completion, int32_t choice);
/* The finish reason as the server sent it. */
DOSAI_API const char *dosai_completion_finish_reason_text(const dosai_completion *completion, int32_t choice,
                                                          size_t *out_length);
DOSAI_API int32_t dosai_completion_tool_call_count(const dosai_completion *completion, int32_t choice);
DOSAI_API const char *dosai_completion_tool_call_id(const dosai_completion *completion, int32_t choice,
                                                    int32_t tool_call, size_t *out_length);
DOSAI_API const char *dosai_completion_tool_call_name(const dosai_completion *completion, int32_t choice,
                                                      int32_t tool_call, size_t *out_length);
/* The arguments as the model wrote them. They may not be JSON. */
DOSAI_API const char *dosai_completion_tool_call_arguments(const dosai_completion *completion, int32_t choice,
                                                           int32_t tool_call, size_t *out_length);
/* The JSON of a choice's message: as the server sent it, or as it was assembled from a stream. */
DOSAI_API const char *dosai_completion_message_json(const dosai_completion *completion, int32_t choice,
                                                    size_t *out_length);
/* The JSON of the whole answer: as the server sent it, or as it was assembled from a stream. */
DOSAI_API const char *dosai_completion_json(const dosai_completion *completion, size_t *out_length);
/* Fills in the numbers of tokens. You set out_usage->struct_size. */
DOSAI_API dosai_status dosai_completion_usage(const dosai_completion *completion, dosai_usage *out_usage);
/* Fills in the timings. You set out_timings->struct_size. */
DOSAI_API dosai_status dosai_completion_timings(const dosai_completion *completion, dosai_timings *out_timings);
/* The x-request-id header (or apim-request-id, request-id). */
DOSAI_API const char *dosai_completion_request_id(const dosai_completion *completion, size_t *out_length);
/* A response header by its name, in any case, such as "x-ratelimit-remaining-tokens". */
DOSAI_API const char *dosai_completion_header(const dosai_completion *completion, const char *name,
                                              size_t *out_length);
DOSAI_API int32_t dosai_completion_http_status(const dosai_completion *completion);
/* The attempts; the last of them got the answer. See dosai_error_attempt. */
DOSAI_API int32_t dosai_completion_attempt_count(const dosai_completion *completion);
DOSAI_API dosai_status dosai_completion_attempt(const dosai_completion *completion, int32_t index,
                                                dosai_attempt *out_attempt);
/* DOSAI_QUIRK_ bits. */
DOSAI_API uint32_t dosai_completion_quirks(const dosai_completion *completion);
/* Lends the name of one bit without its prefix, such as "DONE_MISSING", for ever; NULL if there is no such bit. */
DOSAI_API const char *dosai_quirk_name(uint32_t quirk);
/* Gives another handle of the same completion, to keep one that is lent. */
DOSAI_API dosai_status dosai_completion_copy(const dosai_completion *completion, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Frees the completion. A completion that is lent by an error or an event is not freed. */
DOSAI_API void dosai_completion_free(dosai_completion *completion);

/* ---- chat ---------------------------------------------------------------------------------------------- */

typedef int32_t dosai_chunk_kind;
enum {
  DOSAI_CHUNK_OTHER = 0,     /* nothing of the others: a role, an empty delta, unknown fields */
  DOSAI_CHUNK_CONTENT = 1,   /* text */
  DOSAI_CHUNK_REASONING = 2, /* text */
  DOSAI_CHUNK_REFUSAL = 3,   /* text */
  DOSAI_CHUNK_TOOL_CALL = 4, /* tool_call; tool_call_id and tool_call_name if sent; text: arguments */
  DOSAI_CHUNK_FINISH = 5,    /* finish_reason; text: the server's word for it */
  DOSAI_CHUNK_USAGE = 6      /* usage */
};

/* A piece of a stream. It is lent until the callback returns, or until dosai_stream_next is called again. An event of
 * the server has one chunk or more. Texts are NUL-terminated; NULL if there is none. */
typedef struct dosai_chunk {
  uint32_t struct_size;
  dosai_chunk_kind kind;
  int32_t choice;        /* the index of the choice; -1 if it belongs to none */
  int32_t last_in_event; /* 1 if the event has no more chunks */
  int64_t event_index;   /* the number of the event, from 0 */
  const char *text;
  size_t text_length;
  int32_t tool_call;     /* the tool call of the choice, from 0; -1 if none */
  dosai_finish_reason finish_reason;
  const char *tool_call_id;
  size_t tool_call_id_length;
  const char *tool_call_name;
  size_t tool_call_name_length;
  const dosai_usage *usage;
  const char *json;      /* the whole event */
  size_t json_length;
} dosai_chunk;

typedef int32_t (*dosai_chunk_fn)(const dosai_chunk *chunk, void *user_data);

/* Sends the request and gives the whole answer.
 * In:      options may be NULL.
 * Out:     out_completion may be NULL.
 * Returns: every status except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat(dosai_client *client, const dosai_request *request,
                                  const dosai_call_options *options, dosai_completion **out_completion,
                                  dosai_error **out_error);
/* Sends the request, calls on_chunk for each chunk of the answer, and at the end gives the completion that the chunks
 * add up to.
 * In:      options may be NULL.
 * Out:     out_completion may be NULL.
 * Returns: OK only if the server said that the answer is complete; otherwise the error has what arrived. Every status
 *          except WOULD_BLOCK.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_chat_stream(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_chunk_fn on_chunk,
                                         void *user_data, dosai_completion **out_completion,
                                         dosai_error **out_error);

/* ---- stream -------------------------------------------------------------------------------------------- */

/* Sends the request, waits for the response headers, and gives the stream. Retries are made here.
 * In:      options may be NULL.
 * Returns: as dosai_chat_stream.
 * Threads: any thread at once. */
DOSAI_API dosai_status dosai_stream_open(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_stream **out_stream,
                                         dosai_error **out_error);
/* Lends the next chunk. The first-token and idle clocks run only within this function.
 * In:      timeout_ms is how long to wait for a chunk. 0: do not wait. -1: until a clock of the call runs out.
 * Out:     *out_chunk is NULL at the end of a complete answer.
 * Returns: WOULD_BLOCK if no chunk came in time; the stream continues. BUSY if another thread is in this function.
 *          Otherwise as dosai_chat_stream. After the end or a failure, every further call returns the same.
 * Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_next(dosai_stream *stream, int64_t timeout_ms, const dosai_chunk **out_chunk,
                                         dosai_error **out_error);
/* Gives the completion that the chunks so far add up to: before the first chunk, one without choices; after the end,
 * the whole one. It works after a failure as well, whose error has all that arrived.
 * Returns: BUSY if another thread uses the stream.
 * Threads: one at a time. */
DOSAI_API dosai_status dosai_stream_completion(dosai_stream *stream, dosai_completion **out_completion,
                                               dosai_error **out_error);
/* Stops the stream if it has not ended, and frees it. */
DOSAI_API void dosai_stream_free(dosai_stream *stream);

/* ---- loop ---------------------------------------------------------------------------------------------- */

/* A loop runs any number of calls, of any clients, on the thread that steps it. Each call that a submit function
 * accepts ends with exactly one COMPLETION, RESPONSE or ERROR event; it has no event before submit returns, and none
 * after that last one. In the callback of an event you may submit calls, and cancel, pause, resume and free them; step,
 * next and close return BUSY there, as does submit in the callback of close. What dosai_loop_next lends is valid until
 * the next step, next or close. Threads: one at a time, unless an entry states otherwise.
 * Over HTTP/2, the calls to a host share a connection: about a hundred of them, as the server and libcurl allow. While
 * a call makes a connection, the others wait for it, for at most a second and within their own connect clocks. Over
 * HTTP/1.1, once that is known, each call has a connection of its own. */

typedef int32_t dosai_event_kind;
enum {
  DOSAI_EVENT_CHUNK = 1,
  DOSAI_EVENT_COMPLETION = 2, /* the last event of a chat that succeeded */
  DOSAI_EVENT_ERROR = 3,      /* the last event of a call that failed */
  DOSAI_EVENT_RESPONSE = 4    /* the last event of a GET or POST that succeeded */
};

/* What happened to a call. It is lent, with all that it refers to, until the callback returns, or until dosai_loop_next
 * is called again. */
typedef struct dosai_event {
  uint32_t struct_size;
  dosai_event_kind kind;
  uintptr_t tag;                      /* the one that you passed to submit */
  const dosai_chunk *chunk;           /* CHUNK */
  const dosai_completion *completion; /* COMPLETION */
  const dosai_error *error;           /* ERROR */
  const dosai_response *response;     /* RESPONSE */
} dosai_event;

/* Return 0 to continue. Any other value cancels the call, whose last event then still comes. */
typedef int32_t (*dosai_event_fn)(const dosai_event *event, void *user_data);

typedef struct dosai_loop_options {
  uint32_t struct_size;
  int32_t max_in_flight;            /* calls at once; the others wait, and clients take turns. 0: no limit */
  int32_t max_connections_per_host; /* 0: no limit. The other calls wait in turn, while only their total clock runs */
  int32_t reserved;
} dosai_loop_options;

/* Sets all options to their defaults. Threads: any thread at once. */
DOSAI_API void dosai_loop_options_init(dosai_loop_options *options, size_t struct_size);
/* Gives a loop. options may be NULL. Returns: RESOURCE if no descriptor is free. Threads: any thread at once. */
DOSAI_API dosai_status dosai_loop_new(const dosai_loop_options *options, dosai_loop **out_loop,
                                      dosai_error **out_error);
/* Submit a call. A chat ends with a COMPLETION or an ERROR; a stream has CHUNKs before that; a GET or POST, of any
 * other JSON endpoint, ends with a RESPONSE or an ERROR.
 * In:      options may be NULL; on_wait is not used.
 * Out:     gives a handle of the call; out_call may be NULL.
 * Returns: a status other than OK means that the call was not accepted, and has no events. */
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
/* Waits until something happens, and acts on it. There may be no event.
 * In:      timeout_ms is how long to wait. 0: do not wait. -1: no limit. on_event is called for each event; if it is
 *          NULL, get them from dosai_loop_next.
 * Out:     *out_active is the number of calls whose last event has not come yet; out_active may be NULL. With no call
 *          and no limit, a step waits for dosai_loop_wake.
 * Returns: BUSY in a callback. */
DOSAI_API dosai_status dosai_loop_step(dosai_loop *loop, int64_t timeout_ms, dosai_event_fn on_event,
                                       void *user_data, size_t *out_active, dosai_error **out_error);
/* Lends the next event, or NULL: then step again. Of a call whose events are not read, the loop keeps a bounded part of
 * the answer, while the connection waits: 256 KB and what libcurl reads at once; over HTTP/2, where calls share the
 * connection, at most libcurl's window for a stream (32 MB).
 * Returns: BUSY in a callback. */
DOSAI_API dosai_status dosai_loop_next(dosai_loop *loop, const dosai_event **out_event, dosai_error **out_error);
/* A descriptor that is readable when a step has something to do, timers included, for poll, epoll or any event loop. Do
 * not read it or close it. -1 if there is no loop. Threads: any thread at once. */
DOSAI_API int dosai_loop_fd(const dosai_loop *loop);
/* How long a program that does not poll the descriptor may wait before it steps, in milliseconds; -1 for ever. */
DOSAI_API int64_t dosai_loop_timeout_ms(const dosai_loop *loop);
/* Ends the wait of a step. Threads: any, and from a signal handler. */
DOSAI_API void dosai_loop_wake(const dosai_loop *loop);
/* Ends all calls with CANCELLED, calls on_event, which may be NULL, for each of them, and frees the loop. In a forked
 * child it only frees the loop.
 * Returns: BUSY in a callback; the loop stays. */
DOSAI_API dosai_status dosai_loop_close(dosai_loop *loop, dosai_event_fn on_event, void *user_data,
                                        dosai_error **out_error);

/* Cancels the call: its last event is an ERROR with CANCELLED. Threads: any. */
DOSAI_API void dosai_call_cancel(dosai_call *call);
/* Pause the call, and resume it. A paused call has no events; its connection waits, and only its total clock runs. If
 * it has not started, it starts once it is resumed, before those that were submitted after it. Threads: any. */
DOSAI_API void dosai_call_pause(dosai_call *call);
DOSAI_API void dosai_call_resume(dosai_call *call);
/* Gives the completion that the chunks so far of a stream add up to: before the first chunk, one without choices; after
 * the end, the whole one. For a chat, it works once the chat has succeeded. Threads: that of the loop. */
DOSAI_API dosai_status dosai_call_completion(const dosai_call *call, dosai_completion **out_completion,
                                             dosai_error **out_error);
/* Releases the handle. The call continues. */
DOSAI_API void dosai_call_free(dosai_call *call);

#ifdef __cplusplus
}
#endif

#endif
