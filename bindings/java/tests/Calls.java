import ai.dos.*;
import java.io.*;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Calls that end as they should. */
final class Calls extends Support {
    public static void main(String[] arguments) throws Exception {
        test("json", Calls::json);
        test("requests and options", Calls::given);
        test("chat", () -> inBoth(Calls::chat));
        test("stream", () -> inBoth(Calls::stream));
        test("errors", () -> inBoth(Calls::errors));
        test("other endpoints", () -> inBoth(Calls::endpoints));
        test("tools", () -> inBoth(Calls::tools));
        test("a forced call", Calls::forced);
        test("tools that break", Calls::brokenTools);
        test("futures", Calls::futures);
        test("publisher", Calls::publisher);
        test("interrupts in the pool", Calls::pool);
        test("a slow reader beside a fast one", Calls::slow);
        test("a hundred that wait", Calls::waiting);
    }

    static void json() {
        for (String text : List.of("[]", "{}", "[1,-2.5,true,false,null,\"a\"]", "\"\\\"\\\\\\u000aé😀\\ud800\"", "{\"a\":[{\"b\":[[]]}]}", "0.1", "12345678901234")) {
            same(text, Json.write(Json.parse(text)));
        }
        same("é😀/", Json.parse(" \"\\u00e9\\ud83d\\ude00\\/\" "));
        for (String wrong : List.of("", "[", "[1,]", "{\"a\"}", "tru", "\"", "\"\1\"", "\"\\x\"", "1 2", "--1", "{,}", "01", "[".repeat(600))) {
            refuses(IllegalArgumentException.class, () -> Json.parse(wrong));
        }
        for (String number : List.of("9223372036854775807", "-9223372036854775809", "1" + "0".repeat(400), "1E+400", "-1.5E+2000000000", "1.0E-9", "0.0")) {
            same(number, Json.write(Json.parse(number)));
        }
        for (Number number : List.of(BigInteger.TEN.pow(400), new BigDecimal("1E+400"), 1e308, 1.5f, (byte) 1, new AtomicLong(7))) {
            same(number.toString(), Json.write(number));
        }
        same(-0.0, Json.parse("-0"));
        refuses(IllegalArgumentException.class, () -> Json.parse("9".repeat(1_000_000))); // it would take long
        refuses(IllegalArgumentException.class, () -> Json.parse("1e99999999999"));
        @SuppressWarnings("serial") Number fraction = new Number() {
            @Override public int intValue() { return 0; }
            @Override public long longValue() { return 0; }
            @Override public float floatValue() { return 0.5f; }
            @Override public double doubleValue() { return 0.5; }
            @Override public String toString() { return "1/2"; }
        };
        List<Object> endless = new ArrayList<>();
        endless.add(endless);
        for (Object wrong : List.of(0.0 / 0, 1 / 0.0f, fraction, new Object(), endless)) refuses(IllegalArgumentException.class, () -> Json.write(wrong));
    }

    static void given() {
        new Client().close(); // with empty variables of the environment, which are as if they were not set
        Request request = new Request("m").set("messages", List.of(Map.of("role", "user", "content", "a"))).user("b");
        same(2, ((List<?>) ((Map<?, ?>) Json.parse(request.toString())).get("messages")).size());
        refuses(IllegalArgumentException.class, () -> request.setJson("messages", "[]"));
        ClientOptions longest = new ClientOptions().idleTimeout(Duration.ofSeconds(Long.MAX_VALUE)).connectTimeout(Duration.ZERO);
        try (Client client = client("echo~copied", longest)) {
            CallOptions options = new CallOptions().headers("x-own: before");
            Client own = client.with(options);
            options.headers("x-own: after");
            own.get("/models");
            same(true, stats("echo~copied").get("last_headers").toString().contains("before"));
        }
    }

