// Written by scripts/declarations.py: change include/dosai.h, then run that.
#pragma warning disable 0649, 1591
using System;
using System.Runtime.InteropServices;

namespace Dosai
{
    /// <summary>How a call ended.</summary>
    public enum Status
    {
        Ok = 0,
        /// <summary>An invalid value, handle, struct_size or JSON.</summary>
        InvalidArgument = -1,
        /// <summary>Memory could not be allocated; see "Memory".</summary>
        OutOfMemory = -2,
        /// <summary>No free file descriptor, or libcurl is too old.</summary>
        Resource = -3,
        /// <summary>Not possible in a callback, or another thread is using the handle.</summary>
        Busy = -4,
        /// <summary>The handle was created before a fork.</summary>
        Forked = -5,
        /// <summary>By a token, a callback, a cancel, free or close function, or exit().</summary>
        Cancelled = -6,
        /// <summary>A clock ran out; dosai_error_clock says which.</summary>
        Timeout = -7,
        /// <summary>Unknown host, no connection, or it broke before the answer began.</summary>
        Connection = -8,
        /// <summary>No secure connection, for example with an untrusted certificate.</summary>
        Tls = -9,
        /// <summary>The answer ended before it was complete.</summary>
        Truncated = -10,
        /// <summary>The answer is not valid HTTP, JSON or server-sent events.</summary>
        Protocol = -11,
        /// <summary>A limit was exceeded; the message names it.</summary>
        TooLarge = -12,
        /// <summary>3xx; see dosai_error_header(error, "location", NULL).</summary>
        Redirected = -13,
        /// <summary>Nothing came within timeout_ms; there is no error object.</summary>
        WouldBlock = -14,
        /// <summary>The proxy refused the connection, or the answer is a 407.</summary>
        Proxy = -15,
        /// <summary>400, 409, 413, 422 and other 4xx.</summary>
        BadRequest = -20,
        /// <summary>401.</summary>
        Authentication = -21,
        /// <summary>402, or 429 with the error code insufficient_quota.</summary>
        InsufficientCredits = -22,
        /// <summary>403.</summary>
        Permission = -23,
        /// <summary>404.</summary>
        NotFound = -24,
        /// <summary>Any other 429.</summary>
        RateLimited = -25,
        /// <summary>408, 500, 502, 504 and other 5xx.</summary>
        Server = -26,
        /// <summary>503, 529.</summary>
        Unavailable = -27,
        /// <summary>An error inside a stream, or in the body of a 200 response.</summary>
        Provider = -28,
        /// <summary>A bug in the library; please report it.</summary>
        Internal = -99,
    }

    /// <summary>What a chunk is.</summary>
    public enum Kind
    {
        /// <summary>Another reason; see dosai_completion_finish_reason_text.</summary>
        Other = 0,
        /// <summary>Text.</summary>
        Content = 1,
        /// <summary>Text.</summary>
        Reasoning = 2,
        /// <summary>Text.</summary>
        Refusal = 3,
        /// <summary>Tool_call; tool_call_id and _name if sent; text: the next piece of the arguments.</summary>
        ToolCall = 4,
        /// <summary>Finish_reason; text: the reason as the server sent it.</summary>
        Finish = 5,
        /// <summary>Usage.</summary>
        Usage = 6,
        /// <summary>An event had no data.</summary>
        Event = 7,
    }

    /// <summary>A clock of a call.</summary>
    public enum Clock
    {
        /// <summary>Not specified by the server.</summary>
        None = 0,
        /// <summary>From the start of an attempt until the request can be sent; stopped while the call waits because of max_connections_per_host.</summary>
        Connect = 1,
        /// <summary>From then until the first chunk of any kind; in a unary call, until the first byte of the response.</summary>
        FirstToken = 2,
        /// <summary>Between two chunks; comments and empty events do not reset it.</summary>
        Idle = 3,
        /// <summary>The whole call, including retries.</summary>
        Total = 4,
    }

