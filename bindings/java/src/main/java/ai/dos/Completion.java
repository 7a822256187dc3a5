package ai.dos;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.EnumSet;

/**
 * The answer to a chat, whole or, in an exception, in part. Texts that the server did not send are null. created is Unix
 * time in seconds, or -1. json is the whole answer, with fields that the library does not know.
 */
public record Completion(String id, String object, long created, String model, List<Choice> choices, Usage usage, Set<Quirk> quirks,
        int httpStatus, String requestId, List<Attempt> attempts, Timings timings, String json) implements Serializable {
    /** One of the answers. index is the server's; finishReason is its own word. */
    public record Choice(int index, Message message, String finishReason) implements Serializable {}

    /** json is what Request.message sends again, unchanged. */
    public record Message(String role, String content, String reasoning, String refusal, List<ToolCall> toolCalls, String json)
            implements Serializable {}

    /** arguments are as the model wrote them, and not necessarily JSON. */
    public record ToolCall(String id, String name, String arguments) implements Serializable {}

    /** The content of the first choice, or "". */
    public String text() {
        String content = choices.isEmpty() ? null : choices.get(0).message.content;
        return content == null ? "" : content;
    }

    /** Does not free it. */
    static Completion read(long handle) {
        if (handle == 0) return null;
        try (Native.Reader from = new Native.Reader(handle)) {
            List<Choice> choices = new ArrayList<>();
            for (int at = 0; at < Declarations.dosai_completion_choice_count(handle); at++) choices.add(choice(from, at));
            long usage = from.struct(Declarations.usage.SIZE);
            Declarations.dosai_completion_usage(handle, usage);
            return new Completion(from.text(Declarations::dosai_completion_id), from.text(Declarations::dosai_completion_object),
                    Declarations.dosai_completion_created(handle), from.text(Declarations::dosai_completion_model), List.copyOf(choices),
                    Native.usage(usage), quirks(Declarations.dosai_completion_quirks(handle)), Declarations.dosai_completion_http_status(handle),
                    from.text(Declarations::dosai_completion_request_id),
                    Native.attempts(from, Declarations.dosai_completion_attempt_count(handle), Declarations::dosai_completion_attempt),
                    Native.timings(from, Declarations::dosai_completion_timings), from.text(Declarations::dosai_completion_json));
        }
    }

    private interface OfChoice {
        long get(long handle, int choice, long outLength);
    }

    private interface OfToolCall {
        long get(long handle, int choice, int toolCall, long outLength);
    }

    private static String text(Native.Reader from, int at, OfChoice getter) {
        return from.text((handle, length) -> getter.get(handle, at, length));
    }

    private static String text(Native.Reader from, int at, int call, OfToolCall getter) {
        return from.text((handle, length) -> getter.get(handle, at, call, length));
    }

    private static Choice choice(Native.Reader from, int at) {
        List<ToolCall> calls = new ArrayList<>();
        for (int call = 0; call < Declarations.dosai_completion_tool_call_count(from.handle, at); call++) {
            calls.add(new ToolCall(text(from, at, call, Declarations::dosai_completion_tool_call_id),
                    text(from, at, call, Declarations::dosai_completion_tool_call_name),
                    text(from, at, call, Declarations::dosai_completion_tool_call_arguments)));
        }
        Message message = new Message(text(from, at, Declarations::dosai_completion_role), text(from, at, Declarations::dosai_completion_content),
                text(from, at, Declarations::dosai_completion_reasoning), text(from, at, Declarations::dosai_completion_refusal),
                List.copyOf(calls), text(from, at, Declarations::dosai_completion_message_json));
        return new Choice(Declarations.dosai_completion_choice_index(from.handle, at), message,
                text(from, at, Declarations::dosai_completion_finish_reason_text));
    }

    private static Set<Quirk> quirks(int bits) {
        Set<Quirk> made = EnumSet.noneOf(Quirk.class);
        for (Quirk one : Quirk.values()) {
            if ((bits & one.number) != 0) made.add(one);
        }
        return made;
    }
}
