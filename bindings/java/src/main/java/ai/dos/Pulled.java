package ai.dos;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A stream that the thread which reads it waits for inside of C. */
final class Pulled implements Source {
    private final Handle stream, token;
    private final MemorySegment out = Arena.ofAuto().allocate(16, 8);

    /** The token cancels it. */
    Pulled(long stream, Handle token) {
        this.stream = new Handle(stream, Declarations::dosai_stream_free);
        this.token = token;
    }

    private long use() {
        long handle = stream.use();
        if (handle == 0) throw DosaiException.made(Status.CANCELLED, "the stream was closed", null);
        return handle;
    }

    @Override
    public Chunk next() {
        if (Thread.currentThread().isInterrupted()) cancel();
        long handle = use();
        try {
            int status = Declarations.dosai_stream_next(handle, -1, out.address(), out.address() + 8);
            Native.check(status, out.address() + 8);
            long chunk = Native.at(out.address());
            return chunk == 0 ? null : new Chunk(chunk);
        } finally {
            stream.done();
        }
    }

    @Override
    public Completion completion() {
        long handle = use(), made = 0;
        try {
            Native.check(Declarations.dosai_stream_completion(handle, out.address(), out.address() + 8), out.address() + 8);
            made = Native.at(out.address());
            return Completion.read(made);
        } finally {
            Declarations.dosai_completion_free(made);
            stream.done();
        }
    }

    @Override
    public void cancel() {
        long handle = token.use();
        if (handle == 0) return;
        Declarations.dosai_cancel_trigger(handle);
        token.done();
    }

    @Override
    public void close() {
        cancel();
        stream.close();
        token.close();
    }
}