    /// <summary>What was unusual in an answer.</summary>
    [Flags]
    public enum Quirks
    {
        /// <summary>The stream ended without [DONE], but all choices were finished.</summary>
        DoneMissing = 1,
        /// <summary>[DONE] had spaces around it, or no blank line after it.</summary>
        DonePadded = 2,
        /// <summary>There were bytes after [DONE]; they are ignored.</summary>
        AfterDone = 4,
        /// <summary>An event had no data.</summary>
        EmptyEvent = 8,
        /// <summary>The last event had no blank line after it.</summary>
        LastEventOpen = 16,
        /// <summary>A stream was requested; the answer was a whole completion.</summary>
        WholeAnswer = 32,
        /// <summary>Choices were missing or null in an event.</summary>
        ChoicesMissing = 64,
        /// <summary>Delta was missing or null in a choice.</summary>
        DeltaMissing = 128,
        /// <summary>Index was missing, null or -1; the position in the event is used.</summary>
        ChoiceIndex = 256,
        /// <summary>A finish reason was empty, unknown, or sent twice.</summary>
        FinishReason = 512,
        /// <summary>Usage was sent more than once; the last is used.</summary>
        UsageRepeated = 1024,
        /// <summary>Usage was in x_groq.</summary>
        UsageElsewhere = 2048,
        /// <summary>Content was a list of parts; their text is used.</summary>
        ContentParts = 4096,
        /// <summary>Created was not an integer.</summary>
        Created = 8192,
        /// <summary>Id changed between chunks.</summary>
        IdChanged = 16384,
        /// <summary>A tool call was not in a list or had no index, or several had the same.</summary>
        ToolIndex = 32768,
        /// <summary>The id or name of a tool call was empty, sent again, or in pieces.</summary>
        ToolRepeated = 65536,
        /// <summary>Arguments was an object; its JSON is used as the text.</summary>
        ArgumentsObject = 131072,
        /// <summary>Invalid UTF-8 or lone surrogates were replaced by U+FFFD.</summary>
        TextRepaired = 262144,
        /// <summary>An integer did not fit into 64 bits.</summary>
        BigNumber = 524288,
    }

