package ai.dos;

import java.lang.ref.Cleaner;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An answer, piece by piece, for one reader. If nothing is thrown until its end, it is complete. Close one that is not read
 * to its end; the garbage collector closes what is forgotten, later.
 */
public final class ChatStream implements Iterable<Chunk>, Iterator<Chunk>, AutoCloseable {
    private final Source source;
    private final Cleaner.Cleanable cleanable;
    private Chunk next; // of the reader alone
    private volatile boolean isCancelled;
    private volatile Completion completion;

    ChatStream(Source source) {
        this.source = source;
        cleanable = Native.CLEANER.register(this, source::close);
    }

    @Override
    public boolean hasNext() {
        if (isCancelled) next = null;
        if (next != null) return true;
        if (completion != null) return false;
        next = source.next();
        if (next != null) return true;
        Completion whole = source.completion();
        if (isCancelled) throw DosaiException.made(Status.CANCELLED, "the call was cancelled", whole);
        completion = whole;
        close();
        return false;
    }

    @Override
    public Chunk next() {
        if (!hasNext()) throw new NoSuchElementException();
        Chunk one = next;
        next = null;
        return one;
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
