package ai.dos;

import java.util.List;

/** A call that failed. Its message is one line, with the server's own words if there are any. */
@SuppressWarnings("serial")
public final class DosaiException extends RuntimeException {
    private Status status;
    private Clock clock = Clock.NONE;
    private int httpStatus;
    private String code, type, param, requestId;
    private byte[] body;
    private long retryAfterMillis = -1;
    private boolean isRetryable;
    private List<Attempt> attempts = List.of();
    private Timings timings = new Timings(-1, -1, -1, -1, false);
    private Completion completion;

    private DosaiException(Status status, String message) {
        super(message);
        this.status = status;
    }

    static DosaiException made(Status status, String message, Completion completion) {
        DosaiException made = new DosaiException(status, message);
        made.completion = completion;
        return made;
    }

    /** Does not free it. */
    static DosaiException read(long handle) {
        try (Native.Reader from = new Native.Reader(handle)) {
            String message = from.text(Declarations::dosai_error_message);
            DosaiException made = new DosaiException(Status.of(Declarations.dosai_error_status(handle)), message);
            made.clock = Clock.of(Declarations.dosai_error_clock(handle));
            made.httpStatus = Declarations.dosai_error_http_status(handle);
            made.code = from.text(Declarations::dosai_error_code);
            made.type = from.text(Declarations::dosai_error_type);
            made.param = from.text(Declarations::dosai_error_param);
            made.requestId = from.text(Declarations::dosai_error_request_id);
            made.body = from.bytes(Declarations::dosai_error_body);
            made.retryAfterMillis = Declarations.dosai_error_retry_after_ms(handle);
            made.isRetryable = Declarations.dosai_error_is_retryable(handle) == 1;
            made.attempts = Native.attempts(from, Declarations.dosai_error_attempt_count(handle), Declarations::dosai_error_attempt);
            made.timings = Native.timings(from, Declarations::dosai_error_timings);
            made.completion = Completion.read(Declarations.dosai_error_completion(handle));
            return made;
        }
    }

    public Status status() { return status; }

    /** Of a timeout: which one. */
    public Clock clock() { return clock; }

    /** 0: there was no answer. */
    public int httpStatus() { return httpStatus; }

    /** The server's, or null, as type and param. */
    public String code() { return code; }

    public String type() { return type; }

    public String param() { return param; }

    public String requestId() { return requestId; }

    /** The first 64 KiB of it, or null. */
    public byte[] body() { return body == null ? null : body.clone(); }

    /** What the server asks for; -1: nothing. */
    public long retryAfterMillis() { return retryAfterMillis; }

    public boolean isRetryable() { return isRetryable; }

    public List<Attempt> attempts() { return attempts; }

    public Timings timings() { return timings; }

    /** The part of the answer that had arrived, or null. */
    public Completion completion() { return completion; }
}
