import ai.dos.*;
import java.lang.ref.WeakReference;
import java.lang.reflect.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;

/** How calls end before their time. What is left open of them, the server tells. */
final class Ends extends Support {
    static ChatStream kept;

    public static void main(String[] arguments) throws Exception {
        test("cancel", () -> inBoth(Ends::cancel));
        test("interrupt", Ends::interrupt);
        test("leaving", () -> inBoth(Ends::leaving));
        test("several readers", () -> inBoth(Ends::readers));
        test("forgetting", Ends::forgetting);
        test("unloading", () -> inBoth(Ends::unloading));
        test("futures and subscriptions", Ends::subscriptions);
        test("close", Ends::close);
        test("a thread that dies", Ends::dying);
        kept = client("endless").stream(question()); // with which the process ends
        kept.next();
        Future<Object> reader = begin(true, () -> contents(client("endless").stream(question())));
        FutureTask<Object> waiting = new FutureTask<>(() -> contents(kept));
        Thread daemon = new Thread(waiting);
        daemon.setDaemon(true);
        daemon.start();
        Thread.sleep(50);
        test("exit", () -> same(false, reader.isDone() || waiting.isDone()));
        System.exit(0);
    }

    static void cancel() throws Exception {
        try (Client client = client("endless")) {
            ChatStream one = client.stream(question());
            for (int count = 0; count < 3; ) count += one.next().content().isEmpty() ? 0 : 1;
            CountDownLatch waits = new CountDownLatch(1);
            long[] since = {0};
            begin(false, () -> {
                waits.await();
                Thread.sleep(50);
                since[0] = System.nanoTime();
                one.cancel();
                return null;
            });
            waits.countDown();
            DosaiException wrong = fails(Status.CANCELLED, one::hasNext);
            took(since[0], 50);
            same("0 1 2 ", wrong.completion().text());
            fails(Status.CANCELLED, one::hasNext);
        }
        long count = client("hello").stream(question()).stream().count();
        ChatStream last = client("hello").stream(question());
        while (count-- > 1) last.next();
        same(true, last.hasNext());
        last.cancel();
        fails(Status.CANCELLED, last::next); // for a chunk is not read
        same(null, last.completion());
    }

    /** Of each kind of call, while it waits, and before. */
    static void interrupt() throws Exception {
        for (boolean isVirtual : new boolean[] {false, true}) {
            for (String script : new String[] {"endless", "silent"}) {
                Client client = client(script);
                CountDownLatch begun = new CountDownLatch(1);
                Future<Object> one = begin(isVirtual, () -> {
                    begun.countDown();
                    try {
                        return script.equals("silent") ? client.chat(question()).text() : contents(client.stream(question()));
                    } catch (DosaiException wrong) {
                        same(true, Thread.interrupted());
                        return wrong.status();
                    }
                });
                begun.await();
                Thread.sleep(100);
                long since = System.nanoTime();
                one.cancel(true);
                same(Status.CANCELLED, one.get());
                took(since, 50);
                client.close();
            }
        }
        inBoth(() -> {
            Thread.currentThread().interrupt();
            fails(Status.CANCELLED, () -> client("hello").chat(question()));
            fails(Status.CANCELLED, () -> client("hello").stream(question()));
        });
    }

    static void leaving() throws Exception {
        String script = "endless~left" + Thread.currentThread().isVirtual();
        try (Client client = client(script)) {
            ChatStream left = client.stream(question());
            left.next();
            left.close();
            left.close();
            fails(Status.CANCELLED, left::hasNext); // and does not wait
            refuses(IllegalStateException.class, () -> {
                try (ChatStream stream = client.stream(question())) {
                    for (Chunk chunk : stream) throw new IllegalStateException(chunk.content());
                }
            });
            ChatStream read = client.stream(question());
            Future<Object> reader = begin(Thread.currentThread().isVirtual(), () -> contents(read));
            Thread.sleep(50);
            read.close();
            try {
                reader.get(20, TimeUnit.SECONDS);
                throw new AssertionError("its reader does not fail");
            } catch (ExecutionException wrong) {
                same(Status.CANCELLED, ((DosaiException) wrong.getCause()).status());
            }
            gone(script);
        }
    }

    /** Begins to read a stream of three words, which have come; and then the reader waits. */
    static Future<Object> waiting(boolean isVirtual, Callable<ChatStream> stream) throws Exception {
        CountDownLatch words = new CountDownLatch(3);
        Future<Object> reader = begin(isVirtual, () -> {
            for (Chunk chunk : stream.call()) {
                if (!chunk.content().isEmpty()) words.countDown();
            }
            return null;
        });
        same(true, words.await(20, TimeUnit.SECONDS));
        Thread.sleep(50);
        return reader;
    }

