package ai.dos;

import java.lang.ref.Cleaner;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An answer, piece by piece, for one reader: while a thread waits for a chunk, others get an exception with the status BUSY.
 * If nothing is thrown until its end, it is complete. Close one that is not read to its end; the garbage collector closes
 * what is forgotten, later.
 */
public final class ChatStream implements Iterable<Chunk>, Iterator<Chunk>, AutoCloseable {
    private final Source source;
    private final Cleaner.Cleanable cleanable;
    private final AtomicBoolean isInUse = new AtomicBoolean();
    private Chunk next; // of the reader alone
    private volatile boolean isCancelled;
    private volatile Completion completion;

    ChatStream(Source source) {
        this.source = source;
        cleanable = Native.CLEANER.register(this, source::close);
    }

    @Override
    public boolean hasNext() {
        return peek(false) != null;
    }

    @Override
    public Chunk next() {
        Chunk one = peek(true);
        if (one == null) throw new NoSuchElementException();
        return one;
    }

    /** What C lends to one thread, another must not ask for. */
    private Chunk peek(boolean isTaken) {
        if (isInUse.getAndSet(true)) throw DosaiException.made(Status.BUSY, "the stream is in use", null);
        try {
            Chunk one = next = read();
            if (isTaken) next = null;
            return one;
        } finally {
            isInUse.set(false);
        }
    }

    private Chunk read() {
        if (isCancelled) next = null;
        if (next != null) return next;
        if (completion != null) return null;
        Chunk one = source.next();
        if (one != null) return one;
        Completion whole = source.completion();
        if (isCancelled) throw DosaiException.made(Status.CANCELLED, "the call was cancelled", whole);
        completion = whole;
        close();
        return null;
    }

    /** This stream: its chunks come once. */
    @Override
    public Iterator<Chunk> iterator() {
        return this;
    }

    /** The chunks that are left. Closing it closes this. */
    public Stream<Chunk> stream() {
        int traits = Spliterator.ORDERED | Spliterator.NONNULL;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(this, traits), false).onClose(this::close);
    }

    /** Once all was read: the whole answer, put together; else null. */
    public Completion completion() {
        return completion;
    }

    /** From any thread. The reader gets an exception with the status CANCELLED, and the part that had arrived. */
    public void cancel() {
        source.cancel();
        isCancelled = true; // after that, so that the chunk which the reader drops is not missing in an answer
    }

    /** From any thread: lets the call go, cancelled if it still runs. */
    @Override
    public void close() {
        cleanable.clean();
    }
}
