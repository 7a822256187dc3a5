package ai.dos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A chat request. What has no method is set by its name in the API, to what Json can write. For one thread at a time. */
public final class Request {
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private final List<Object> messages = new ArrayList<>();

    public Request(String model) {
        set("model", model);
        fields.put("messages", messages);
    }

    /** Any field, such as "temperature". "messages" takes a List, whose items replace the messages so far. */
    public Request set(String key, Object value) {
        if (!key.equals("messages")) {
            fields.put(key, value);
        } else if (value instanceof List<?> list) {
            List<Object> given = new ArrayList<>(list);
            messages.clear();
            messages.addAll(given);
        } else {
            throw new IllegalArgumentException("messages must be a List; chat and stream also take a whole request in JSON");
        }
        return this;
    }

    /** Any field but "messages", to JSON that is sent as it is. */
    public Request setJson(String key, String json) {
        return set(key, new Json.Raw(json));
    }

    /** A message of "system", "user", "assistant", or another role. */
    public Request message(String role, String content) {
        return message(Map.of("role", role, "content", content));
    }

    public Request user(String content) {
        return message("user", content);
    }

    public Request system(String content) {
        return message("system", content);
    }

    /** A message of any shape. */
    public Request message(Map<String, ?> message) {
        messages.add(message);
        return this;
    }

    /** A message that the model has sent, unchanged, with its calls and unknown fields. */
    public Request message(Completion.Message message) {
        messages.add(new Json.Raw(message.json()));
        return this;
    }

    /** The result of a call. */
    public Request toolResult(String toolCallId, String content) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", "tool");
        message.put("tool_call_id", toolCallId);
        message.put("content", content);
        return message(message);
    }

    /** Asks for an answer of one shape: a JSON schema, as a Map. */
    public Request jsonSchema(String name, Map<String, ?> schema) {
        return set("response_format", Map.of("type", "json_schema", "json_schema", Map.of("name", name, "strict", true, "schema", schema)));
    }

    /** The same, which may be changed on its own. Its messages stay shared. */
    Request beside() {
        Request made = new Request(null);
        made.fields.putAll(fields);
        return made;
    }

    Object get(String key) {
        return fields.get(key);
    }

    Request without(String key) {
        fields.remove(key);
        return this;
    }

    /** In JSON. */
    @Override
    public String toString() {
        return Json.write(fields);
    }
}
