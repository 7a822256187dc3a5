// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

import static java.lang.foreign.ValueLayout.*;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

final class Declarations {
    static final int VERSION_NUMBER = 100;

    /** Offsets. */
    static final class attempt {
        static final long SIZE = 24;
        static final long struct_size = 0;
        static final long status = 4;
        static final long http_status = 8;
        static final long reserved = 12;
        static final long delay_ms = 16;
    }

    /** Offsets. */
    static final class timings {
        static final long SIZE = 40;
        static final long struct_size = 0;
        static final long reused_connection = 4;
        static final long connect_us = 8;
        static final long first_byte_us = 16;
        static final long first_token_us = 24;
        static final long total_us = 32;
    }

    /** Offsets. */
    static final class call_event {
        static final long SIZE = 144;
        static final long struct_size = 0;
        static final long kind = 4;
        static final long call = 8;
        static final long method = 16;
        static final long host = 24;
        static final long path = 32;
        static final long model = 40;
        static final long request_id = 48;
        static final long attempt = 56;
        static final long is_stream = 60;
        static final long status = 64;
        static final long http_status = 68;
        static final long delay_ms = 72;
        static final long sent_bytes = 80;
        static final long received_bytes = 88;
        static final long event_count = 96;
        static final long prompt_tokens = 104;
        static final long completion_tokens = 112;
        static final long cached_tokens = 120;
        static final long reasoning_tokens = 128;
        static final long timings = 136;
    }

    /** Offsets. */
    static final class client_options {
        static final long SIZE = 312;
        static final long struct_size = 0;
        static final long max_retries = 4;
        static final long base_url = 8;
        static final long api_key = 16;
        static final long api_key_header = 24;
        static final long organization = 32;
        static final long project = 40;
        static final long user_agent = 48;
        static final long headers = 56;
        static final long header_count = 64;
        static final long ca_file = 72;
        static final long ca_pem = 80;
        static final long ca_pem_length = 88;
        static final long client_certificate_file = 96;
        static final long client_key_file = 104;
        static final long client_key_password = 112;
        static final long proxy = 120;
        static final long unix_socket = 128;
        static final long connect_timeout_ms = 136;
        static final long first_token_timeout_ms = 144;
        static final long idle_timeout_ms = 152;
        static final long total_timeout_ms = 160;
        static final long keep_alive_timeout_ms = 168;
        static final long max_event_bytes = 176;
        static final long max_response_bytes = 184;
        static final long max_text_bytes = 192;
        static final long max_header_bytes = 200;
        static final long max_json_nodes = 208;
        static final long max_json_depth = 212;
        static final long max_choices = 216;
        static final long max_tool_calls = 220;
        static final long max_redirects = 224;
        static final long allow_insecure_http = 228;
        static final long proxy_from_environment = 232;
        static final long http1_only = 236;
        static final long log_level = 240;
        static final long on_log = 248;
        static final long log_user_data = 256;
        static final long key_fn = 264;
        static final long key_user_data = 272;
        static final long on_event = 280;
        static final long event_user_data = 288;
        static final long requests_per_minute = 296;
        static final long tokens_per_minute = 304;
    }

    /** Offsets. */
    static final class call_options {
        static final long SIZE = 96;
        static final long struct_size = 0;
        static final long max_retries = 4;
        static final long connect_timeout_ms = 8;
        static final long first_token_timeout_ms = 16;
        static final long idle_timeout_ms = 24;
        static final long total_timeout_ms = 32;
        static final long headers = 40;
        static final long header_count = 48;
        static final long cancel = 56;
        static final long on_wait = 64;
        static final long wait_user_data = 72;
        static final long wait_interval_ms = 80;
        static final long last_event = 88;
    }

    /** Offsets. */
    static final class usage {
        static final long SIZE = 48;
        static final long struct_size = 0;
        static final long reserved = 4;
        static final long prompt_tokens = 8;
        static final long completion_tokens = 16;
        static final long total_tokens = 24;
        static final long cached_tokens = 32;
        static final long reasoning_tokens = 40;
    }