    static void chat() {
        try (Client client = client("echo")) {
            Completion answer = client.with(new CallOptions().headers("x-own: yes")).chat(question().set("seed", 0));
            Map<?, ?> sent = (Map<?, ?>) Json.parse(answer.text());
            same("m 0", sent.get("model") + " " + sent.get("seed"));
            same("req-1 200 21 -1 stop OK", answer.requestId() + " " + answer.httpStatus() + " " + answer.usage().totalTokens() + " "
                    + answer.usage().cachedTokens() + " " + answer.choices().get(0).finishReason() + " " + answer.attempts().get(0).status());
            same(true, answer.timings().totalMicros() > 0 && answer.quirks().isEmpty());
            Completion.Message message = answer.choices().get(0).message();
            same(true, client.chat(new Request("m").message(message)).text().contains(message.json()));
            fails(Status.INVALID_ARGUMENT, () -> client.chat("[]"));
            refuses(IllegalArgumentException.class, () -> client.chat(question().set("x", new Object())));
            refuses(NullPointerException.class, () -> client.chat((String) null));
            for (String half : List.of("/\ud83d", "/\ude00\ud83d", "/\ud83d\ud83d\ude00")) {
                refuses(IllegalArgumentException.class, () -> client.get(half));
                refuses(IllegalArgumentException.class, () -> client.chat(question().setJson("x", "\"" + half + "\"").toString()));
                refuses(IllegalArgumentException.class, () -> client.stream("\"" + half + "\"").hasNext());
                refuses(IllegalArgumentException.class, () -> client.post("/", "\"" + half + "\""));
                refuses(IllegalArgumentException.class, () -> client.postStream("/", "\"" + half + "\"").hasNext());
                refuses(IllegalArgumentException.class, () -> new ClientOptions().apiKey(half));
                refuses(IllegalArgumentException.class, () -> new CallOptions().headers("a: " + half));
            }
            same("\ud83d\ude00", ((Map<?, ?>) Json.parse(client.chat(question().setJson("x", "\"\ud83d\ude00\"")).text())).get("x"));
        }
        fails(Status.INVALID_ARGUMENT, () -> client("hello", new ClientOptions().maxRedirects(9)));
        refuses(IllegalArgumentException.class, () -> new ClientOptions().userAgent("a\0b"));
        Client closed = client("hello");
        closed.close();
        closed.close();
        fails(Status.INVALID_ARGUMENT, () -> closed.chat(question()));
        fails(Status.INVALID_ARGUMENT, () -> closed.stream(question()).hasNext());
        same(Status.INVALID_ARGUMENT, ((DosaiException) closed.chatAsync(question()).exceptionNow()).status());
    }

    static void stream() {
        try (Client client = client("hello")) {
            ChatStream stream = client.stream(question());
            same(HELLO, contents(stream));
            same(HELLO, stream.completion().text());
            same(false, stream.hasNext());
            refuses(NoSuchElementException.class, stream::next);
            same(HELLO, client.stream(question()).stream().map(Chunk::content).collect(Collectors.joining()));
            try (ChatStream left = client.stream(question())) {
                same(2L, left.stream().filter(chunk -> chunk.kind() == Kind.CONTENT).limit(2).count());
            }
        }
    }

    static void errors() throws Exception {
        DosaiException wrong = fails(Status.RATE_LIMITED, () -> client("limited").chat(question()));
        same("429 true 1", wrong.httpStatus() + " " + wrong.isRetryable() + " " + wrong.attempts().size());
        same(true, wrong.body() != null && wrong.completion() == null && wrong.getMessage().contains("Slow down."));
        DosaiException half = fails(Status.TRUNCATED, () -> contents(client("half").stream(question())));
        same("0 1 2 ", half.completion().text());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(half);
        DosaiException read = (DosaiException) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        same(half.completion(), read.completion());
        same(half.attempts(), read.attempts());
        ClientOptions soon = new ClientOptions().idleTimeout(Duration.ofMillis(50));
        same(Clock.IDLE, fails(Status.TIMEOUT, () -> contents(client("endless", soon).stream(question()))).clock());
    }

