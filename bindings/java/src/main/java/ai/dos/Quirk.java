// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** What was unusual in an answer. */
public enum Quirk {
    DONE_MISSING(1),
    DONE_PADDED(2),
    AFTER_DONE(4),
    EMPTY_EVENT(8),
    LAST_EVENT_OPEN(16),
    WHOLE_ANSWER(32),
    CHOICES_MISSING(64),
    DELTA_MISSING(128),
    CHOICE_INDEX(256),
    FINISH_REASON(512),
    USAGE_REPEATED(1024),
    USAGE_ELSEWHERE(2048),
    CONTENT_PARTS(4096),
    CREATED(8192),
    ID_CHANGED(16384),
    TOOL_INDEX(32768),
    TOOL_REPEATED(65536),
    ARGUMENTS_OBJECT(131072),
    TEXT_REPAIRED(262144),
    BIG_NUMBER(524288);

    private static final Quirk[] ALL = values();

    /** As in C. */
    public final int number;

    Quirk(int number) {
        this.number = number;
    }

    static Quirk of(int number) {
        for (Quirk one : ALL) {
            if (one.number == number) return one;
        }
        return null;
    }
}