    /** Who comes while another waits is refused, and the other gets its chunks. */
    static void readers() throws Exception {
        boolean isVirtual = Thread.currentThread().isVirtual();
        try (Client client = client("endless")) {
            ChatStream one = client.stream(question());
            Future<Object> reader = waiting(isVirtual, () -> one);
            fails(Status.BUSY, one::hasNext);
            fails(Status.BUSY, one::next);
            one.cancel();
            same("0 1 2 ", fails(Status.CANCELLED, () -> got(reader)).completion().text());
        }
        try (Client client = client("many")) {
            for (int times = 0; times < 6; times++) {
                ChatStream one = client.stream(question());
                List<Future<Object>> readers = new ArrayList<>();
                for (int at = 0; at < 3; at++) readers.add(begin(false, () -> { // virtual ones would not let the one carrier go
                    while (true) {
                        try {
                            one.next();
                        } catch (DosaiException wrong) {
                            same(Status.BUSY, wrong.status());
                        } catch (NoSuchElementException ended) {
                            return one.completion().text().length();
                        }
                    }
                }));
                for (Future<Object> each : readers) same(108890, got(each));
            }
        }
    }

    /** The garbage collector closes streams and clients. */
    static void forgetting() throws Exception {
        inBoth(() -> {
            String script = "endless~forgotten" + Thread.currentThread().isVirtual();
            client(script).stream(question()).next();
            gone(script);
        });
        Thread.sleep(50);
        int threads = 1;
        for (int times = 0; times < 500 && threads > 0; times++) { // of clients that are gone
            System.gc();
            Thread.sleep(10);
            threads = (int) Thread.getAllStackTraces().keySet().stream().filter(one -> one.getName().equals("dosai")).count();
        }
        same(0, threads);
    }

    /** The classes of the binding go with their loader, and the thread of a client keeps nothing of who began it. */
    static void unloading() throws Exception {
        InheritableThreadLocal<Object> own = new InheritableThreadLocal<>();
        own.set(new Object());
        URL[] classes = {Client.class.getProtectionDomain().getCodeSource().getLocation()};
        URLClassLoader loader = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader());
        Class<?> ofClient = loader.loadClass("ai.dos.Client"), ofOptions = loader.loadClass("ai.dos.ClientOptions");
        Object options = ofOptions.getConstructor().newInstance();
        ofOptions.getMethod("baseUrl", String.class).invoke(options, URL.replace("NAME", "hello"));
        Object client = ofClient.getConstructor(ofOptions).newInstance(options);
        same(true, ofClient.getMethod("chat", String.class).invoke(client, question().toString()).toString().contains(HELLO));
        List<WeakReference<Object>> left = new ArrayList<>(List.of(new WeakReference<>(own.get())));
        own.remove();
        forgotten(left);
        ofClient.getMethod("close").invoke(client);
        left.set(0, new WeakReference<>(loader));
        loader.close();
        loader = null;
        ofClient = ofOptions = null;
        client = options = null;
        forgotten(left);
    }

    static void forgotten(List<WeakReference<Object>> left) throws Exception {
        for (int times = 0; times < 100 && left.get(0).get() != null; times++) {
            System.gc();
            Thread.sleep(10);
        }
        same(null, left.get(0).get());
    }

    static void subscriptions() throws Exception {
        String script = "endless~async";
        Client client = client(script);
        CompletableFuture<Completion> future = client("silent~async").chatAsync(question());
        Calls.Subscriber one = new Calls.Subscriber();
        client.publish(question()).subscribe(one);
        same("0 ", one.next());
        long since = System.nanoTime();
        future.cancel(true);
        one.subscription.cancel();
        gone(script);
        gone("silent~async");
        took(since, 50);
        same(null, one.seen.poll(50, TimeUnit.MILLISECONDS));
        refuses(IllegalStateException.class, () -> client("endless~thrown").publish(question()).subscribe(new Calls.Subscriber() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                while (stats("endless~thrown").get("connections").equals(0L)) Thread.onSpinWait();
                throw new IllegalStateException();
            }
        }));
        gone("endless~thrown");
        client.close();
    }

    static void close() throws Exception {
        Client client = client("endless");
        Future<Object> reader = waiting(true, () -> client.stream(question()));
        ChatStream pulled = client.stream(question());
        pulled.next();
        client.close();
        DosaiException part = fails(Status.CANCELLED, () -> got(reader));
        same("0 1 2 ", part.completion().text());
        pulled.next(); // it ends as it will
        pulled.close();
        fails(Status.INVALID_ARGUMENT, () -> client.stream(question()));
    }

    static Object got(Future<Object> from) throws Exception {
        try {
            return from.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException wrong) {
            throw (Exception) wrong.getCause();
        }
    }

    /** An Error in the thread of a client, which only its inner parts can bring about. */
    static void dying() throws Exception {
        Client client = client("endless");
        Future<Object> reader = waiting(true, () -> client.stream(question()));
        Constructor<?> call = Class.forName("ai.dos.Call").getDeclaredConstructor(Client.class, Runnable.class);
        Field loop = Client.class.getDeclaredField("loop");
        Method submit = Arrays.stream(loop.getType().getDeclaredMethods()).filter(one -> one.getName().equals("submit")).findFirst().orElseThrow();
        for (AccessibleObject each : new AccessibleObject[] {call, loop, submit}) each.setAccessible(true);
        submit.invoke(loop.get(client), call.newInstance(client, (Runnable) () -> {
            throw new AssertionError("mine");
        }), null);
        DosaiException wrong = fails(Status.INTERNAL, () -> got(reader));
        same("mine", wrong.getCause().getMessage());
        fails(Status.INVALID_ARGUMENT, () -> got(begin(true, () -> client.chat(question()))));
        client.close();
    }
}