    /** Offsets. */
    static final class chunk {
        static final long SIZE = 144;
        static final long struct_size = 0;
        static final long kind = 4;
        static final long choice = 8;
        static final long last_in_event = 12;
        static final long event_index = 16;
        static final long text = 24;
        static final long text_length = 32;
        static final long tool_call = 40;
        static final long finish_reason = 44;
        static final long tool_call_id = 48;
        static final long tool_call_id_length = 56;
        static final long tool_call_name = 64;
        static final long tool_call_name_length = 72;
        static final long usage = 80;
        static final long json = 88;
        static final long json_length = 96;
        static final long text_only = 104;
        static final long reserved = 108;
        static final long event_type = 112;
        static final long event_type_length = 120;
        static final long event_id = 128;
        static final long event_id_length = 136;
    }

    /** Offsets. */
    static final class event {
        static final long SIZE = 48;
        static final long struct_size = 0;
        static final long kind = 4;
        static final long tag = 8;
        static final long chunk = 16;
        static final long completion = 24;
        static final long error = 32;
        static final long response = 40;
    }

    /** Offsets. */
    static final class loop_options {
        static final long SIZE = 32;
        static final long struct_size = 0;
        static final long max_in_flight = 4;
        static final long max_connections_per_host = 8;
        static final long reserved = 12;
        static final long requests_per_minute = 16;
        static final long tokens_per_minute = 24;
    }

