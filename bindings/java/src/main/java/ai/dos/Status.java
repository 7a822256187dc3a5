// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** How a call ended. */
public enum Status {
    OK(0),
    INVALID_ARGUMENT(-1),
    OUT_OF_MEMORY(-2),
    RESOURCE(-3),
    BUSY(-4),
    FORKED(-5),
    CANCELLED(-6),
    TIMEOUT(-7),
    CONNECTION(-8),
    TLS(-9),
    TRUNCATED(-10),
    PROTOCOL(-11),
    TOO_LARGE(-12),
    REDIRECTED(-13),
    WOULD_BLOCK(-14),
    PROXY(-15),
    BAD_REQUEST(-20),
    AUTHENTICATION(-21),
    INSUFFICIENT_CREDITS(-22),
    PERMISSION(-23),
    NOT_FOUND(-24),
    RATE_LIMITED(-25),
    SERVER(-26),
    UNAVAILABLE(-27),
    PROVIDER(-28),
    INTERNAL(-99);

    private static final Status[] ALL = values();

    /** As in C. */
    public final int number;

    Status(int number) {
        this.number = number;
    }

    static Status of(int number) {
        for (Status one : ALL) {
            if (one.number == number) return one;
        }
        return INTERNAL;
    }
}
