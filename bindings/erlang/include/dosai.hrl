%% Written by scripts/declarations.py: change include/dosai.h, then run that.
-type status() :: ok | invalid_argument | out_of_memory | resource | busy | forked | cancelled | timeout | connection | tls | truncated | protocol | too_large | redirected | would_block | proxy | bad_request | authentication | insufficient_credits | permission | not_found | rate_limited | server | unavailable | provider | internal.
-type clock() :: connect | first_token | idle | total.
-type kind() :: other | content | reasoning | refusal | tool_call | finish | usage | event.
-type quirk() :: done_missing | done_padded | after_done | empty_event | last_event_open | whole_answer | choices_missing | delta_missing | choice_index | finish_reason | usage_repeated | usage_elsewhere | content_parts | created | id_changed | tool_index | tool_repeated | arguments_object | text_repaired | big_number.
-type client_options() :: #{max_retries => integer(),
    base_url => unicode:chardata(),
    api_key => unicode:chardata() | fun(() -> unicode:chardata()),
    api_key_header => unicode:chardata(),
    organization => unicode:chardata(),
    project => unicode:chardata(),
    user_agent => unicode:chardata(),
    ca_file => unicode:chardata(),
    ca_pem => unicode:chardata(),
    client_certificate_file => unicode:chardata(),
    client_key_file => unicode:chardata(),
    client_key_password => unicode:chardata(),
    proxy => unicode:chardata(),
    unix_socket => unicode:chardata(),
    connect_timeout_ms => integer() | infinity,
    first_token_timeout_ms => integer() | infinity,
    idle_timeout_ms => integer() | infinity,
    total_timeout_ms => integer() | infinity,
    keep_alive_timeout_ms => integer() | infinity,
    max_event_bytes => integer() | infinity,
    max_response_bytes => integer() | infinity,
    max_text_bytes => integer() | infinity,
    max_header_bytes => integer() | infinity,
    max_json_nodes => integer(),
    max_json_depth => integer(),
    max_choices => integer(),
    max_tool_calls => integer(),
    max_redirects => integer(),
    allow_insecure_http => boolean(),
    proxy_from_environment => boolean(),
    http1_only => boolean(),
    requests_per_minute => integer() | infinity,
    tokens_per_minute => integer() | infinity,
    max_in_flight => integer() | infinity,
    max_connections_per_host => integer() | infinity,
    name => atom(),
    headers => #{unicode:chardata() => unicode:chardata()} | [{unicode:chardata(), unicode:chardata()}]}.
-type call_options() :: #{max_retries => integer(),
    connect_timeout_ms => integer() | infinity,
    first_token_timeout_ms => integer() | infinity,
    idle_timeout_ms => integer() | infinity,
    total_timeout_ms => integer() | infinity,
    last_event => unicode:chardata(),
    headers => #{unicode:chardata() => unicode:chardata()} | [{unicode:chardata(), unicode:chardata()}]}.
-define(TOO_LARGE, -12).
-define(TRUNCATED, -10).
-define(CANCELLED, -6).
-define(INVALID_ARGUMENT, -1).
-define(LOOP_OPTIONS, [max_in_flight, max_connections_per_host]).
