package ai.dos;

import java.nio.charset.StandardCharsets;

/** A piece of a stream. */
public final class Chunk {
    private final Kind kind;
    private final int choice, toolCall;
    private final boolean isLastInEvent;
    private final String text;
    private final byte[] json;
    private String toolCallId, toolCallName, eventType, eventId;
    private Usage usage;

    /** Copies what C lends. */
    Chunk(long from) {
        kind = Kind.of(Native.intAt(from + Declarations.chunk.kind));
        choice = Native.intAt(from + Declarations.chunk.choice);
        isLastInEvent = Native.intAt(from + Declarations.chunk.last_in_event) != 0;
        text = text(from + Declarations.chunk.text);
        json = Native.bytes(Native.at(from + Declarations.chunk.json), Native.at(from + Declarations.chunk.json_length));
        toolCall = Native.intAt(from + Declarations.chunk.tool_call);
        if (kind == Kind.TOOL_CALL) {
            toolCallId = text(from + Declarations.chunk.tool_call_id);
            toolCallName = text(from + Declarations.chunk.tool_call_name);
        } else if (kind == Kind.USAGE) {
            usage = Native.usage(Native.at(from + Declarations.chunk.usage));
        } else if (kind == Kind.EVENT) {
            eventType = text(from + Declarations.chunk.event_type);
            eventId = text(from + Declarations.chunk.event_id);
        }
    }

    /** Its length follows it. */
    private static String text(long field) {
        return Native.text(Native.at(field), Native.at(field + 8));
    }

    int size() { return json == null ? 64 : json.length + 64; }

    public Kind kind() { return kind; }

    /** The server's index of the choice; -1: none. */
    public int choice() { return choice; }

    /** If it is a piece of the answer's content, that; else "". */
    public String content() { return kind == Kind.CONTENT && text != null ? text : ""; }

    /** A piece of content, reasoning, refusal or arguments; the reason of a finish; the data of an event; or null. */
    public String text() { return text; }

    /** Which call of the choice, from 0; -1: none. */
    public int toolCall() { return toolCall; }

    public String toolCallId() { return toolCallId; }

    public String toolCallName() { return toolCallName; }

    public Usage usage() { return usage; }

    public String eventType() { return eventType; }

    public String eventId() { return eventId; }

    public boolean isLastInEvent() { return isLastInEvent; }

    /** The whole event as the server sent it, with fields that the library does not know. */
    public String json() { return json == null ? null : new String(json, StandardCharsets.UTF_8); }

    @Override
    public String toString() { return kind + " " + text; }
}