    private static final MethodHandle dosai_version = Native.link("dosai_version", FunctionDescriptor.of(JAVA_LONG));
    static long dosai_version() {
        try {
            return (long) dosai_version.invokeExact();
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_version_number = Native.link("dosai_version_number", FunctionDescriptor.of(JAVA_INT));
    static int dosai_version_number() {
        try {
            return (int) dosai_version_number.invokeExact();
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_status_name = Native.link("dosai_status_name", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
    static long dosai_status_name(int status) {
        try {
            return (long) dosai_status_name.invokeExact(status);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_status = Native.link("dosai_error_status", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_error_status(long error) {
        try {
            return (int) dosai_error_status.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_message = Native.link("dosai_error_message", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_message(long error, long out_length) {
        try {
            return (long) dosai_error_message.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_http_status = Native.link("dosai_error_http_status", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_error_http_status(long error) {
        try {
            return (int) dosai_error_http_status.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_code = Native.link("dosai_error_code", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_code(long error, long out_length) {
        try {
            return (long) dosai_error_code.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_type = Native.link("dosai_error_type", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_type(long error, long out_length) {
        try {
            return (long) dosai_error_type.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_param = Native.link("dosai_error_param", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_param(long error, long out_length) {
        try {
            return (long) dosai_error_param.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_request_id = Native.link("dosai_error_request_id", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_request_id(long error, long out_length) {
        try {
            return (long) dosai_error_request_id.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_retry_after_ms = Native.link("dosai_error_retry_after_ms", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    static long dosai_error_retry_after_ms(long error) {
        try {
            return (long) dosai_error_retry_after_ms.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_is_retryable = Native.link("dosai_error_is_retryable", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_error_is_retryable(long error) {
        try {
            return (int) dosai_error_is_retryable.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_header = Native.link("dosai_error_header", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_header(long error, long name, long out_length) {
        try {
            return (long) dosai_error_header.invokeExact(error, name, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_headers = Native.link("dosai_error_headers", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_headers(long error, long out_length) {
        try {
            return (long) dosai_error_headers.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_body = Native.link("dosai_error_body", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_error_body(long error, long out_length) {
        try {
            return (long) dosai_error_body.invokeExact(error, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_clock = Native.link("dosai_error_clock", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_error_clock(long error) {
        try {
            return (int) dosai_error_clock.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_attempt_count = Native.link("dosai_error_attempt_count", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_error_attempt_count(long error) {
        try {
            return (int) dosai_error_attempt_count.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_attempt = Native.link("dosai_error_attempt", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static int dosai_error_attempt(long error, int index, long out_attempt) {
        try {
            return (int) dosai_error_attempt.invokeExact(error, index, out_attempt);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_timings = Native.link("dosai_error_timings", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_error_timings(long error, long out_timings) {
        try {
            return (int) dosai_error_timings.invokeExact(error, out_timings);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_completion = Native.link("dosai_error_completion", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    static long dosai_error_completion(long error) {
        try {
            return (long) dosai_error_completion.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_copy = Native.link("dosai_error_copy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_error_copy(long error, long out_copy, long out_error) {
        try {
            return (int) dosai_error_copy.invokeExact(error, out_copy, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_error_free = Native.link("dosai_error_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_error_free(long error) {
        try {
            dosai_error_free.invokeExact(error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_cancel_new = Native.link("dosai_cancel_new", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_cancel_new(long out_cancel, long out_error) {
        try {
            return (int) dosai_cancel_new.invokeExact(out_cancel, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_cancel_trigger = Native.link("dosai_cancel_trigger", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_cancel_trigger(long cancel) {
        try {
            dosai_cancel_trigger.invokeExact(cancel);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_cancel_is_triggered = Native.link("dosai_cancel_is_triggered", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_cancel_is_triggered(long cancel) {
        try {
            return (int) dosai_cancel_is_triggered.invokeExact(cancel);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_cancel_free = Native.link("dosai_cancel_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_cancel_free(long cancel) {
        try {
            dosai_cancel_free.invokeExact(cancel);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_options_init = Native.link("dosai_client_options_init", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
    static void dosai_client_options_init(long options, long struct_size) {
        try {
            dosai_client_options_init.invokeExact(options, struct_size);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_options_init = Native.link("dosai_call_options_init", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
    static void dosai_call_options_init(long options, long struct_size) {
        try {
            dosai_call_options_init.invokeExact(options, struct_size);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_new = Native.link("dosai_client_new", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_client_new(long options, long out_client, long out_error) {
        try {
            return (int) dosai_client_new.invokeExact(options, out_client, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_get = Native.link("dosai_client_get", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_client_get(long client, long path, long options, long out_response, long out_error) {
        try {
            return (int) dosai_client_get.invokeExact(client, path, options, out_response, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_post = Native.link("dosai_client_post", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_client_post(long client, long path, long json, long length, long options, long out_response, long out_error) {
        try {
            return (int) dosai_client_post.invokeExact(client, path, json, length, options, out_response, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_warm = Native.link("dosai_client_warm", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_client_warm(long client, int connections, long options, long out_error) {
        try {
            return (int) dosai_client_warm.invokeExact(client, connections, options, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_client_free = Native.link("dosai_client_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_client_free(long client) {
        try {
            dosai_client_free.invokeExact(client);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_json = Native.link("dosai_response_json", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_response_json(long response, long out_length) {
        try {
            return (long) dosai_response_json.invokeExact(response, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_http_status = Native.link("dosai_response_http_status", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_response_http_status(long response) {
        try {
            return (int) dosai_response_http_status.invokeExact(response);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_header = Native.link("dosai_response_header", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_response_header(long response, long name, long out_length) {
        try {
            return (long) dosai_response_header.invokeExact(response, name, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_headers = Native.link("dosai_response_headers", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_response_headers(long response, long out_length) {
        try {
            return (long) dosai_response_headers.invokeExact(response, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_request_id = Native.link("dosai_response_request_id", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_response_request_id(long response, long out_length) {
        try {
            return (long) dosai_response_request_id.invokeExact(response, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_attempt_count = Native.link("dosai_response_attempt_count", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_response_attempt_count(long response) {
        try {
            return (int) dosai_response_attempt_count.invokeExact(response);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_attempt = Native.link("dosai_response_attempt", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static int dosai_response_attempt(long response, int index, long out_attempt) {
        try {
            return (int) dosai_response_attempt.invokeExact(response, index, out_attempt);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_timings = Native.link("dosai_response_timings", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_response_timings(long response, long out_timings) {
        try {
            return (int) dosai_response_timings.invokeExact(response, out_timings);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_copy = Native.link("dosai_response_copy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_response_copy(long response, long out_response, long out_error) {
        try {
            return (int) dosai_response_copy.invokeExact(response, out_response, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_response_free = Native.link("dosai_response_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_response_free(long response) {
        try {
            dosai_response_free.invokeExact(response);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_new = Native.link("dosai_request_new", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_new(long model, long length, long out_request, long out_error) {
        try {
            return (int) dosai_request_new.invokeExact(model, length, out_request, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_parse = Native.link("dosai_request_parse", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_parse(long json, long length, long out_request, long out_error) {
        try {
            return (int) dosai_request_parse.invokeExact(json, length, out_request, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_copy = Native.link("dosai_request_copy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_copy(long request, long out_request, long out_error) {
        try {
            return (int) dosai_request_copy.invokeExact(request, out_request, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_message = Native.link("dosai_request_add_message", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_add_message(long request, long role, long content, long length, long out_error) {
        try {
            return (int) dosai_request_add_message.invokeExact(request, role, content, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_message_json = Native.link("dosai_request_add_message_json", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_add_message_json(long request, long json, long length, long out_error) {
        try {
            return (int) dosai_request_add_message_json.invokeExact(request, json, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_message_text = Native.link("dosai_request_set_message_text", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_set_message_text(long request, long key, long text, long length, long out_error) {
        try {
            return (int) dosai_request_set_message_text.invokeExact(request, key, text, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_completion = Native.link("dosai_request_add_completion", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static int dosai_request_add_completion(long request, long completion, int choice, long out_error) {
        try {
            return (int) dosai_request_add_completion.invokeExact(request, completion, choice, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_tool = Native.link("dosai_request_add_tool", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_add_tool(long request, long name, long description, long parameters_json, long length, long out_error) {
        try {
            return (int) dosai_request_add_tool.invokeExact(request, name, description, parameters_json, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_tool_result = Native.link("dosai_request_add_tool_result", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_add_tool_result(long request, long tool_call_id, long content, long length, long out_error) {
        try {
            return (int) dosai_request_add_tool_result.invokeExact(request, tool_call_id, content, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_tool_choice = Native.link("dosai_request_set_tool_choice", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_set_tool_choice(long request, long function_name, long out_error) {
        try {
            return (int) dosai_request_set_tool_choice.invokeExact(request, function_name, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_add_stop = Native.link("dosai_request_add_stop", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_add_stop(long request, long text, long length, long out_error) {
        try {
            return (int) dosai_request_add_stop.invokeExact(request, text, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_text = Native.link("dosai_request_set_text", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_set_text(long request, long key, long text, long length, long out_error) {
        try {
            return (int) dosai_request_set_text.invokeExact(request, key, text, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_number = Native.link("dosai_request_set_number", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, JAVA_LONG));
    static int dosai_request_set_number(long request, long key, double number, long out_error) {
        try {
            return (int) dosai_request_set_number.invokeExact(request, key, number, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_integer = Native.link("dosai_request_set_integer", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_set_integer(long request, long key, long integer, long out_error) {
        try {
            return (int) dosai_request_set_integer.invokeExact(request, key, integer, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_json = Native.link("dosai_request_set_json", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_request_set_json(long request, long key, long json, long length, long out_error) {
        try {
            return (int) dosai_request_set_json.invokeExact(request, key, json, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_set_json_schema = Native.link("dosai_request_set_json_schema", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static int dosai_request_set_json_schema(long request, long name, long schema_json, long length, int strict, long out_error) {
        try {
            return (int) dosai_request_set_json_schema.invokeExact(request, name, schema_json, length, strict, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_json = Native.link("dosai_request_json", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_request_json(long request, long out_length) {
        try {
            return (long) dosai_request_json.invokeExact(request, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_request_free = Native.link("dosai_request_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_request_free(long request) {
        try {
            dosai_request_free.invokeExact(request);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_id = Native.link("dosai_completion_id", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_id(long completion, long out_length) {
        try {
            return (long) dosai_completion_id.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_object = Native.link("dosai_completion_object", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_object(long completion, long out_length) {
        try {
            return (long) dosai_completion_object.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_created = Native.link("dosai_completion_created", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    static long dosai_completion_created(long completion) {
        try {
            return (long) dosai_completion_created.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_model = Native.link("dosai_completion_model", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_model(long completion, long out_length) {
        try {
            return (long) dosai_completion_model.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_choice_count = Native.link("dosai_completion_choice_count", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_completion_choice_count(long completion) {
        try {
            return (int) dosai_completion_choice_count.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_choice_index = Native.link("dosai_completion_choice_index", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    static int dosai_completion_choice_index(long completion, int choice) {
        try {
            return (int) dosai_completion_choice_index.invokeExact(completion, choice);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_role = Native.link("dosai_completion_role", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_role(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_role.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_content = Native.link("dosai_completion_content", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_content(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_content.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_refusal = Native.link("dosai_completion_refusal", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_refusal(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_refusal.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_reasoning = Native.link("dosai_completion_reasoning", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_reasoning(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_reasoning.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_finish_reason = Native.link("dosai_completion_finish_reason", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    static int dosai_completion_finish_reason(long completion, int choice) {
        try {
            return (int) dosai_completion_finish_reason.invokeExact(completion, choice);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_finish_reason_text = Native.link("dosai_completion_finish_reason_text", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_finish_reason_text(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_finish_reason_text.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_tool_call_count = Native.link("dosai_completion_tool_call_count", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    static int dosai_completion_tool_call_count(long completion, int choice) {
        try {
            return (int) dosai_completion_tool_call_count.invokeExact(completion, choice);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_tool_call_id = Native.link("dosai_completion_tool_call_id", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    static long dosai_completion_tool_call_id(long completion, int choice, int tool_call, long out_length) {
        try {
            return (long) dosai_completion_tool_call_id.invokeExact(completion, choice, tool_call, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_tool_call_name = Native.link("dosai_completion_tool_call_name", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    static long dosai_completion_tool_call_name(long completion, int choice, int tool_call, long out_length) {
        try {
            return (long) dosai_completion_tool_call_name.invokeExact(completion, choice, tool_call, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_tool_call_arguments = Native.link("dosai_completion_tool_call_arguments", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    static long dosai_completion_tool_call_arguments(long completion, int choice, int tool_call, long out_length) {
        try {
            return (long) dosai_completion_tool_call_arguments.invokeExact(completion, choice, tool_call, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_message_json = Native.link("dosai_completion_message_json", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static long dosai_completion_message_json(long completion, int choice, long out_length) {
        try {
            return (long) dosai_completion_message_json.invokeExact(completion, choice, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_json = Native.link("dosai_completion_json", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_json(long completion, long out_length) {
        try {
            return (long) dosai_completion_json.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_usage = Native.link("dosai_completion_usage", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_completion_usage(long completion, long out_usage) {
        try {
            return (int) dosai_completion_usage.invokeExact(completion, out_usage);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_timings = Native.link("dosai_completion_timings", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_completion_timings(long completion, long out_timings) {
        try {
            return (int) dosai_completion_timings.invokeExact(completion, out_timings);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_request_id = Native.link("dosai_completion_request_id", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_request_id(long completion, long out_length) {
        try {
            return (long) dosai_completion_request_id.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_header = Native.link("dosai_completion_header", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_header(long completion, long name, long out_length) {
        try {
            return (long) dosai_completion_header.invokeExact(completion, name, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_headers = Native.link("dosai_completion_headers", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static long dosai_completion_headers(long completion, long out_length) {
        try {
            return (long) dosai_completion_headers.invokeExact(completion, out_length);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_http_status = Native.link("dosai_completion_http_status", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_completion_http_status(long completion) {
        try {
            return (int) dosai_completion_http_status.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_attempt_count = Native.link("dosai_completion_attempt_count", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_completion_attempt_count(long completion) {
        try {
            return (int) dosai_completion_attempt_count.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_attempt = Native.link("dosai_completion_attempt", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
    static int dosai_completion_attempt(long completion, int index, long out_attempt) {
        try {
            return (int) dosai_completion_attempt.invokeExact(completion, index, out_attempt);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_quirks = Native.link("dosai_completion_quirks", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_completion_quirks(long completion) {
        try {
            return (int) dosai_completion_quirks.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_quirk_name = Native.link("dosai_quirk_name", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
    static long dosai_quirk_name(int quirk) {
        try {
            return (long) dosai_quirk_name.invokeExact(quirk);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_copy = Native.link("dosai_completion_copy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_completion_copy(long completion, long out_completion, long out_error) {
        try {
            return (int) dosai_completion_copy.invokeExact(completion, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_completion_free = Native.link("dosai_completion_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_completion_free(long completion) {
        try {
            dosai_completion_free.invokeExact(completion);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_chat = Native.link("dosai_chat", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_chat(long client, long request, long options, long out_completion, long out_error) {
        try {
            return (int) dosai_chat.invokeExact(client, request, options, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_chat_stream = Native.link("dosai_chat_stream", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_chat_stream(long client, long request, long options, long on_chunk, long user_data, long out_completion, long out_error) {
        try {
            return (int) dosai_chat_stream.invokeExact(client, request, options, on_chunk, user_data, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_stream_open = Native.link("dosai_stream_open", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_stream_open(long client, long request, long options, long out_stream, long out_error) {
        try {
            return (int) dosai_stream_open.invokeExact(client, request, options, out_stream, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_stream_open_post = Native.link("dosai_stream_open_post", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_stream_open_post(long client, long path, long json, long length, long options, long out_stream, long out_error) {
        try {
            return (int) dosai_stream_open_post.invokeExact(client, path, json, length, options, out_stream, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_stream_next = Native.link("dosai_stream_next", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_stream_next(long stream, long timeout_ms, long out_chunk, long out_error) {
        try {
            return (int) dosai_stream_next.invokeExact(stream, timeout_ms, out_chunk, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_stream_completion = Native.link("dosai_stream_completion", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_stream_completion(long stream, long out_completion, long out_error) {
        try {
            return (int) dosai_stream_completion.invokeExact(stream, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_stream_free = Native.link("dosai_stream_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_stream_free(long stream) {
        try {
            dosai_stream_free.invokeExact(stream);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_new = Native.link("dosai_decoder_new", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_decoder_new(long options, long out_decoder, long out_error) {
        try {
            return (int) dosai_decoder_new.invokeExact(options, out_decoder, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_feed = Native.link("dosai_decoder_feed", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_decoder_feed(long decoder, long bytes, long length, long out_error) {
        try {
            return (int) dosai_decoder_feed.invokeExact(decoder, bytes, length, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_finish = Native.link("dosai_decoder_finish", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    static int dosai_decoder_finish(long decoder, long out_error) {
        try {
            return (int) dosai_decoder_finish.invokeExact(decoder, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_next = Native.link("dosai_decoder_next", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_decoder_next(long decoder, long out_chunk, long out_error) {
        try {
            return (int) dosai_decoder_next.invokeExact(decoder, out_chunk, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_completion = Native.link("dosai_decoder_completion", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_decoder_completion(long decoder, long out_completion, long out_error) {
        try {
            return (int) dosai_decoder_completion.invokeExact(decoder, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_decoder_free = Native.link("dosai_decoder_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_decoder_free(long decoder) {
        try {
            dosai_decoder_free.invokeExact(decoder);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_options_init = Native.link("dosai_loop_options_init", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
    static void dosai_loop_options_init(long options, long struct_size) {
        try {
            dosai_loop_options_init.invokeExact(options, struct_size);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_new = Native.link("dosai_loop_new", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_new(long options, long out_loop, long out_error) {
        try {
            return (int) dosai_loop_new.invokeExact(options, out_loop, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_submit_chat = Native.link("dosai_loop_submit_chat", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_submit_chat(long loop, long client, long request, long options, long tag, long out_call, long out_error) {
        try {
            return (int) dosai_loop_submit_chat.invokeExact(loop, client, request, options, tag, out_call, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_submit_stream = Native.link("dosai_loop_submit_stream", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_submit_stream(long loop, long client, long request, long options, long tag, long out_call, long out_error) {
        try {
            return (int) dosai_loop_submit_stream.invokeExact(loop, client, request, options, tag, out_call, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_submit_get = Native.link("dosai_loop_submit_get", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_submit_get(long loop, long client, long path, long options, long tag, long out_call, long out_error) {
        try {
            return (int) dosai_loop_submit_get.invokeExact(loop, client, path, options, tag, out_call, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_submit_post = Native.link("dosai_loop_submit_post", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_submit_post(long loop, long client, long path, long json, long length, long options, long tag, long out_call, long out_error) {
        try {
            return (int) dosai_loop_submit_post.invokeExact(loop, client, path, json, length, options, tag, out_call, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_submit_stream_post = Native.link("dosai_loop_submit_stream_post", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_submit_stream_post(long loop, long client, long path, long json, long length, long options, long tag, long out_call, long out_error) {
        try {
            return (int) dosai_loop_submit_stream_post.invokeExact(loop, client, path, json, length, options, tag, out_call, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_step = Native.link("dosai_loop_step", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_step(long loop, long timeout_ms, long on_event, long user_data, long out_active, long out_error) {
        try {
            return (int) dosai_loop_step.invokeExact(loop, timeout_ms, on_event, user_data, out_active, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_next = Native.link("dosai_loop_next", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_next(long loop, long out_event, long out_error) {
        try {
            return (int) dosai_loop_next.invokeExact(loop, out_event, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_fd = Native.link("dosai_loop_fd", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static int dosai_loop_fd(long loop) {
        try {
            return (int) dosai_loop_fd.invokeExact(loop);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_timeout_ms = Native.link("dosai_loop_timeout_ms", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    static long dosai_loop_timeout_ms(long loop) {
        try {
            return (long) dosai_loop_timeout_ms.invokeExact(loop);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_wake = Native.link("dosai_loop_wake", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_loop_wake(long loop) {
        try {
            dosai_loop_wake.invokeExact(loop);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_loop_close = Native.link("dosai_loop_close", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_loop_close(long loop, long on_event, long user_data, long out_error) {
        try {
            return (int) dosai_loop_close.invokeExact(loop, on_event, user_data, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_cancel = Native.link("dosai_call_cancel", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_call_cancel(long call) {
        try {
            dosai_call_cancel.invokeExact(call);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_pause = Native.link("dosai_call_pause", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_call_pause(long call) {
        try {
            dosai_call_pause.invokeExact(call);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_resume = Native.link("dosai_call_resume", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_call_resume(long call) {
        try {
            dosai_call_resume.invokeExact(call);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_completion = Native.link("dosai_call_completion", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static int dosai_call_completion(long call, long out_completion, long out_error) {
        try {
            return (int) dosai_call_completion.invokeExact(call, out_completion, out_error);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }

    private static final MethodHandle dosai_call_free = Native.link("dosai_call_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static void dosai_call_free(long call) {
        try {
            dosai_call_free.invokeExact(call);
        } catch (Throwable wrong) {
            throw Native.thrown(wrong);
        }
    }
}
