package ai.dos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A function that the model may call. parameters is a JSON schema, or null. It gets the arguments, and gives a text, or what
 * Json can write. The model is told of an exception that it throws; an Error, or an interrupt, ends the whole.
 */
public record Tool(String name, String description, Map<String, ?> parameters, Function function) {
    /** What is called. */
    public interface Function {
        Object call(Map<String, Object> arguments) throws Exception;
    }

    /** Of several calls in one answer, each runs in a virtual thread. The request's messages grow by each round. */
    static Completion run(Client client, Request request, List<Tool> tools, int maxRounds) {
        Request asked = request.beside().set("tools", tools.stream().map(Tool::described).toList());
        for (int round = 1; ; round++) {
            Completion answer = client.chat(asked);
            Completion.Choice first = answer.choices().isEmpty() ? null : answer.choices().get(0);
            if (first == null || first.message().toolCalls().isEmpty()) return answer;
            if ("length".equals(first.finishReason()) || "content_filter".equals(first.finishReason())) {
                throw DosaiException.made(Status.TRUNCATED, "an answer with calls was cut short: " + first.finishReason(), answer);
            }
            if (round >= maxRounds) throw DosaiException.made(Status.TOO_LARGE, "the model still calls functions in round " + round, answer);
            List<Completion.ToolCall> calls = first.message().toolCalls();
            List<String> results = calls.size() == 1 ? List.of(result(tools, calls.get(0))) : together(tools, calls);
            request.message(first.message());
            for (int at = 0; at < calls.size(); at++) request.toolResult(calls.get(at).id(), results.get(at));
            Object choice = asked.get("tool_choice");
            if (choice != null) asked.set("tool_choice", unforced(choice));
        }
    }

    /** The choice of the questions after the first: with a call that is forced, the model could only call again. */
    @SuppressWarnings("unchecked")
    private static Object unforced(Object given) {
        Object read = Json.parse(Json.write(given));
        if ("required".equals(read)) return "auto";
        if (!(read instanceof Map<?, ?> choice)) return given;
        if (choice.containsKey("function") || choice.containsKey("custom")) return "auto";
        if (!(choice.get("allowed_tools") instanceof Map<?, ?> allowed) || !"required".equals(allowed.get("mode"))) return given;
        ((Map<String, Object>) allowed).put("mode", "auto");
        return read;
    }

    private static List<String> together(List<Tool> tools, List<Completion.ToolCall> calls) {
        List<FutureTask<String>> running = new ArrayList<>();
        try {
            for (Completion.ToolCall call : calls) {
                FutureTask<String> one = new FutureTask<>(() -> result(tools, call));
                Thread.ofVirtual().start(one);
                running.add(one);
            }
            List<String> results = new ArrayList<>();
            for (FutureTask<String> one : running) results.add(one.get());
            return results;
        } catch (InterruptedException interrupt) {
            throw interrupted();
        } catch (ExecutionException wrong) {
            throw Native.thrown(wrong.getCause());
        } finally {
            for (FutureTask<String> one : running) one.cancel(true); // if it still runs
        }
    }

    private static DosaiException interrupted() {
        Thread.currentThread().interrupt();
        return DosaiException.made(Status.CANCELLED, "the thread was interrupted", null);
    }

    @SuppressWarnings("unchecked")
    private static String result(List<Tool> tools, Completion.ToolCall call) {
        try {
            for (Tool tool : tools) {
                if (!tool.name.equals(call.name())) continue;
                String text = call.arguments() == null || call.arguments().isBlank() ? "{}" : call.arguments();
                if (!(Json.parse(text) instanceof Map<?, ?> arguments)) return "error: the arguments are no object";
                Object result = tool.function.call((Map<String, Object>) arguments);
                return result instanceof String one ? one : Json.write(result);
            }
            return "error: there is no function " + call.name();
        } catch (InterruptedException interrupt) {
            throw interrupted();
        } catch (Exception | StackOverflowError wrong) {
            return "error: " + textOf(wrong);
        }
    }

    private static String textOf(Throwable wrong) {
        try {
            return wrong.getMessage() == null ? wrong.toString() : wrong.getMessage();
        } catch (RuntimeException | StackOverflowError another) {
            return "the function failed";
        }
    }

    private Map<String, Object> described() {
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("name", name);
        if (description != null) made.put("description", description);
        if (parameters != null) made.put("parameters", parameters);
        return Map.of("type", "function", "function", made);
    }
}
