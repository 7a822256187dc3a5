package ai.dos;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One call of a loop, with what has come for it and is unread. Waiting for it holds no thread of the system, if the thread is virtual. */
final class Call implements Source {
    private static final int UNREAD = 256 * 1024; // bytes; then its connection waits
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hasNews = lock.newCondition();
    private final ArrayList<Chunk> arrived = new ArrayList<>(); // of the loop's thread
    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    final Client client; // so that it is not garbage before this has ended
    private final Runnable onNews;
    private long handle, bytes;
    private boolean isPaused, isCancelled, isClosed;
    private Object last;
    private RuntimeException failure;

    /** onNews, which may be null, is run by the loop. */
    Call(Client client, Runnable onNews) {
        this.client = client;
        this.onNews = onNews;
    }

    // ---- by the loop

    void submitted(long call) {
        lock.lock();
        try {
            handle = call;
            if (isCancelled) Declarations.dosai_call_cancel(handle);
        } finally {
            lock.unlock();
        }
    }

    /** Is it the first since the last handing over? */
    boolean arrive(Chunk chunk) {
        arrived.add(chunk);
        return arrived.size() == 1;
    }

    /** What has arrived in one step, at once: the reader wakes up once. */
    void handOver() {
        if (arrived.isEmpty()) return;
        lock.lock();
        try {
            if (isCancelled) return;
            chunks.addAll(arrived);
            for (Chunk chunk : arrived) bytes += chunk.size();
            if (bytes >= UNREAD && !isPaused) {
                isPaused = true;
                Declarations.dosai_call_pause(handle);
            }
            hasNews.signal();
        } finally {
            arrived.clear();
            lock.unlock();
        }
        if (onNews != null) onNews.run();
    }

    /** One of both is null. */
    void end(Object answer, RuntimeException wrong) {
        lock.lock();
        try {
            last = answer;
            failure = wrong;
            if (isCancelled && wrong == null) failure = cancelled(); // before its end was read
            Declarations.dosai_call_free(handle);
            handle = 0;
        } finally {
            hasNews.signal();
            lock.unlock();
        }
        if (onNews != null) onNews.run();
    }

    // ---- by others

    /** Is there a chunk to read? Else: is it over? */
    boolean has(boolean isChunk) {
        lock.lock();
        try {
            return isChunk ? !chunks.isEmpty() : chunks.isEmpty() && (isOver() || isClosed);
        } finally {
            lock.unlock();
        }
    }

    private boolean isOver() {
        return last != null || failure != null;
    }

    @Override
    public Chunk next() {
        boolean wasInterrupted = false;
        if (Thread.currentThread().isInterrupted()) cancel();
        lock.lock();
        try {
            while (chunks.isEmpty() && !isOver() && !isClosed) {
                try {
                    hasNews.await();
                } catch (InterruptedException interrupt) {
                    wasInterrupted = true;
                    cancel();
                }
            }
            return take();
        } finally {
            lock.unlock();
            if (wasInterrupted) Thread.currentThread().interrupt();
        }
    }

    /** The same on a thread of a pool, whose interrupts are meant for other tasks: they do not cancel this call. */
    Chunk nextInPool() {
        lock.lock();
        try {
            while (chunks.isEmpty() && !isOver() && !isClosed) hasNews.awaitUninterruptibly();
            return take();
        } finally {
            lock.unlock();
        }
    }

    private Chunk take() {
        Chunk one = chunks.poll();
        if (one != null) {
            bytes -= one.size();
            if (isPaused && bytes < UNREAD / 2) {
                isPaused = false;
                if (handle != 0) Declarations.dosai_call_resume(handle);
            }
            return one;
        }
        if (isClosed && !isOver()) throw DosaiException.made(Status.CANCELLED, "the stream was closed", null);
        if (failure != null) throw (RuntimeException) failure.fillInStackTrace(); // of who waits
        return null;
    }

    /** How it ended, waited for. */
    Object result() {
        while (next() != null) { }
        return last;
    }

    @Override
    public Completion completion() {
        return last instanceof Completion one ? one : null;
    }

    @Override
    public void cancel() {
        lock.lock();
        try {
            if (isCancelled) return;
            isCancelled = true;
            chunks.clear();
            bytes = 0;
            if (failure == null && last != null) failure = cancelled();
            if (handle != 0) Declarations.dosai_call_cancel(handle);
        } finally {
            lock.unlock();
        }
    }

    private DosaiException cancelled() {
        return DosaiException.made(Status.CANCELLED, "the call was cancelled", completion());
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!isClosed && !(chunks.isEmpty() && isOver())) cancel();
        } finally {
            isClosed = true;
            hasNews.signal();
            lock.unlock();
        }
    }
}
