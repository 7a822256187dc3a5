// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** The clocks of a call. */
public enum Clock {
    NONE(0),
    CONNECT(1),
    FIRST_TOKEN(2),
    IDLE(3),
    TOTAL(4);

    private static final Clock[] ALL = values();

    /** As in C. */
    public final int number;

    Clock(int number) {
        this.number = number;
    }

    static Clock of(int number) {
        for (Clock one : ALL) {
            if (one.number == number) return one;
        }
        return NONE;
    }
}
