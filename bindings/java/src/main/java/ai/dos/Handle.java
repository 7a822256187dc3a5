package ai.dos;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/** An object of C, freed when it is closed and nobody uses it any more. */
final class Handle implements AutoCloseable {
    private static final int CLOSED = 1 << 30;
    private final long address;
    private final LongConsumer free;
    private final AtomicInteger users = new AtomicInteger();

    Handle(long address, LongConsumer free) {
        this.address = address;
        this.free = free;
    }

    /** Its address, until done; 0: it is closed. */
    long use() {
        int now;
        do {
            now = users.get();
            if ((now & CLOSED) != 0) return 0;
        } while (!users.compareAndSet(now, now + 1));
        return address;
    }

    void done() {
        if (users.decrementAndGet() == CLOSED) free.accept(address);
    }

    @Override
    public void close() {
        int now;
        do {
            now = users.get();
            if ((now & CLOSED) != 0) return;
        } while (!users.compareAndSet(now, now | CLOSED));
        if (now == 0) free.accept(address);
    }
}
