// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** What a chunk is a piece of. */
public enum Kind {
    OTHER(0),
    CONTENT(1),
    REASONING(2),
    REFUSAL(3),
    TOOL_CALL(4),
    FINISH(5),
    USAGE(6),
    EVENT(7);

    private static final Kind[] ALL = values();

    /** As in C. */
    public final int number;

    Kind(int number) {
        this.number = number;
    }

    static Kind of(int number) {
        for (Kind one : ALL) {
            if (one.number == number) return one;
        }
        return OTHER;
    }
}