    internal sealed class ErrorHandle : Handle { internal static ErrorHandle Of(IntPtr raw) => new ErrorHandle { handle = raw }; protected override bool ReleaseHandle() { unsafe { Native.dosai_error_free(handle); } return true; } }
    internal sealed class CancelHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_cancel_free(handle); } return true; } }
    internal sealed class ClientHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_client_free(handle); } return true; } }
    internal sealed class ResponseHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_response_free(handle); } return true; } }
    internal sealed class RequestHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_request_free(handle); } return true; } }
    internal sealed class CompletionHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_completion_free(handle); } return true; } }
    internal sealed class StreamHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_stream_free(handle); } return true; } }
    internal sealed class DecoderHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_decoder_free(handle); } return true; } }
    internal sealed class LoopHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_loop_close(handle, IntPtr.Zero, IntPtr.Zero, null); } return true; } }
    internal sealed class CallHandle : Handle { protected override bool ReleaseHandle() { unsafe { Native.dosai_call_free(handle); } return true; } }

    internal unsafe struct dosai_attempt
    {
        internal uint struct_size;
        internal int status;
        internal int http_status;
        internal int reserved;
        internal long delay_ms;
    }

    internal unsafe struct dosai_timings
    {
        internal uint struct_size;
        internal int reused_connection;
        internal long connect_us;
        internal long first_byte_us;
        internal long first_token_us;
        internal long total_us;
    }

    internal unsafe struct dosai_call_event
    {
        internal uint struct_size;
        internal int kind;
        internal IntPtr call;
        internal byte* method;
        internal byte* host;
        internal byte* path;
        internal byte* model;
        internal byte* request_id;
        internal int attempt;
        internal int is_stream;
        internal int status;
        internal int http_status;
        internal long delay_ms;
        internal long sent_bytes;
        internal long received_bytes;
        internal long event_count;
        internal long prompt_tokens;
        internal long completion_tokens;
        internal long cached_tokens;
        internal long reasoning_tokens;
        internal dosai_timings* timings;
    }

    internal unsafe struct dosai_client_options
    {
        internal uint struct_size;
        internal int max_retries;
        internal byte* base_url;
        internal byte* api_key;
        internal byte* api_key_header;
        internal byte* organization;
        internal byte* project;
        internal byte* user_agent;
        internal byte** headers;
        internal IntPtr header_count;
        internal byte* ca_file;
        internal byte* ca_pem;
        internal IntPtr ca_pem_length;
        internal byte* client_certificate_file;
        internal byte* client_key_file;
        internal byte* client_key_password;
        internal byte* proxy;
        internal byte* unix_socket;
        internal long connect_timeout_ms;
        internal long first_token_timeout_ms;
        internal long idle_timeout_ms;
        internal long total_timeout_ms;
        internal long keep_alive_timeout_ms;
        internal long max_event_bytes;
        internal long max_response_bytes;
        internal long max_text_bytes;
        internal long max_header_bytes;
        internal int max_json_nodes;
        internal int max_json_depth;
        internal int max_choices;
        internal int max_tool_calls;
        internal int max_redirects;
        internal int allow_insecure_http;
        internal int proxy_from_environment;
        internal int http1_only;
        internal int log_level;
        internal IntPtr on_log;
        internal IntPtr log_user_data;
        internal IntPtr key_fn;
        internal IntPtr key_user_data;
        internal IntPtr on_event;
        internal IntPtr event_user_data;
        internal long requests_per_minute;
        internal long tokens_per_minute;
    }

    internal unsafe struct dosai_call_options
    {
        internal uint struct_size;
        internal int max_retries;
        internal long connect_timeout_ms;
        internal long first_token_timeout_ms;
        internal long idle_timeout_ms;
        internal long total_timeout_ms;
        internal byte** headers;
        internal IntPtr header_count;
        internal IntPtr cancel;
        internal IntPtr on_wait;
        internal IntPtr wait_user_data;
        internal long wait_interval_ms;
        internal byte* last_event;
    }

    internal unsafe struct dosai_usage
    {
        internal uint struct_size;
        internal int reserved;
        internal long prompt_tokens;
        internal long completion_tokens;
        internal long total_tokens;
        internal long cached_tokens;
        internal long reasoning_tokens;
    }

    internal unsafe struct dosai_chunk
    {
        internal uint struct_size;
        internal int kind;
        internal int choice;
        internal int last_in_event;
        internal long event_index;
        internal byte* text;
        internal IntPtr text_length;
        internal int tool_call;
        internal int finish_reason;
        internal byte* tool_call_id;
        internal IntPtr tool_call_id_length;
        internal byte* tool_call_name;
        internal IntPtr tool_call_name_length;
        internal dosai_usage* usage;
        internal byte* json;
        internal IntPtr json_length;
        internal int text_only;
        internal int reserved;
        internal byte* event_type;
        internal IntPtr event_type_length;
        internal byte* event_id;
        internal IntPtr event_id_length;
    }

    internal unsafe struct dosai_event
    {
        internal uint struct_size;
        internal int kind;
        internal IntPtr tag;
        internal dosai_chunk* chunk;
        internal IntPtr completion;
        internal IntPtr error;
        internal IntPtr response;
    }

    internal unsafe struct dosai_loop_options
    {
        internal uint struct_size;
        internal int max_in_flight;
        internal int max_connections_per_host;
        internal int reserved;
        internal long requests_per_minute;
        internal long tokens_per_minute;
    }

    internal static unsafe partial class Native
    {
        const int VersionNumber = 100;

        [DllImport(Library)] internal static extern byte* dosai_version();
        [DllImport(Library)] internal static extern int dosai_version_number();
        [DllImport(Library)] internal static extern byte* dosai_status_name(int status);
        [DllImport(Library)] internal static extern int dosai_error_status(ErrorHandle error);
        [DllImport(Library)] internal static extern byte* dosai_error_message(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_error_http_status(ErrorHandle error);
        [DllImport(Library)] internal static extern byte* dosai_error_code(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_error_type(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_error_param(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_error_request_id(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern long dosai_error_retry_after_ms(ErrorHandle error);
        [DllImport(Library)] internal static extern int dosai_error_is_retryable(ErrorHandle error);
        [DllImport(Library)] internal static extern byte* dosai_error_header(ErrorHandle error, byte[] name, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_error_headers(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_error_body(ErrorHandle error, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_error_clock(ErrorHandle error);
        [DllImport(Library)] internal static extern int dosai_error_attempt_count(ErrorHandle error);
        [DllImport(Library)] internal static extern int dosai_error_attempt(ErrorHandle error, int index, dosai_attempt* out_attempt);
        [DllImport(Library)] internal static extern int dosai_error_timings(ErrorHandle error, dosai_timings* out_timings);
        [DllImport(Library)] internal static extern IntPtr dosai_error_completion(ErrorHandle error);
        [DllImport(Library)] internal static extern int dosai_error_copy(IntPtr error, out ErrorHandle out_copy, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_error_free(IntPtr error);
        [DllImport(Library)] internal static extern int dosai_cancel_new(out CancelHandle out_cancel, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_cancel_trigger(CancelHandle cancel);
        [DllImport(Library)] internal static extern int dosai_cancel_is_triggered(CancelHandle cancel);
        [DllImport(Library)] internal static extern void dosai_cancel_free(IntPtr cancel);
        [DllImport(Library)] internal static extern void dosai_client_options_init(dosai_client_options* options, IntPtr struct_size);
        [DllImport(Library)] internal static extern void dosai_call_options_init(dosai_call_options* options, IntPtr struct_size);
        [DllImport(Library)] internal static extern int dosai_client_new(dosai_client_options* options, out ClientHandle out_client, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_client_get(ClientHandle client, byte[] path, IntPtr options, out ResponseHandle out_response, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_client_post(ClientHandle client, byte[] path, byte[] json, IntPtr length, IntPtr options, out ResponseHandle out_response, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_client_warm(ClientHandle client, int connections, IntPtr options, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_client_free(IntPtr client);
        [DllImport(Library)] internal static extern byte* dosai_response_json(ResponseHandle response, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_response_http_status(ResponseHandle response);
        [DllImport(Library)] internal static extern byte* dosai_response_header(ResponseHandle response, byte[] name, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_response_headers(ResponseHandle response, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_response_request_id(ResponseHandle response, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_response_attempt_count(ResponseHandle response);
        [DllImport(Library)] internal static extern int dosai_response_attempt(ResponseHandle response, int index, dosai_attempt* out_attempt);
        [DllImport(Library)] internal static extern int dosai_response_timings(ResponseHandle response, dosai_timings* out_timings);
        [DllImport(Library)] internal static extern int dosai_response_copy(IntPtr response, out ResponseHandle out_response, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_response_free(IntPtr response);
        [DllImport(Library)] internal static extern int dosai_request_new(byte[] model, IntPtr length, out RequestHandle out_request, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_parse(byte[] json, IntPtr length, out RequestHandle out_request, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_copy(IntPtr request, out RequestHandle out_request, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_message(RequestHandle request, byte[] role, byte[] content, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_message_json(RequestHandle request, byte[] json, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_message_text(RequestHandle request, byte[] key, byte[] text, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_completion(RequestHandle request, CompletionHandle completion, int choice, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_tool(RequestHandle request, byte[] name, byte[] description, byte[] parameters_json, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_tool_result(RequestHandle request, byte[] tool_call_id, byte[] content, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_tool_choice(RequestHandle request, byte[] function_name, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_add_stop(RequestHandle request, byte[] text, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_text(RequestHandle request, byte[] key, byte[] text, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_number(RequestHandle request, byte[] key, double number, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_integer(RequestHandle request, byte[] key, long integer, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_json(RequestHandle request, byte[] key, byte[] json, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_request_set_json_schema(RequestHandle request, byte[] name, byte[] schema_json, IntPtr length, int strict, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern byte* dosai_request_json(RequestHandle request, out IntPtr out_length);
        [DllImport(Library)] internal static extern void dosai_request_free(IntPtr request);
        [DllImport(Library)] internal static extern byte* dosai_completion_id(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_object(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern long dosai_completion_created(CompletionHandle completion);
        [DllImport(Library)] internal static extern byte* dosai_completion_model(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_completion_choice_count(CompletionHandle completion);
        [DllImport(Library)] internal static extern int dosai_completion_choice_index(CompletionHandle completion, int choice);
        [DllImport(Library)] internal static extern byte* dosai_completion_role(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_content(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_refusal(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_reasoning(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_completion_finish_reason(CompletionHandle completion, int choice);
        [DllImport(Library)] internal static extern byte* dosai_completion_finish_reason_text(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_completion_tool_call_count(CompletionHandle completion, int choice);
        [DllImport(Library)] internal static extern byte* dosai_completion_tool_call_id(CompletionHandle completion, int choice, int tool_call, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_tool_call_name(CompletionHandle completion, int choice, int tool_call, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_tool_call_arguments(CompletionHandle completion, int choice, int tool_call, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_message_json(CompletionHandle completion, int choice, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_json(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_completion_usage(CompletionHandle completion, dosai_usage* out_usage);
        [DllImport(Library)] internal static extern int dosai_completion_timings(CompletionHandle completion, dosai_timings* out_timings);
        [DllImport(Library)] internal static extern byte* dosai_completion_request_id(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_header(CompletionHandle completion, byte[] name, out IntPtr out_length);
        [DllImport(Library)] internal static extern byte* dosai_completion_headers(CompletionHandle completion, out IntPtr out_length);
        [DllImport(Library)] internal static extern int dosai_completion_http_status(CompletionHandle completion);
        [DllImport(Library)] internal static extern int dosai_completion_attempt_count(CompletionHandle completion);
        [DllImport(Library)] internal static extern int dosai_completion_attempt(CompletionHandle completion, int index, dosai_attempt* out_attempt);
        [DllImport(Library)] internal static extern uint dosai_completion_quirks(CompletionHandle completion);
        [DllImport(Library)] internal static extern byte* dosai_quirk_name(uint quirk);
        [DllImport(Library)] internal static extern int dosai_completion_copy(IntPtr completion, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_completion_free(IntPtr completion);
        [DllImport(Library)] internal static extern int dosai_chat(ClientHandle client, RequestHandle request, IntPtr options, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_chat_stream(ClientHandle client, RequestHandle request, IntPtr options, IntPtr on_chunk, IntPtr user_data, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_stream_open(ClientHandle client, RequestHandle request, IntPtr options, out StreamHandle out_stream, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_stream_open_post(ClientHandle client, byte[] path, byte[] json, IntPtr length, IntPtr options, out StreamHandle out_stream, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_stream_next(IntPtr stream, long timeout_ms, dosai_chunk** out_chunk, IntPtr* out_error);
        [DllImport(Library)] internal static extern int dosai_stream_completion(StreamHandle stream, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_stream_free(IntPtr stream);
        [DllImport(Library)] internal static extern int dosai_decoder_new(dosai_client_options* options, out DecoderHandle out_decoder, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_decoder_feed(DecoderHandle decoder, byte[] bytes, IntPtr length, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_decoder_finish(DecoderHandle decoder, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_decoder_next(DecoderHandle decoder, dosai_chunk** out_chunk, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_decoder_completion(DecoderHandle decoder, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_decoder_free(IntPtr decoder);
        [DllImport(Library)] internal static extern void dosai_loop_options_init(dosai_loop_options* options, IntPtr struct_size);
        [DllImport(Library)] internal static extern int dosai_loop_new(dosai_loop_options* options, out LoopHandle out_loop, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_submit_chat(LoopHandle loop, ClientHandle client, RequestHandle request, IntPtr options, IntPtr tag, out CallHandle out_call, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_submit_stream(LoopHandle loop, ClientHandle client, RequestHandle request, IntPtr options, IntPtr tag, out CallHandle out_call, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_submit_get(LoopHandle loop, ClientHandle client, byte[] path, IntPtr options, IntPtr tag, out CallHandle out_call, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_submit_post(LoopHandle loop, ClientHandle client, byte[] path, byte[] json, IntPtr length, IntPtr options, IntPtr tag, out CallHandle out_call, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_submit_stream_post(LoopHandle loop, ClientHandle client, byte[] path, byte[] json, IntPtr length, IntPtr options, IntPtr tag, out CallHandle out_call, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern int dosai_loop_step(IntPtr loop, long timeout_ms, IntPtr on_event, IntPtr user_data, IntPtr* out_active, IntPtr* out_error);
        [DllImport(Library)] internal static extern int dosai_loop_next(IntPtr loop, dosai_event** out_event, IntPtr* out_error);
        [DllImport(Library)] internal static extern int dosai_loop_fd(IntPtr loop);
        [DllImport(Library)] internal static extern long dosai_loop_timeout_ms(LoopHandle loop);
        [DllImport(Library)] internal static extern void dosai_loop_wake(IntPtr loop);
        [DllImport(Library)] internal static extern int dosai_loop_close(IntPtr loop, IntPtr on_event, IntPtr user_data, IntPtr* out_error);
        [DllImport(Library)] internal static extern void dosai_call_cancel(CallHandle call);
        [DllImport(Library)] internal static extern void dosai_call_pause(CallHandle call);
        [DllImport(Library)] internal static extern void dosai_call_resume(CallHandle call);
        [DllImport(Library)] internal static extern int dosai_call_completion(CallHandle call, out CompletionHandle out_completion, out ErrorHandle out_error);
        [DllImport(Library)] internal static extern void dosai_call_free(IntPtr call);
    }
}