    static void endpoints() {
        try (Client echo = client("echo")) {
            same("GET", ((Map<?, ?>) Json.parse(echo.get("/models").json())).get("method"));
            same("{\"n\":1}", ((Map<?, ?>) Json.parse(echo.post("/embeddings", "{\"n\":1}").json())).get("body"));
            refuses(IllegalArgumentException.class, () -> new CallOptions().headers("a\0: b"));
        }
        try (Client events = client("events")) {
            String said = events.with(new CallOptions().lastEvent("end")).postStream("/responses", "{\"stream\":true}").stream()
                    .map(chunk -> chunk.kind() + " " + chunk.eventType() + " " + chunk.text() + " " + chunk.eventId()).collect(Collectors.joining("|"));
            same("EVENT said {} 4|EVENT end {} 4", said);
        }
    }

    static void tools() {
        List<Tool> tools = List.of(
                new Tool("add", "Adds", Map.of("type", "object"), given -> Map.of("sum", (Long) given.get("a") + (Long) given.get("b"))),
                new Tool("fail", null, null, given -> {
                    throw new IllegalStateException("no luck");
                }));
        Request request = question().set("tool_choice", "required");
        same("{\"sum\":3}|error: no luck|error: there is no function nobody|error: the arguments are no object",
                client("model").runTools(request, tools).text());
        List<?> messages = (List<?>) ((Map<?, ?>) Json.parse(request.toString())).get("messages");
        same("6 1", messages.size() + " " + ((Map<?, ?>) messages.get(1)).get("own"));
        DosaiException wrong = fails(Status.TOO_LARGE, () -> client("model").runTools(question(), tools, 1));
        same(4, wrong.completion().choices().get(0).message().toolCalls().size());
    }

    /** The answer is the second question. */
    static void forced() {
        List<Tool> tools = List.of(new Tool("add", null, null, given -> ""));
        for (String line : System.getenv("DOSAI_TEST_CHOICES").split("\n")) {
            String choice = line.split("\t")[0];
            Object second = Json.parse(line.split("\t")[1]);
            for (Request request : List.of(question().setJson("tool_choice", choice), question().set("tool_choice", Json.parse(choice)))) {
                Map<?, ?> sent = (Map<?, ?>) Json.parse(client("forced").runTools(request, tools).text());
                same(second, sent.get("tool_choice"));
                same(true, request.toString().contains(choice));
            }
        }
        same(false, client("echo").runTools(question(), tools).text().contains("tool_choice"));
    }

    /** Runs it with a function that fails so, beside others. */
    static Completion failing(Tool.Function function) {
        return client("model").runTools(question(), List.of(new Tool("fail", null, null, function)));
    }

    static void brokenTools() throws Exception {
        try {
            begin(false, () -> failing(given -> {
                throw new AssertionError("mine");
            })).get(20, TimeUnit.SECONDS);
            throw new AssertionError("it does not fail");
        } catch (ExecutionException wrong) {
            same("mine", wrong.getCause().getMessage());
        }
        Completion told = failing(given -> {
            throw new Exception() {
                private static final long serialVersionUID = 1;

                @Override
                public String getMessage() {
                    throw new IllegalStateException("no text");
                }
            };
        });
        same(true, told.text().contains("error: the function failed|"));
        fails(Status.CANCELLED, () -> failing(given -> {
            throw new InterruptedException();
        }));
        CountDownLatch begun = new CountDownLatch(1), interrupted = new CountDownLatch(1);
        Future<Object> one = begin(false, () -> {
            fails(Status.CANCELLED, () -> failing(given -> {
                begun.countDown();
                try {
                    Thread.sleep(60_000);
                } finally {
                    interrupted.countDown();
                }
                return "";
            }));
            return Thread.interrupted();
        });
        begun.await();
        one.cancel(true);
        same(true, one.get(20, TimeUnit.SECONDS));
        same(true, interrupted.await(20, TimeUnit.SECONDS));
    }

    static void futures() throws Exception {
        try (Client client = client("hello")) {
            List<CompletableFuture<Completion>> all = new ArrayList<>();
            for (int at = 0; at < 100; at++) all.add(client.chatAsync(question()));
            for (CompletableFuture<Completion> one : all) same(HELLO, one.get().text());
        }
        try {
            client("limited").chatAsync(question()).get();
        } catch (ExecutionException wrong) {
            same(Status.RATE_LIMITED, ((DosaiException) wrong.getCause()).status());
            return;
        }
        throw new AssertionError("it does not fail");
    }

