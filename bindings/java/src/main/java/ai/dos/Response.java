package ai.dos;

import java.util.List;

/** The answer of another endpoint. json is as the server sent it. */
public record Response(String json, int httpStatus, String requestId, List<Attempt> attempts, Timings timings) {
    /** Does not free it. */
    static Response read(long handle) {
        try (Native.Reader from = new Native.Reader(handle)) {
            return new Response(from.text(Declarations::dosai_response_json), Declarations.dosai_response_http_status(handle),
                    from.text(Declarations::dosai_response_request_id),
                    Native.attempts(from, Declarations.dosai_response_attempt_count(handle), Declarations::dosai_response_attempt),
                    Native.timings(from, Declarations::dosai_response_timings));
        }
    }
}
