package ai.dos;

import static java.lang.foreign.ValueLayout.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** Fields of a struct of options, by their offsets. */
abstract class Options<Self> {
    interface Init {
        void init(long options, long size);
    }

    private static final Duration LONGEST = Duration.ofMillis(Long.MAX_VALUE - 1);
    private final long size;
    private final Init init;
    private final Map<Long, BiConsumer<MemorySegment, Arena>> fields = new TreeMap<>();

    Options(long size, Init init) {
        this.size = size;
        this.init = init;
    }

    @SuppressWarnings("unchecked")
    private Self put(long offset, BiConsumer<MemorySegment, Arena> field) {
        fields.put(offset, field);
        return (Self) this;
    }

    Self number(long offset, int size, long value) {
        return put(offset, (struct, arena) -> {
            if (size == 4) struct.set(JAVA_INT, offset, (int) value);
            else struct.set(JAVA_LONG, offset, value);
        });
    }

    Self flag(long offset, boolean value) {
        return number(offset, 4, value ? 1 : 0);
    }

    /** What the other has, for it may change later. */
    void copy(Options<Self> other) {
        fields.putAll(other.fields);
    }

    /** Rounded up; what is negative is none. */
    Self time(long offset, Duration value) {
        boolean isLong = value.compareTo(LONGEST) > 0;
        return number(offset, 8, value.isNegative() ? -1 : isLong ? LONGEST.toMillis() : value.plusNanos(999_999).toMillis());
    }

    Self text(long offset, String value) {
        if (value != null) Native.word(value);
        return put(offset, (struct, arena) -> {
            struct.set(JAVA_LONG, offset, value == null ? 0 : Native.cText(arena, value));
            if (this instanceof ClientOptions && offset == Declarations.client_options.ca_pem) {
                struct.set(JAVA_LONG, Declarations.client_options.ca_pem_length, -1);
            }
        });
    }

    /** With their number behind it. */
    Self lines(long offset, String... values) {
        String[] lines = values.clone();
        for (String line : lines) Native.word(line);
        return put(offset, (struct, arena) -> {
            MemorySegment list = arena.allocate(8L * lines.length + 8, 8);
            for (int at = 0; at < lines.length; at++) list.setAtIndex(JAVA_LONG, at, Native.cText(arena, lines[at]));
            struct.set(JAVA_LONG, offset, list.address());
            struct.set(JAVA_LONG, offset + 8, lines.length);
        });
    }

    MemorySegment write(Arena arena) {
        MemorySegment struct = arena.allocate(size, 8);
        init.init(struct.address(), size);
        fields.values().forEach(field -> field.accept(struct, arena));
        return struct;
    }
}
