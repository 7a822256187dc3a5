import ai.dos.*;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;

/**
 * Streams in Java: the CPU of the process a chunk, by the binding (dosai: a thread; virtual: a virtual thread) and by
 * java.net.http with Jackson (native). usage: MODE BASE WARM CALLS. The calls are one behind the other, on one connection;
 * those before them are not measured. Prints nanoseconds of CPU, chunks, and bytes of text.
 */
final class StreamBenchmark {
    static long chunks, text;

    /** What programs read of a chunk. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Event {
        public String id, model;
        public long created;
        public List<Choice> choices;
        public Usage usage;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Choice {
        public int index;
        public Delta delta;
        @JsonProperty("finish_reason") public String finishReason;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Delta {
        public String role, content;
        @JsonProperty("tool_calls") public List<ToolCall> toolCalls;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class ToolCall {
        public int index;
        public String id;
        public Function function;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Function {
        public String name, arguments;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Usage {
        @JsonProperty("prompt_tokens") public long promptTokens;
        @JsonProperty("completion_tokens") public long completionTokens;
    }

    static void withDosai(Client client) {
        try (ChatStream stream = client.stream(new Request("m").user("Hello!"))) {
            while (stream.hasNext()) seen(stream.next().content());
        }
    }

    static void seen(String content) {
        chunks++;
        if (content != null) text += content.length();
    }

    static final class Native {
        final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        final ObjectReader reader = new ObjectMapper().readerFor(Event.class);
        byte[] buffer = new byte[64 << 10];

        void stream(String base) throws IOException, InterruptedException {
            String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"stream\":true}";
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/chat/completions")).header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build();
            try (InputStream in = client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body()) {
                int filled = 0;
                for (int count; (count = in.read(buffer, filled, buffer.length - filled)) >= 0; ) {
                    filled = lines(filled, filled + count);
                    if (filled == buffer.length) buffer = Arrays.copyOf(buffer, 2 * filled);
                }
            }
        }

        /** Takes the lines of what is there, and moves what is left to the begin. */
        int lines(int from, int end) throws IOException {
            int start = 0;
            for (int at = from; at < end; at++) {
                if (buffer[at] != '\n') continue;
                line(start, buffer[Math.max(at - 1, 0)] == '\r' ? at - 1 : at);
                start = at + 1;
            }
            System.arraycopy(buffer, start, buffer, 0, end - start);
            return end - start;
        }

        void line(int start, int end) throws IOException {
            boolean isData = end - start > 6 && buffer[start] == 'd' && buffer[start + 4] == ':';
            if (!isData || buffer[start + 6] != '{') return; // or [DONE]
            Event event = reader.readValue(buffer, start + 6, end - start - 6);
            seen(event.choices.isEmpty() ? null : event.choices.get(0).delta.content);
        }
    }

    static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static void measure(String[] arguments) throws Exception {
        int warm = Integer.parseInt(arguments[2]), calls = Integer.parseInt(arguments[3]);
        Client client = new Client(new ClientOptions().baseUrl(arguments[1]).maxTextBytes(-1));
        Native other = new Native();
        long before = 0;
        for (int call = -warm; call < calls; call++) {
            if (call == 0) {
                before = cpu();
                chunks = text = 0;
            }
            if (arguments[0].equals("native")) other.stream(arguments[1]);
            else withDosai(client);
        }
        System.out.println(cpu() - before + " " + chunks + " " + text);
    }

    public static void main(String[] arguments) throws Exception {
        if (!arguments[0].equals("virtual")) {
            measure(arguments);
            return;
        }
        Thread.ofVirtual().start(() -> {
            try {
                measure(arguments);
            } catch (Exception wrong) {
                throw new AssertionError(wrong);
            }
        }).join();
    }
}
