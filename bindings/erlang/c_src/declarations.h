/* Written by scripts/declarations.py: change include/dosai.h, then run that. */
/* clang-format off */
#ifdef FIELDS
static const field client_fields[] = {
  {"max_retries", FIELD_INT32, offsetof(dosai_client_options, max_retries)},
  {"base_url", FIELD_TEXT, offsetof(dosai_client_options, base_url)},
  {"api_key", FIELD_TEXT, offsetof(dosai_client_options, api_key)},
  {"api_key_header", FIELD_TEXT, offsetof(dosai_client_options, api_key_header)},
  {"organization", FIELD_TEXT, offsetof(dosai_client_options, organization)},
  {"project", FIELD_TEXT, offsetof(dosai_client_options, project)},
  {"user_agent", FIELD_TEXT, offsetof(dosai_client_options, user_agent)},
  {"ca_file", FIELD_TEXT, offsetof(dosai_client_options, ca_file)},
  {"ca_pem", FIELD_TEXT, offsetof(dosai_client_options, ca_pem)},
  {"client_certificate_file", FIELD_TEXT, offsetof(dosai_client_options, client_certificate_file)},
  {"client_key_file", FIELD_TEXT, offsetof(dosai_client_options, client_key_file)},
  {"client_key_password", FIELD_TEXT, offsetof(dosai_client_options, client_key_password)},
  {"proxy", FIELD_TEXT, offsetof(dosai_client_options, proxy)},
  {"unix_socket", FIELD_TEXT, offsetof(dosai_client_options, unix_socket)},
  {"connect_timeout_ms", FIELD_INT64, offsetof(dosai_client_options, connect_timeout_ms)},
  {"first_token_timeout_ms", FIELD_INT64, offsetof(dosai_client_options, first_token_timeout_ms)},
  {"idle_timeout_ms", FIELD_INT64, offsetof(dosai_client_options, idle_timeout_ms)},
  {"total_timeout_ms", FIELD_INT64, offsetof(dosai_client_options, total_timeout_ms)},
  {"keep_alive_timeout_ms", FIELD_INT64, offsetof(dosai_client_options, keep_alive_timeout_ms)},
  {"max_event_bytes", FIELD_INT64, offsetof(dosai_client_options, max_event_bytes)},
  {"max_response_bytes", FIELD_INT64, offsetof(dosai_client_options, max_response_bytes)},
  {"max_text_bytes", FIELD_INT64, offsetof(dosai_client_options, max_text_bytes)},
  {"max_header_bytes", FIELD_INT64, offsetof(dosai_client_options, max_header_bytes)},
  {"max_json_nodes", FIELD_INT32, offsetof(dosai_client_options, max_json_nodes)},
  {"max_json_depth", FIELD_INT32, offsetof(dosai_client_options, max_json_depth)},
  {"max_choices", FIELD_INT32, offsetof(dosai_client_options, max_choices)},
  {"max_tool_calls", FIELD_INT32, offsetof(dosai_client_options, max_tool_calls)},
  {"max_redirects", FIELD_INT32, offsetof(dosai_client_options, max_redirects)},
  {"allow_insecure_http", FIELD_FLAG, offsetof(dosai_client_options, allow_insecure_http)},
  {"proxy_from_environment", FIELD_FLAG, offsetof(dosai_client_options, proxy_from_environment)},
  {"http1_only", FIELD_FLAG, offsetof(dosai_client_options, http1_only)},
  {"requests_per_minute", FIELD_INT64, offsetof(dosai_client_options, requests_per_minute)},
  {"tokens_per_minute", FIELD_INT64, offsetof(dosai_client_options, tokens_per_minute)},
  {NULL, 0, 0},
};
static const field call_fields[] = {
  {"max_retries", FIELD_INT32, offsetof(dosai_call_options, max_retries)},
  {"connect_timeout_ms", FIELD_INT64, offsetof(dosai_call_options, connect_timeout_ms)},
  {"first_token_timeout_ms", FIELD_INT64, offsetof(dosai_call_options, first_token_timeout_ms)},
  {"idle_timeout_ms", FIELD_INT64, offsetof(dosai_call_options, idle_timeout_ms)},
  {"total_timeout_ms", FIELD_INT64, offsetof(dosai_call_options, total_timeout_ms)},
  {"last_event", FIELD_TEXT, offsetof(dosai_call_options, last_event)},
  {NULL, 0, 0},
};
static const field loop_fields[] = {
  {"max_in_flight", FIELD_COUNT, offsetof(dosai_loop_options, max_in_flight)},
  {"max_connections_per_host", FIELD_COUNT, offsetof(dosai_loop_options, max_connections_per_host)},
  {"requests_per_minute", FIELD_INT64, offsetof(dosai_loop_options, requests_per_minute)},
  {"tokens_per_minute", FIELD_INT64, offsetof(dosai_loop_options, tokens_per_minute)},
  {NULL, 0, 0},
};
#else
static const char *const chunk_kinds[] = {[0] = "other", [1] = "content", [2] = "reasoning", [3] = "refusal", [4] = "tool_call", [5] = "finish", [6] = "usage", [7] = "event"};
static const char *const clocks[] = {[0] = "none", [1] = "connect", [2] = "first_token", [3] = "idle", [4] = "total"};
#endif
