-- Written by scripts/declarations.py: change include/dosai.h, then run that.
require('ffi').cdef [[
typedef struct dosai_error dosai_error;
typedef struct dosai_cancel dosai_cancel;
typedef struct dosai_client dosai_client;
typedef struct dosai_response dosai_response;
typedef struct dosai_request dosai_request;
typedef struct dosai_completion dosai_completion;
typedef struct dosai_stream dosai_stream;
typedef struct dosai_decoder dosai_decoder;
typedef struct dosai_loop dosai_loop;
typedef struct dosai_call dosai_call;
const char *dosai_version(void);
int32_t dosai_version_number(void);
typedef int32_t dosai_status;
enum {
  DOSAI_OK = 0,
  DOSAI_INVALID_ARGUMENT = -1,
  DOSAI_OUT_OF_MEMORY = -2,
  DOSAI_RESOURCE = -3,
  DOSAI_BUSY = -4,
  DOSAI_FORKED = -5,
  DOSAI_CANCELLED = -6,
  DOSAI_TIMEOUT = -7,
  DOSAI_CONNECTION = -8,
  DOSAI_TLS = -9,
  DOSAI_TRUNCATED = -10,
  DOSAI_PROTOCOL = -11,
  DOSAI_TOO_LARGE = -12,
  DOSAI_REDIRECTED = -13,
  DOSAI_WOULD_BLOCK = -14,
  DOSAI_PROXY = -15,
  DOSAI_BAD_REQUEST = -20,
  DOSAI_AUTHENTICATION = -21,
  DOSAI_INSUFFICIENT_CREDITS = -22,
  DOSAI_PERMISSION = -23,
  DOSAI_NOT_FOUND = -24,
  DOSAI_RATE_LIMITED = -25,
  DOSAI_SERVER = -26,
  DOSAI_UNAVAILABLE = -27,
  DOSAI_PROVIDER = -28,
  DOSAI_INTERNAL = -99
};
const char *dosai_status_name(dosai_status status);
typedef int32_t dosai_clock;
enum {
  DOSAI_CLOCK_NONE = 0,
  DOSAI_CLOCK_CONNECT = 1,
  DOSAI_CLOCK_FIRST_TOKEN = 2,
  DOSAI_CLOCK_IDLE = 3,
  DOSAI_CLOCK_TOTAL = 4
};
typedef struct dosai_attempt {
  uint32_t struct_size;
  dosai_status status;
  int32_t http_status;
  int32_t reserved;
  int64_t delay_ms;
} dosai_attempt;
typedef struct dosai_timings {
  uint32_t struct_size;
  int32_t reused_connection;
  int64_t connect_us;
  int64_t first_byte_us;
  int64_t first_token_us;
  int64_t total_us;
} dosai_timings;
dosai_status dosai_error_status(const dosai_error *error);
const char *dosai_error_message(const dosai_error *error, size_t *out_length);
int32_t dosai_error_http_status(const dosai_error *error);
const char *dosai_error_code(const dosai_error *error, size_t *out_length);
const char *dosai_error_type(const dosai_error *error, size_t *out_length);
const char *dosai_error_param(const dosai_error *error, size_t *out_length);
const char *dosai_error_request_id(const dosai_error *error, size_t *out_length);
int64_t dosai_error_retry_after_ms(const dosai_error *error);
int32_t dosai_error_is_retryable(const dosai_error *error);
const char *dosai_error_header(const dosai_error *error, const char *name, size_t *out_length);
const char *dosai_error_headers(const dosai_error *error, size_t *out_length);
const char *dosai_error_body(const dosai_error *error, size_t *out_length);
dosai_clock dosai_error_clock(const dosai_error *error);
int32_t dosai_error_attempt_count(const dosai_error *error);
dosai_status dosai_error_attempt(const dosai_error *error, int32_t index, dosai_attempt *out_attempt);
dosai_status dosai_error_timings(const dosai_error *error, dosai_timings *out_timings);
const dosai_completion *dosai_error_completion(const dosai_error *error);
dosai_status dosai_error_copy(const dosai_error *error, dosai_error **out_copy, dosai_error **out_error);
void dosai_error_free(dosai_error *error);
dosai_status dosai_cancel_new(dosai_cancel **out_cancel, dosai_error **out_error);
void dosai_cancel_trigger(dosai_cancel *cancel);
int32_t dosai_cancel_is_triggered(const dosai_cancel *cancel);
void dosai_cancel_free(dosai_cancel *cancel);
typedef int32_t dosai_log_level;
enum {
  DOSAI_LOG_OFF = 0,
  DOSAI_LOG_ERROR = 1,
  DOSAI_LOG_WARNING = 2,
  DOSAI_LOG_INFO = 3,
  DOSAI_LOG_DEBUG = 4
};
typedef void (*dosai_log_fn)(dosai_log_level level, const char *line, size_t length, void *user_data);
typedef int32_t dosai_call_event_kind;
enum {
  DOSAI_CALL_STARTED = 1,
  DOSAI_CALL_ATTEMPT = 2,
  DOSAI_CALL_CONNECTED = 3,
  DOSAI_CALL_HEADERS = 4,
  DOSAI_CALL_FIRST_TOKEN = 5,
  DOSAI_CALL_RETRY = 6,
  DOSAI_CALL_ENDED = 7
};
typedef struct dosai_call_event {
  uint32_t struct_size;
  dosai_call_event_kind kind;
  uintptr_t call;
  const char *method;
  const char *host;
  const char *path;
  const char *model;
  const char *request_id;
  int32_t attempt;
  int32_t is_stream;
  dosai_status status;
  int32_t http_status;
  int64_t delay_ms;
  int64_t sent_bytes;
  int64_t received_bytes;
  int64_t event_count;
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t cached_tokens;
  int64_t reasoning_tokens;
  const dosai_timings *timings;
} dosai_call_event;
typedef void (*dosai_call_event_fn)(const dosai_call_event *event, void *user_data);
typedef int32_t (*dosai_key_fn)(char *key, size_t size, void *user_data);
typedef struct dosai_client_options {
  uint32_t struct_size;
  int32_t max_retries;
  const char *base_url;
  const char *api_key;
  const char *api_key_header;
  const char *organization;
  const char *project;
  const char *user_agent;
  const char *const *headers;
  size_t header_count;
  const char *ca_file;
  const char *ca_pem;
  size_t ca_pem_length;
  const char *client_certificate_file;
  const char *client_key_file;
  const char *client_key_password;
  const char *proxy;
  const char *unix_socket;
  int64_t connect_timeout_ms;
  int64_t first_token_timeout_ms;
  int64_t idle_timeout_ms;
  int64_t total_timeout_ms;
  int64_t keep_alive_timeout_ms;
  int64_t max_event_bytes;
  int64_t max_response_bytes;
  int64_t max_text_bytes;
  int64_t max_header_bytes;
  int32_t max_json_nodes;
  int32_t max_json_depth;
  int32_t max_choices;
  int32_t max_tool_calls;
  int32_t max_redirects;
  int32_t allow_insecure_http;
  int32_t proxy_from_environment;
  int32_t http1_only;
  dosai_log_level log_level;
  dosai_log_fn on_log;
  void *log_user_data;
  dosai_key_fn key_fn;
  void *key_user_data;
  dosai_call_event_fn on_event;
  void *event_user_data;
  int64_t requests_per_minute;
  int64_t tokens_per_minute;
} dosai_client_options;
typedef int32_t (*dosai_wait_fn)(void *user_data);
typedef struct dosai_call_options {
  uint32_t struct_size;
  int32_t max_retries;
  int64_t connect_timeout_ms;
  int64_t first_token_timeout_ms;
  int64_t idle_timeout_ms;
  int64_t total_timeout_ms;
  const char *const *headers;
  size_t header_count;
  dosai_cancel *cancel;
  dosai_wait_fn on_wait;
  void *wait_user_data;
  int64_t wait_interval_ms;
  const char *last_event;
} dosai_call_options;
void dosai_client_options_init(dosai_client_options *options, size_t struct_size);
void dosai_call_options_init(dosai_call_options *options, size_t struct_size);
dosai_status dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                        dosai_error **out_error);
dosai_status dosai_client_get(dosai_client *client, const char *path, const dosai_call_options *options,
                                        dosai_response **out_response, dosai_error **out_error);
dosai_status dosai_client_post(dosai_client *client, const char *path, const char *json, size_t length,
                                         const dosai_call_options *options, dosai_response **out_response,
                                         dosai_error **out_error);
dosai_status dosai_client_warm(dosai_client *client, int32_t connections,
                                         const dosai_call_options *options, dosai_error **out_error);
void dosai_client_free(dosai_client *client);
const char *dosai_response_json(const dosai_response *response, size_t *out_length);
int32_t dosai_response_http_status(const dosai_response *response);
const char *dosai_response_header(const dosai_response *response, const char *name, size_t *out_length);
const char *dosai_response_headers(const dosai_response *response, size_t *out_length);
const char *dosai_response_request_id(const dosai_response *response, size_t *out_length);
int32_t dosai_response_attempt_count(const dosai_response *response);
dosai_status dosai_response_attempt(const dosai_response *response, int32_t index,
                                              dosai_attempt *out_attempt);
dosai_status dosai_response_timings(const dosai_response *response, dosai_timings *out_timings);
dosai_status dosai_response_copy(const dosai_response *response, dosai_response **out_response,
                                           dosai_error **out_error);
void dosai_response_free(dosai_response *response);
dosai_status dosai_request_new(const char *model, size_t length, dosai_request **out_request,
                                         dosai_error **out_error);
dosai_status dosai_request_parse(const char *json, size_t length, dosai_request **out_request,
                                           dosai_error **out_error);
dosai_status dosai_request_copy(const dosai_request *request, dosai_request **out_request,
                                          dosai_error **out_error);
dosai_status dosai_request_add_message(dosai_request *request, const char *role, const char *content,
                                                 size_t length, dosai_error **out_error);
dosai_status dosai_request_add_message_json(dosai_request *request, const char *json, size_t length,
                                                      dosai_error **out_error);
dosai_status dosai_request_set_message_text(dosai_request *request, const char *key, const char *text,
                                                      size_t length, dosai_error **out_error);
dosai_status dosai_request_add_completion(dosai_request *request, const dosai_completion *completion,
                                                    int32_t choice, dosai_error **out_error);
dosai_status dosai_request_add_tool(dosai_request *request, const char *name, const char *description,
                                              const char *parameters_json, size_t length, dosai_error **out_error);
dosai_status dosai_request_add_tool_result(dosai_request *request, const char *tool_call_id,
                                                     const char *content, size_t length, dosai_error **out_error);
dosai_status dosai_request_set_tool_choice(dosai_request *request, const char *function_name,
                                                     dosai_error **out_error);
dosai_status dosai_request_add_stop(dosai_request *request, const char *text, size_t length,
                                              dosai_error **out_error);
dosai_status dosai_request_set_text(dosai_request *request, const char *key, const char *text,
                                              size_t length, dosai_error **out_error);
dosai_status dosai_request_set_number(dosai_request *request, const char *key, double number,
                                                dosai_error **out_error);
dosai_status dosai_request_set_integer(dosai_request *request, const char *key, int64_t integer,
                                                 dosai_error **out_error);
dosai_status dosai_request_set_json(dosai_request *request, const char *key, const char *json,
                                              size_t length, dosai_error **out_error);
dosai_status dosai_request_set_json_schema(dosai_request *request, const char *name, const char *schema_json,
                                                     size_t length, int32_t strict, dosai_error **out_error);
const char *dosai_request_json(const dosai_request *request, size_t *out_length);
void dosai_request_free(dosai_request *request);
typedef int32_t dosai_finish_reason;
enum {
  DOSAI_FINISH_NONE = 0,
  DOSAI_FINISH_STOP = 1,
  DOSAI_FINISH_LENGTH = 2,
  DOSAI_FINISH_TOOL_CALLS = 3,
  DOSAI_FINISH_CONTENT_FILTER = 4,
  DOSAI_FINISH_OTHER = 5
};
typedef struct dosai_usage {
  uint32_t struct_size;
  int32_t reserved;
  int64_t prompt_tokens;
  int64_t completion_tokens;
  int64_t total_tokens;
  int64_t cached_tokens;
  int64_t reasoning_tokens;
} dosai_usage;
enum {
  DOSAI_QUIRK_DONE_MISSING = 1 << 0,
  DOSAI_QUIRK_DONE_PADDED = 1 << 1,
  DOSAI_QUIRK_AFTER_DONE = 1 << 2,
  DOSAI_QUIRK_EMPTY_EVENT = 1 << 3,
  DOSAI_QUIRK_LAST_EVENT_OPEN = 1 << 4,
  DOSAI_QUIRK_WHOLE_ANSWER = 1 << 5,
  DOSAI_QUIRK_CHOICES_MISSING = 1 << 6,
  DOSAI_QUIRK_DELTA_MISSING = 1 << 7,
  DOSAI_QUIRK_CHOICE_INDEX = 1 << 8,
  DOSAI_QUIRK_FINISH_REASON = 1 << 9,
  DOSAI_QUIRK_USAGE_REPEATED = 1 << 10,
  DOSAI_QUIRK_USAGE_ELSEWHERE = 1 << 11,
  DOSAI_QUIRK_CONTENT_PARTS = 1 << 12,
  DOSAI_QUIRK_CREATED = 1 << 13,
  DOSAI_QUIRK_ID_CHANGED = 1 << 14,
  DOSAI_QUIRK_TOOL_INDEX = 1 << 15,
  DOSAI_QUIRK_TOOL_REPEATED = 1 << 16,
  DOSAI_QUIRK_ARGUMENTS_OBJECT = 1 << 17,
  DOSAI_QUIRK_TEXT_REPAIRED = 1 << 18,
  DOSAI_QUIRK_BIG_NUMBER = 1 << 19
};
const char *dosai_completion_id(const dosai_completion *completion, size_t *out_length);
const char *dosai_completion_object(const dosai_completion *completion, size_t *out_length);
int64_t dosai_completion_created(const dosai_completion *completion);
const char *dosai_completion_model(const dosai_completion *completion, size_t *out_length);
int32_t dosai_completion_choice_count(const dosai_completion *completion);
int32_t dosai_completion_choice_index(const dosai_completion *completion, int32_t choice);
const char *dosai_completion_role(const dosai_completion *completion, int32_t choice, size_t *out_length);
const char *dosai_completion_content(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
const char *dosai_completion_refusal(const dosai_completion *completion, int32_t choice,
                                               size_t *out_length);
const char *dosai_completion_reasoning(const dosai_completion *completion, int32_t choice,
                                                 size_t *out_length);
dosai_finish_reason dosai_completion_finish_reason(const dosai_completion *completion, int32_t choice);
const char *dosai_completion_finish_reason_text(const dosai_completion *completion, int32_t choice,
                                                          size_t *out_length);
int32_t dosai_completion_tool_call_count(const dosai_completion *completion, int32_t choice);
const char *dosai_completion_tool_call_id(const dosai_completion *completion, int32_t choice,
                                                    int32_t tool_call, size_t *out_length);
const char *dosai_completion_tool_call_name(const dosai_completion *completion, int32_t choice,
                                                      int32_t tool_call, size_t *out_length);
const char *dosai_completion_tool_call_arguments(const dosai_completion *completion, int32_t choice,
                                                           int32_t tool_call, size_t *out_length);
const char *dosai_completion_message_json(const dosai_completion *completion, int32_t choice,
                                                    size_t *out_length);
const char *dosai_completion_json(const dosai_completion *completion, size_t *out_length);
dosai_status dosai_completion_usage(const dosai_completion *completion, dosai_usage *out_usage);
dosai_status dosai_completion_timings(const dosai_completion *completion, dosai_timings *out_timings);
const char *dosai_completion_request_id(const dosai_completion *completion, size_t *out_length);
const char *dosai_completion_header(const dosai_completion *completion, const char *name,
                                              size_t *out_length);
const char *dosai_completion_headers(const dosai_completion *completion, size_t *out_length);
int32_t dosai_completion_http_status(const dosai_completion *completion);
int32_t dosai_completion_attempt_count(const dosai_completion *completion);
dosai_status dosai_completion_attempt(const dosai_completion *completion, int32_t index,
                                                dosai_attempt *out_attempt);
uint32_t dosai_completion_quirks(const dosai_completion *completion);
const char *dosai_quirk_name(uint32_t quirk);
dosai_status dosai_completion_copy(const dosai_completion *completion, dosai_completion **out_completion,
                                             dosai_error **out_error);
void dosai_completion_free(dosai_completion *completion);
typedef int32_t dosai_chunk_kind;
enum {
  DOSAI_CHUNK_OTHER = 0,
  DOSAI_CHUNK_CONTENT = 1,
  DOSAI_CHUNK_REASONING = 2,
  DOSAI_CHUNK_REFUSAL = 3,
  DOSAI_CHUNK_TOOL_CALL = 4,
  DOSAI_CHUNK_FINISH = 5,
  DOSAI_CHUNK_USAGE = 6,
  DOSAI_CHUNK_EVENT = 7
};
typedef struct dosai_chunk {
  uint32_t struct_size;
  dosai_chunk_kind kind;
  int32_t choice;
  int32_t last_in_event;
  int64_t event_index;
  const char *text;
  size_t text_length;
  int32_t tool_call;
  dosai_finish_reason finish_reason;
  const char *tool_call_id;
  size_t tool_call_id_length;
  const char *tool_call_name;
  size_t tool_call_name_length;
  const dosai_usage *usage;
  const char *json;
  size_t json_length;
  int32_t text_only;
  int32_t reserved;
  const char *event_type;
  size_t event_type_length;
  const char *event_id;
  size_t event_id_length;
} dosai_chunk;
typedef int32_t (*dosai_chunk_fn)(const dosai_chunk *chunk, void *user_data);
dosai_status dosai_chat(dosai_client *client, const dosai_request *request,
                                  const dosai_call_options *options, dosai_completion **out_completion,
                                  dosai_error **out_error);
dosai_status dosai_chat_stream(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_chunk_fn on_chunk,
                                         void *user_data, dosai_completion **out_completion,
                                         dosai_error **out_error);
dosai_status dosai_stream_open(dosai_client *client, const dosai_request *request,
                                         const dosai_call_options *options, dosai_stream **out_stream,
                                         dosai_error **out_error);
dosai_status dosai_stream_open_post(dosai_client *client, const char *path, const char *json,
                                              size_t length, const dosai_call_options *options,
                                              dosai_stream **out_stream, dosai_error **out_error);
dosai_status dosai_stream_next(dosai_stream *stream, int64_t timeout_ms, const dosai_chunk **out_chunk,
                                         dosai_error **out_error);
dosai_status dosai_stream_completion(dosai_stream *stream, dosai_completion **out_completion,
                                               dosai_error **out_error);
void dosai_stream_free(dosai_stream *stream);
dosai_status dosai_decoder_new(const dosai_client_options *options, dosai_decoder **out_decoder,
                                         dosai_error **out_error);
dosai_status dosai_decoder_feed(dosai_decoder *decoder, const char *bytes, size_t length,
                                          dosai_error **out_error);
dosai_status dosai_decoder_finish(dosai_decoder *decoder, dosai_error **out_error);
dosai_status dosai_decoder_next(dosai_decoder *decoder, const dosai_chunk **out_chunk,
                                          dosai_error **out_error);
dosai_status dosai_decoder_completion(dosai_decoder *decoder, dosai_completion **out_completion,
                                                dosai_error **out_error);
void dosai_decoder_free(dosai_decoder *decoder);
typedef int32_t dosai_event_kind;
enum {
  DOSAI_EVENT_CHUNK = 1,
  DOSAI_EVENT_COMPLETION = 2,
  DOSAI_EVENT_ERROR = 3,
  DOSAI_EVENT_RESPONSE = 4
};
typedef struct dosai_event {
  uint32_t struct_size;
  dosai_event_kind kind;
  uintptr_t tag;
  const dosai_chunk *chunk;
  const dosai_completion *completion;
  const dosai_error *error;
  const dosai_response *response;
} dosai_event;
typedef int32_t (*dosai_event_fn)(const dosai_event *event, void *user_data);
typedef struct dosai_loop_options {
  uint32_t struct_size;
  int32_t max_in_flight;
  int32_t max_connections_per_host;
  int32_t reserved;
  int64_t requests_per_minute;
  int64_t tokens_per_minute;
} dosai_loop_options;
void dosai_loop_options_init(dosai_loop_options *options, size_t struct_size);
dosai_status dosai_loop_new(const dosai_loop_options *options, dosai_loop **out_loop,
                                      dosai_error **out_error);
dosai_status dosai_loop_submit_chat(dosai_loop *loop, dosai_client *client, const dosai_request *request,
                                              const dosai_call_options *options, uintptr_t tag,
                                              dosai_call **out_call, dosai_error **out_error);
dosai_status dosai_loop_submit_stream(dosai_loop *loop, dosai_client *client,
                                                const dosai_request *request, const dosai_call_options *options,
                                                uintptr_t tag, dosai_call **out_call, dosai_error **out_error);
dosai_status dosai_loop_submit_get(dosai_loop *loop, dosai_client *client, const char *path,
                                             const dosai_call_options *options, uintptr_t tag,
                                             dosai_call **out_call, dosai_error **out_error);
dosai_status dosai_loop_submit_post(dosai_loop *loop, dosai_client *client, const char *path,
                                              const char *json, size_t length, const dosai_call_options *options,
                                              uintptr_t tag, dosai_call **out_call, dosai_error **out_error);
dosai_status dosai_loop_submit_stream_post(dosai_loop *loop, dosai_client *client, const char *path,
                                                     const char *json, size_t length,
                                                     const dosai_call_options *options, uintptr_t tag,
                                                     dosai_call **out_call, dosai_error **out_error);
dosai_status dosai_loop_step(dosai_loop *loop, int64_t timeout_ms, dosai_event_fn on_event,
                                       void *user_data, size_t *out_active, dosai_error **out_error);
dosai_status dosai_loop_next(dosai_loop *loop, const dosai_event **out_event, dosai_error **out_error);
int dosai_loop_fd(const dosai_loop *loop);
int64_t dosai_loop_timeout_ms(const dosai_loop *loop);
void dosai_loop_wake(const dosai_loop *loop);
dosai_status dosai_loop_close(dosai_loop *loop, dosai_event_fn on_event, void *user_data,
                                        dosai_error **out_error);
void dosai_call_cancel(dosai_call *call);
void dosai_call_pause(dosai_call *call);
void dosai_call_resume(dosai_call *call);
dosai_status dosai_call_completion(const dosai_call *call, dosai_completion **out_completion,
                                             dosai_error **out_error);
void dosai_call_free(dosai_call *call);
]]
