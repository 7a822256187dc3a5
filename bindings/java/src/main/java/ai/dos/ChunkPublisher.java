package ai.dos;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Makes one call for each subscriber, who is called on the common pool, as many times as asked for. */
final class ChunkPublisher implements Flow.Publisher<Chunk> {
    private final Function<Runnable, Call> make;

    /** make makes the call, with what is to be run when there is news of it. */
    ChunkPublisher(Function<Runnable, Call> make) {
        this.make = make;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Chunk> subscriber) {
        new Subscription(subscriber).begin(make);
    }

    private static final class Subscription implements Flow.Subscription {
        private static final Executor POOL = new CompletableFuture<>().defaultExecutor(); // also runs if the pool has no threads
        private final Flow.Subscriber<? super Chunk> subscriber;
        private final AtomicLong wanted = new AtomicLong();
        private final AtomicInteger work = new AtomicInteger(1); // until it has begun
        private final AtomicBoolean isOver = new AtomicBoolean();
        private volatile IllegalArgumentException mistake;
        private Call call;

        Subscription(Flow.Subscriber<? super Chunk> subscriber) {
            this.subscriber = java.util.Objects.requireNonNull(subscriber);
        }

        void begin(Function<Runnable, Call> make) {
            RuntimeException wrong = null;
            try {
                call = make.apply(this::schedule);
            } catch (RuntimeException one) {
                wrong = one;
            }
            try {
                subscriber.onSubscribe(this);
            } catch (RuntimeException | Error ofSubscriber) {
                cancel();
                throw ofSubscriber;
            }
            if (wrong != null) {
                end(wrong);
                return;
            }
            POOL.execute(this::drain);
        }

        private void schedule() {
            if (work.getAndIncrement() == 0) POOL.execute(this::drain);
        }

        /** One at a time. */
        private void drain() {
            int seen = work.get();
            do {
                try {
                    while (step()) { }
                } catch (RuntimeException | Error wrong) { // of the subscriber
                    cancel();
                    throw wrong;
                }
                seen = work.addAndGet(-seen);
            } while (seen != 0);
        }

        private boolean step() {
            if (isOver.get()) return false;
            if (mistake != null) return end(mistake);
            if (!call.has(false) && (wanted.get() == 0 || !call.has(true))) return false;
            Chunk chunk;
            try {
                chunk = call.nextInPool();
            } catch (RuntimeException wrong) {
                return end(wrong);
            }
            if (chunk == null) return end(null);
            wanted.decrementAndGet();
            subscriber.onNext(chunk);
            return true;
        }

        private boolean end(Throwable wrong) {
            if (isOver.getAndSet(true)) return false; // it was cancelled
            if (call != null) call.close();
            if (wrong == null) subscriber.onComplete();
            else subscriber.onError(wrong);
            return false;
        }

        @Override
        public void request(long count) {
            if (count <= 0) mistake = new IllegalArgumentException("request(" + count + "): the number must be positive");
            else wanted.accumulateAndGet(count, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            schedule();
        }

        @Override
        public void cancel() {
            isOver.set(true);
            if (call != null) call.close();
        }
    }
}
