import ai.dos.*;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.*;

/** What the tests have in common. */
class Support {
    static final String URL = System.getenv("DOSAI_TEST_URL"), HELLO = "Hello! How can I help you today?";

    interface Work {
        void run() throws Exception;
    }

    static Request question() {
        return new Request("m").user("Hello!");
    }

    static Client client(String script) {
        return client(script, new ClientOptions());
    }

    static Client client(String script, ClientOptions options) {
        return new Client(options.baseUrl(URL.replace("NAME", script)).apiKey("k").maxRetries(-1).totalTimeout(java.time.Duration.ofSeconds(20)));
    }

    static void same(Object wanted, Object found) {
        if (!Objects.equals(wanted, found)) throw new AssertionError(found + " is not " + wanted);
    }

    static DosaiException fails(Status status, Work work) {
        try {
            work.run();
        } catch (DosaiException wrong) {
            same(status, wrong.status());
            return wrong;
        } catch (Exception wrong) {
            throw new AssertionError(wrong);
        }
        throw new AssertionError("it does not fail with " + status);
    }

    static void refuses(Class<? extends Exception> type, Work work) {
        try {
            work.run();
        } catch (Exception wrong) {
            same(type, wrong.getClass());
            return;
        }
        throw new AssertionError("it is not refused");
    }

    static String contents(ChatStream stream) {
        StringBuilder made = new StringBuilder();
        for (Chunk chunk : stream) made.append(chunk.content());
        return made.toString();
    }

    /** In a thread, virtual or not. */
    static <T> Future<T> begin(boolean isVirtual, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = isVirtual ? Thread.ofVirtual().unstarted(task) : Thread.ofPlatform().unstarted(task);
        thread.start();
        return new Interrupting<>(task, thread);
    }

    /** Its cancel is an interrupt. */
    record Interrupting<T>(FutureTask<T> task, Thread thread) implements Future<T> {
        public boolean cancel(boolean mayInterrupt) {
            thread.interrupt();
            return true;
        }

        public boolean isCancelled() { return task.isCancelled(); }

        public boolean isDone() { return task.isDone(); }

        public T get() throws InterruptedException, ExecutionException { return task.get(); }

        public T get(long time, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException { return task.get(time, unit); }
    }

    /** What both kinds of threads do. */
    static void inBoth(Work work) throws Exception {
        for (boolean isVirtual : new boolean[] {false, true}) {
            Future<Object> one = begin(isVirtual, () -> {
                work.run();
                return null;
            });
            try {
                one.get();
            } catch (ExecutionException wrong) {
                throw new AssertionError(isVirtual ? "in a virtual thread" : "in a thread", wrong.getCause());
            }
        }
    }

    /** What the server has seen of a script. */
    static Map<?, ?> stats(String script) {
        try (Client server = new Client(new ClientOptions().baseUrl(URL.replaceAll("/s/.*", "")))) {
            return (Map<?, ?>) Json.parse(server.get("/stats/" + script).json());
        }
    }

    /** Waits until no connection of a script is open. */
    static void gone(String script) throws Exception {
        try (Client server = new Client(new ClientOptions().baseUrl(URL.replaceAll("/s/.*", "")))) {
            Object open = null;
            for (int times = 0; times < 500; times++) {
                Map<?, ?> stats = (Map<?, ?>) Json.parse(server.get("/stats/" + script).json());
                if (!stats.get("connections").equals(0L) && stats.get("connections").equals(stats.get("ended"))) return;
                open = stats;
                System.gc();
                Thread.sleep(10);
            }
            throw new AssertionError("connections stay open: " + open);
        }
    }

    static void took(long since, int limit) {
        System.out.printf("took %.3f %d%n", (System.nanoTime() - since) / 1e6, limit);
    }

    static void test(String name, Work work) throws Exception {
        try {
            work.run();
        } catch (Throwable wrong) {
            wrong.printStackTrace(System.out);
            System.exit(1);
        }
        System.out.println("ok " + name);
    }
}
