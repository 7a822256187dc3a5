// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** Options of one call, in place of the client's. A time of zero is as if it were not set; a negative one is none. */
public final class CallOptions extends Options<CallOptions> {
    public CallOptions() {
        super(Declarations.call_options.SIZE, Declarations::dosai_call_options_init);
    }

    /** In C: 0: the client's */
    public CallOptions maxRetries(int value) {
        return number(4, 4, value);
    }

    /** In C: 0: the client's */
    public CallOptions connectTimeout(java.time.Duration value) {
        return time(8, value);
    }

    /** In C: 0: the client's */
    public CallOptions firstTokenTimeout(java.time.Duration value) {
        return time(16, value);
    }

    /** In C: 0: the client's */
    public CallOptions idleTimeout(java.time.Duration value) {
        return time(24, value);
    }

    /** In C: 0: the client's */
    public CallOptions totalTimeout(java.time.Duration value) {
        return time(32, value);
    }

    /** In C: "Name: value"; each replaces the client's header of that name. At most 1,000 */
    public CallOptions headers(String... value) {
        return lines(40, value);
    }

    /** In C: not blank; see dosai_stream_open_post. Other calls check it, but ignore it */
    public CallOptions lastEvent(String value) {
        return text(88, value);
    }
}
