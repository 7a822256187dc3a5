import ai.dos.*;
import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;
import java.nio.file.*;

/** LEAK_CALLS calls, 3,000 if it is not set: whole, streamed, left, cancelled and failed, by both kinds of threads. */
final class Leaks extends Support {
    static final int WORDS = 10; // of struct mallinfo2
    static final MethodHandle MALLINFO = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().find("mallinfo2").orElseThrow(),
            FunctionDescriptor.of(MemoryLayout.structLayout(MemoryLayout.sequenceLayout(WORDS, ValueLayout.JAVA_LONG))));

    /** KB of C's memory that is in use. */
    static long allocated() throws Throwable {
        for (int times = 0; times < 3; times++) {
            System.gc();
            Thread.sleep(50);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) MALLINFO.invoke((SegmentAllocator) arena);
            return (info.getAtIndex(ValueLayout.JAVA_LONG, 7) + info.getAtIndex(ValueLayout.JAVA_LONG, 4)) / 1024;
        }
    }

    static long resident() throws Exception {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4;
    }

    /** Large, so that what is left of it shows beside what Java itself takes. */
    static Request question() {
        return new Request("m").user("Hello!".repeat(1000));
    }

    static void once(Client mixed, int kind) {
        for (int times = 0; times < 14; times++) fails(Status.INVALID_ARGUMENT, () -> mixed.chat("[]"));
        if (kind == 0) {
            mixed.chat(question());
        } else if (kind == 1) {
            contents(mixed.stream(question()));
        } else if (kind == 4) {
            try (Client one = client("mixed")) {
                fails(Status.BAD_REQUEST, () -> one.chat(new Request("bad")));
            }
        } else {
            ChatStream stream = mixed.stream(question());
            stream.next();
            if (kind == 3) stream.cancel();
            if (kind == 2) stream.close();
            else fails(Status.CANCELLED, () -> contents(stream));
        }
    }

    static void some(Client mixed, boolean isVirtual, int count) throws Exception {
        begin(isVirtual, () -> {
            for (int at = 0; at < count; at++) once(mixed, at % 5);
            return null;
        }).get();
    }

    public static void main(String[] arguments) throws Exception {
        String asked = System.getenv("LEAK_CALLS");
        int calls = asked == null ? 3_000 : Integer.parseInt(asked);
        test("memory", () -> {
            try (Client mixed = client("mixed")) {
                for (boolean isVirtual : new boolean[] {false, true}) some(mixed, isVirtual, calls / 4);
                long before = measured(), residentBefore = resident();
                for (boolean isVirtual : new boolean[] {false, true}) some(mixed, isVirtual, calls / 4);
                long grown = measured() - before, residentGrown = resident() - residentBefore;
                System.out.printf("%d calls: C's memory has grown by %d KB; resident are %d KB, grown by %d KB%n", calls, grown, resident(), residentGrown);
                same(true, grown < 3072 + calls * 0.02 && residentGrown < 32 * 1024);
            }
        });
    }

    static long measured() {
        try {
            return allocated();
        } catch (Throwable wrong) {
            throw new AssertionError(wrong);
        }
    }
}
