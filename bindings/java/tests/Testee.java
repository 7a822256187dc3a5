import ai.dos.*;
import java.io.*;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;

/** The testee of Java: see Tests/Bindings/README.md. Its asynchronous ways are virtual threads. */
final class Testee {
    static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work);
        made.setDaemon(true);
        return made;
    });
    static final Map<String, Client> CLIENTS = new ConcurrentHashMap<>();

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0 && arguments[0].equals("chat")) System.exit(chat(arguments));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            Object answer;
            try {
                answer = serve(line);
            } catch (Throwable wrong) {
                StringWriter trace = new StringWriter();
                wrong.printStackTrace(new PrintWriter(trace));
                answer = Map.of("failed", trace.toString());
            }
            say(answer);
        }
    }

    static void say(Object value) {
        OUT.print(Json.write(value) + "\n");
        OUT.flush();
    }

    static Map<String, Object> map(Object... pairs) {
        Map<String, Object> made = new LinkedHashMap<>();
        for (int at = 0; at < pairs.length; at += 2) made.put((String) pairs[at], pairs[at + 1]);
        return made;
    }

    /** In a thread of its own, virtual or not, which is interrupted after so many milliseconds. */
    static <T> T inThread(boolean isVirtual, Object after, Callable<T> work) throws Throwable {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = isVirtual ? Thread.ofVirtual().unstarted(task) : Thread.ofPlatform().unstarted(task);
        if (after instanceof Long soon && soon == 0) {
            thread = (isVirtual ? Thread.ofVirtual() : Thread.ofPlatform()).unstarted(() -> {
                Thread.currentThread().interrupt();
                task.run();
            });
        } else if (after != null) {
            TIMER.schedule(thread::interrupt, (Long) after, TimeUnit.MILLISECONDS);
        }
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException wrong) {
            throw wrong.getCause();
        }
    }

    // ---- what is seen, as JSON

    static Object usage(Usage usage, Object unknown) {
        if (usage == null) return null;
        long[] counts = {usage.promptTokens(), usage.completionTokens(), usage.totalTokens(), usage.cachedTokens(), usage.reasoningTokens()};
        Map<String, Object> made = map();
        for (int at = 0; at < 5; at++) {
            String name = List.of("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens").get(at);
            made.put(name, counts[at] < 0 ? unknown : (Object) counts[at]);
        }
        return made;
    }

    static Object attempts(List<Attempt> attempts) {
        return attempts.stream().map(one -> map("status", one.status().name(), "http_status", one.httpStatus(), "delay_ms", one.delayMillis())).toList();
    }

    static Object completion(Completion answer) {
        if (answer == null) return null;
        List<Object> choices = new ArrayList<>();
        for (Completion.Choice choice : answer.choices()) {
            Completion.Message message = choice.message();
            choices.add(map("index", choice.index(), "role", message.role(), "content", message.content(), "refusal", message.refusal(),
                    "reasoning", message.reasoning(), "finish_reason", choice.finishReason(),
                    "tool_calls", message.toolCalls().stream().map(one -> map("id", one.id(), "name", one.name(), "arguments", one.arguments())).toList()));
        }
        return map("json", answer.json(), "id", answer.id(), "object", answer.object(), "created", answer.created(), "model", answer.model(),
                "choices", choices, "usage", usage(answer.usage(), -1), "quirks", answer.quirks().stream().map(Enum::name).toList(),
                "http_status", answer.httpStatus(), "attempts", attempts(answer.attempts()));
    }

    static String clock(DosaiException wrong) {
        return wrong.clock() == Clock.NONE ? null : wrong.clock().name().toLowerCase();
    }

    static Object error(DosaiException wrong) {
        return map("status", wrong.status().name(), "message", wrong.getMessage(), "http_status", wrong.httpStatus(), "code", wrong.code(),
                "type", wrong.type(), "param", wrong.param(), "body", wrong.body() == null ? null : HexFormat.of().formatHex(wrong.body()),
                "clock", clock(wrong), "retry_after_ms", wrong.retryAfterMillis(), "request_id", wrong.requestId(),
                "attempts", attempts(wrong.attempts()), "completion", completion(wrong.completion()));
    }

    // ---- chunks, put together to events

    @SuppressWarnings("unchecked")
    static Map<String, Object> found(List<Object> all, int index) {
        for (Object one : all) {
            if (((Map<String, Object>) one).get("index").equals(index)) return (Map<String, Object>) one;
        }
        all.add(map("index", index));
        return (Map<String, Object>) all.get(all.size() - 1);
    }

    static void append(Map<String, Object> to, String key, String text) {
        to.merge(key, text == null ? "" : text, (old, more) -> old + (String) more);
    }

    @SuppressWarnings("unchecked")
    static void take(Map<String, Object> event, Chunk chunk) {
        if (chunk.usage() != null) event.put("usage", usage(chunk.usage(), -1));
        if (chunk.choice() < 0) return;
        Map<String, Object> choice = found((List<Object>) event.get("choices"), chunk.choice());
        if (chunk.kind() == Kind.TOOL_CALL) {
            Map<String, Object> call = found((List<Object>) choice.computeIfAbsent("tool_calls", key -> new ArrayList<>()), chunk.toolCall());
            append(call, "id", chunk.toolCallId());
            append(call, "name", chunk.toolCallName());
            append(call, "arguments", chunk.text());
        } else if (chunk.kind() != Kind.OTHER && chunk.kind() != Kind.USAGE) {
            append(choice, chunk.kind() == Kind.FINISH ? "finish_reason" : chunk.kind().name().toLowerCase(), chunk.text());
        }
    }

    // ---- calls

    static String camel(String name) {
        StringBuilder made = new StringBuilder();
        for (String word : name.split("_")) made.append(made.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        return made.toString();
    }

    static void set(ClientOptions options, String name, Object value) {
        String wanted = camel(name.endsWith("_ms") ? name.substring(0, name.length() - 3) : name);
        Method setter = Arrays.stream(ClientOptions.class.getDeclaredMethods()).filter(one -> one.getName().equals(wanted)).findFirst().orElseThrow();
        Class<?> type = setter.getParameterTypes()[0];
        Object given = value;
        if (type == Duration.class) given = Duration.ofMillis((Long) value);
        else if (type == int.class) given = ((Long) value).intValue();
        else if (type == boolean.class) given = value.equals(true) || value.equals(1L);
        else if (type == String[].class) given = ((List<?>) value).toArray(String[]::new);
        try {
            setter.invoke(options, given);
        } catch (ReflectiveOperationException wrong) {
            throw new IllegalArgumentException(name, wrong);
        }
    }

    @SuppressWarnings("unchecked")
    static Client client(Map<String, Object> asked) {
        Map<String, Object> given = new TreeMap<>((Map<String, Object>) asked.get("options"));
        given.put("base_url", asked.get("url"));
        return CLIENTS.computeIfAbsent(Json.write(given), key -> {
            ClientOptions options = new ClientOptions();
            given.forEach((name, value) -> set(options, name, value));
            return new Client(options);
        });
    }

    static void pause() {
        try {
            Thread.sleep(300);
        } catch (InterruptedException wrong) {
            throw new AssertionError(wrong);
        }
    }

    static Completion make(Client client, Map<String, Object> asked, List<Object> events) {
        String request = Json.write(asked.get("request"));
        if (((String) asked.get("face")).endsWith("whole")) return client.chat(request);
        try (ChatStream stream = client.stream(request)) {
            Map<String, Object> open = null;
            for (Chunk chunk : stream) {
                if (open == null) {
                    open = map("json", chunk.json(), "choices", new ArrayList<>());
                    events.add(open);
                }
                take(open, chunk);
                if (!chunk.isLastInEvent()) continue;
                open = null;
                if (Objects.equals(asked.get("cancel_after"), (long) events.size())) stream.cancel();
                if (Objects.equals(asked.get("pause_after"), (long) events.size())) pause();
                if (Objects.equals(asked.get("drop_after"), (long) events.size())) return null;
            }
            return stream.completion();
        }
    }

    @SuppressWarnings("unchecked")
    static Object serve(String line) throws Throwable {
        Map<String, Object> asked = (Map<String, Object>) Json.parse(line);
        if (asked == null) return map("failed", "nothing is asked");
        List<Object> events = Collections.synchronizedList(new ArrayList<>());
        Object after = Objects.equals(asked.get("cancel_after"), 0L) ? (Object) 0L : asked.get("cancel_after_ms");
        try {
            Completion answer = inThread(((String) asked.get("face")).startsWith("async_"), after, () -> make(client(asked), asked, events));
            return map("status", "OK", "chunks", events, "completion", completion(answer), "error", null);
        } catch (DosaiException wrong) {
            return map("status", wrong.status().name(), "chunks", events, "completion", null, "error", error(wrong));
        }
    }

    // ---- chat --json

    static Object raw(String json) {
        return json == null ? null : Json.parse(json);
    }

    static void show(Chunk chunk) {
        Map<String, Object> shown = map("kind", chunk.kind().name().toLowerCase(), "choice", chunk.choice());
        switch (chunk.kind()) {
            case FINISH -> shown.put("finish_reason", chunk.text());
            case USAGE -> shown.put("usage", usage(chunk.usage(), null));
            case OTHER -> shown.put("json", raw(chunk.json()));
            default -> shown.put("text", chunk.text());
        }
        if (chunk.kind() == Kind.TOOL_CALL) {
            shown.putAll(map("tool_call", chunk.toolCall(), "id", chunk.toolCallId(), "name", chunk.toolCallName()));
        }
        say(map("chunk", shown));
    }

    static Object millis(long micros) {
        return micros < 0 ? null : (Object) (micros / 1000.0);
    }

    static int exit(Status status) {
        return switch (status) {
            case OK -> 0;
            case INVALID_ARGUMENT -> 2;
            case CONNECTION, PROXY, TLS, TIMEOUT, REDIRECTED -> 3;
            case TRUNCATED, PROTOCOL, TOO_LARGE -> 4;
            case CANCELLED -> 130;
            case BAD_REQUEST, AUTHENTICATION, INSUFFICIENT_CREDITS, PERMISSION, NOT_FOUND, RATE_LIMITED, SERVER, UNAVAILABLE, PROVIDER -> 1;
            default -> 5;
        };
    }

    static int finish(Completion answer, DosaiException wrong) {
        Map<String, Object> told = map("status", wrong == null ? "OK" : wrong.status().name(), "error", null);
        if (wrong != null) {
            told.put("error", map("message", wrong.getMessage(), "http_status", wrong.httpStatus() == 0 ? null : wrong.httpStatus(), "code", wrong.code(),
                    "type", wrong.type(), "param", wrong.param(), "request_id", wrong.requestId(),
                    "retry_after_ms", wrong.retryAfterMillis() < 0 ? null : wrong.retryAfterMillis(),
                    "body", wrong.body() == null ? null : utf8(wrong.body()), "timeout", clock(wrong)));
            answer = wrong.completion();
        }
        Timings times = wrong == null ? answer.timings() : wrong.timings();
        told.put("attempts", (wrong == null ? answer.attempts() : wrong.attempts()).size());
        told.put("timings", map("connect_ms", millis(times.connectMicros()), "first_byte_ms", millis(times.firstByteMicros()),
                "first_token_ms", millis(times.firstTokenMicros()), "total_ms", millis(times.totalMicros())));
        told.put("quirks", answer == null ? List.of() : answer.quirks().stream().map(Enum::name).toList());
        told.put("completion", answer == null ? null : raw(answer.json()));
        say(told);
        return exit(wrong == null ? Status.OK : wrong.status());
    }

    static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @SuppressWarnings("unchecked")
    static int chat(String[] arguments) throws Exception {
        Map<String, String> given = new HashMap<>(Map.of("--max-retries", "2"));
        for (int at = 1; at < arguments.length; at++) {
            boolean isFlag = List.of("--json", "--no-stream", "--async").contains(arguments[at]);
            if (isFlag) given.put(arguments[at], "");
            else if (arguments[at].startsWith("-")) given.put(arguments[at], arguments[++at]);
            else given.put("prompt", arguments[at]);
        }
        Request request = new Request(given.get("-m")).user(given.get("prompt"));
        if (given.containsKey("--request")) {
            ((Map<String, Object>) Json.parse(Files.readString(Path.of(given.get("--request"))))).forEach(request::set);
        }
        int retries = Integer.parseInt(given.get("--max-retries"));
        ClientOptions options = new ClientOptions().baseUrl(given.get("--base-url")).apiKey(System.getenv("DOSAI_API_KEY")).maxRetries(retries == 0 ? -1 : retries);
        if (given.containsKey("--timeout")) options.totalTimeout(Duration.ofMillis((long) (Double.parseDouble(given.get("--timeout")) * 1000)));
        try (Client client = new Client(options)) {
            return finish(inThread(given.containsKey("--async"), null, () -> {
                if (given.containsKey("--no-stream")) return client.chat(request);
                try (ChatStream stream = client.stream(request)) {
                    stream.forEachRemaining(Testee::show);
                    return stream.completion();
                }
            }), null);
        } catch (DosaiException wrong) {
            return finish(null, wrong);
        } catch (Throwable wrong) {
            throw new AssertionError(wrong);
        }
    }
}
