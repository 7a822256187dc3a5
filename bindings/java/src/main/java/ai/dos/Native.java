package ai.dos;

import static java.lang.foreign.ValueLayout.*;

import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Cleaner;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The library, and what it takes to call it. An address is a long. */
final class Native {
    static final Cleaner CLEANER = Cleaner.create();
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final OfLong LONG = JAVA_LONG_UNALIGNED;
    private static final OfInt INT = JAVA_INT_UNALIGNED;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = load();
    /** Ends the wait of a thread that is interrupted. The only call from C into Java. */
    static final MemorySegment ON_WAIT = upcall();

    private static SymbolLookup load() {
        String path = System.getProperty("dosai.library", System.getenv("DOSAI_LIBRARY"));
        SymbolLookup found = SymbolLookup.libraryLookup(path == null ? "libdosai.so.0" : path, Arena.global());
        try {
            int version = (int) LINKER.downcallHandle(found.find("dosai_version_number").orElseThrow(), FunctionDescriptor.of(JAVA_INT)).invokeExact();
            if (version >= Declarations.VERSION_NUMBER && version / 10000 == Declarations.VERSION_NUMBER / 10000) return found;
            throw new UnsatisfiedLinkError("libdosai has the version " + version + "; this needs " + Declarations.VERSION_NUMBER + " or newer");
        } catch (Throwable wrong) {
            throw thrown(wrong);
        }
    }

    static MethodHandle link(String name, FunctionDescriptor type) {
        MemorySegment found = LIBRARY.find(name).orElseThrow(() -> new UnsatisfiedLinkError("libdosai has no " + name));
        return LINKER.downcallHandle(found, type);
    }

    /** Of Java's own methods alone, and in no global arena: otherwise, the loader of these classes could never be unloaded. */
    private static MemorySegment upcall() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle thread = lookup.findStatic(Thread.class, "currentThread", MethodType.methodType(Thread.class));
            MethodHandle isInterrupted = lookup.findVirtual(Thread.class, "isInterrupted", MethodType.methodType(boolean.class));
            MethodHandle asked = MethodHandles.filterReturnValue(thread, isInterrupted);
            MethodHandle target = MethodHandles.explicitCastArguments(asked, MethodType.methodType(int.class)); // true is 1
            return LINKER.upcallStub(MethodHandles.dropArguments(target, 0, long.class), FunctionDescriptor.of(JAVA_INT, JAVA_LONG), Arena.ofAuto());
        } catch (ReflectiveOperationException wrong) {
            throw new AssertionError(wrong);
        }
    }

    static RuntimeException thrown(Throwable wrong) {
        if (wrong instanceof Error error) throw error;
        if (wrong instanceof RuntimeException one) throw one;
        throw new AssertionError(wrong);
    }

    // ---- what C says

    static long at(long address) {
        return ALL.get(LONG, address);
    }

    static int intAt(long address) {
        return ALL.get(INT, address);
    }

    static byte[] bytes(long address, long length) {
        if (address == 0) return null;
        byte[] made = new byte[Math.toIntExact(length)];
        MemorySegment.copy(ALL, JAVA_BYTE, address, made, 0, made.length);
        return made;
    }

    static String text(long address, long length) {
        return address == 0 ? null : new String(bytes(address, length), StandardCharsets.UTF_8);
    }

    /** A C string. */
    static String name(long address) {
        return address == 0 ? null : ALL.getString(address);
    }

    interface Getter {
        long get(long handle, long outLength);
    }

    /** Reads one object of C, with getters. */
    static final class Reader implements AutoCloseable {
        final long handle;
        final Arena arena = Arena.ofConfined();
        private final long length = arena.allocate(8, 8).address();

        Reader(long handle) {
            this.handle = handle;
        }

        String text(Getter getter) {
            long found = getter.get(handle, length);
            return Native.text(found, at(length));
        }

        byte[] bytes(Getter getter) {
            long found = getter.get(handle, length);
            return Native.bytes(found, at(length));
        }

        /** A struct to fill in. */
        long struct(long size) {
            MemorySegment made = arena.allocate(size, 8);
            made.set(JAVA_INT, 0, (int) size);
            return made.address();
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    interface AttemptGetter {
        int get(long handle, int index, long out);
    }

    static List<Attempt> attempts(Reader from, int count, AttemptGetter getter) {
        List<Attempt> made = new ArrayList<>(count);
        long one = from.struct(Declarations.attempt.SIZE);
        for (int index = 0; index < count; index++) {
            getter.get(from.handle, index, one);
            made.add(new Attempt(Status.of(intAt(one + Declarations.attempt.status)), intAt(one + Declarations.attempt.http_status),
                    at(one + Declarations.attempt.delay_ms)));
        }
        return List.copyOf(made);
    }

    interface Filler {
        int fill(long handle, long out);
    }

    static Timings timings(Reader from, Filler filler) {
        long one = from.struct(Declarations.timings.SIZE);
        filler.fill(from.handle, one);
        return new Timings(at(one + Declarations.timings.connect_us), at(one + Declarations.timings.first_byte_us),
                at(one + Declarations.timings.first_token_us), at(one + Declarations.timings.total_us),
                intAt(one + Declarations.timings.reused_connection) == 1);
    }

    static Usage usage(long one) {
        return new Usage(at(one + Declarations.usage.prompt_tokens), at(one + Declarations.usage.completion_tokens),
                at(one + Declarations.usage.total_tokens), at(one + Declarations.usage.cached_tokens),
                at(one + Declarations.usage.reasoning_tokens));
    }

    // ---- what C is told

    /** In UTF-8, with a NUL behind it. */
    static MemorySegment utf8(Arena arena, String text) {
        return arena.allocateFrom(whole(text));
    }

    /** A C string. */
    static long cText(Arena arena, String text) {
        return arena.allocateFrom(word(text)).address();
    }

    /** A text that a C string can hold. */
    static String word(String text) {
        if (text.indexOf('\0') >= 0) throw new IllegalArgumentException("there is a NUL in this text");
        return whole(text);
    }

    /** Half of a surrogate pair would be sent as a question mark. */
    private static String whole(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (!Character.isSurrogate(text.charAt(at))) continue;
            if (!Character.isSupplementaryCodePoint(text.codePointAt(at))) throw new IllegalArgumentException("there is half of a surrogate pair in this text");
            at++;
        }
        return text;
    }

    /** Throws what a function says, unless that is OK. Frees the error. */
    static void check(int status, long outError) {
        if (status == 0) return;
        throw error(status, at(outError));
    }

    static DosaiException error(int status, long error) {
        try {
            return error == 0 ? DosaiException.made(Status.of(status), Status.of(status).name(), null) : DosaiException.read(error);
        } finally {
            Declarations.dosai_error_free(error);
        }
    }

    private Native() {}
}