    /** Asks for a chunk at a time, and says what has happened. */
    static class Subscriber implements Flow.Subscriber<Chunk> {
        final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        final AtomicInteger inside = new AtomicInteger();
        volatile Flow.Subscription subscription;

        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        public void onNext(Chunk chunk) {
            same(1, inside.incrementAndGet());
            seen.add(chunk.content());
            inside.decrementAndGet();
        }

        public void onError(Throwable wrong) {
            seen.add(wrong);
        }

        public void onComplete() {
            seen.add(true);
        }

        Object next() throws InterruptedException {
            subscription.request(1);
            return seen.poll(20, TimeUnit.SECONDS);
        }
    }

    static Subscriber subscribe(String script) {
        Subscriber made = new Subscriber();
        client(script).publish(question()).subscribe(made);
        return made;
    }

    static void publisher() throws Exception {
        Subscriber hello = subscribe("hello");
        Thread.sleep(50);
        same(0, hello.seen.size());
        StringBuilder text = new StringBuilder();
        Object one;
        while ((one = hello.next()) instanceof String piece) text.append(piece);
        same(HELLO + true, text.toString() + one);
        same(Status.RATE_LIMITED, ((DosaiException) subscribe("limited").next()).status());
        Subscriber half = subscribe("half");
        half.subscription.request(Long.MAX_VALUE);
        half.subscription.request(Long.MAX_VALUE);
        while ((one = half.seen.poll(20, TimeUnit.SECONDS)) instanceof String) { }
        same("0 1 2 ", ((DosaiException) one).completion().text());
        Subscriber wrong = subscribe("endless");
        wrong.subscription.request(0);
        same(IllegalArgumentException.class, wrong.seen.poll(20, TimeUnit.SECONDS).getClass());
    }

    /** They are of other tasks, and cancel no call. */
    static void pool() throws Exception {
        try (Client client = client("hello")) {
            for (int times = 0; times < 20; times++) {
                CompletableFuture<Completion> one = client.chatAsync(question());
                for (int task = 0; task < 4; task++) {
                    ForkJoinPool.commonPool().execute(() -> {
                        try {
                            Thread.sleep(3);
                        } catch (InterruptedException ofTheTaskBefore) { }
                        Thread.currentThread().interrupt();
                    });
                }
                same(HELLO, one.get().text());
            }
            Subscriber one = new Subscriber() {
                @Override
                public void onNext(Chunk chunk) {
                    super.onNext(chunk);
                    Thread.currentThread().interrupt();
                }
            };
            client.publish(question()).subscribe(one);
            one.subscription.request(Long.MAX_VALUE);
            Object last;
            while ((last = one.seen.poll(20, TimeUnit.SECONDS)) instanceof String) { }
            same(true, last);
        }
    }

    static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** Of some MB that are unread. */
    static void slow() throws Exception {
        try (Client client = client("many")) {
            begin(true, () -> {
                ChatStream slow = client.stream(question());
                String first = slow.next().content();
                long before = used();
                String all = contents(client.stream(question()));
                same(true, used() - before < 2 << 20);
                same(all, first + contents(slow));
                same(true, all.endsWith(" 19999 "));
                return null;
            }).get();
        }
    }

    /** In virtual threads, which have one carrier, and by few threads of the system. */
    static void waiting() throws Exception {
        CountDownLatch have = new CountDownLatch(300);
        List<Future<Object>> all = new ArrayList<>();
        try (Client client = client("endless")) {
            for (int at = 0; at < 100; at++) {
                all.add(begin(true, () -> {
                    for (Chunk chunk : client.stream(question())) {
                        if (chunk.kind() == Kind.CONTENT) have.countDown();
                    }
                    return null;
                }));
            }
            same(true, have.await(20, TimeUnit.SECONDS));
            same(HELLO, begin(true, () -> client("hello").chat(question()).text()).get(20, TimeUnit.SECONDS));
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            same("few", threads < 40 ? "few" : threads);
        }
        for (Future<Object> one : all) fails(Status.CANCELLED, () -> {
            try {
                one.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException wrong) {
                throw (Exception) wrong.getCause();
            }
        });
    }
}
