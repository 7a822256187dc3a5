using System;

namespace Dosai
{
    /// <summary>A piece of a stream. An event of the server yields one or more.</summary>
    public sealed unsafe class Chunk
    {
        readonly byte[] json;

        internal Chunk(dosai_chunk* from)
        {
            Kind = (Kind)from->kind;
            Choice = from->choice;
            LastInEvent = from->last_in_event != 0;
            Text = Native.Text(from->text, from->text_length);
            json = Native.Copy(from->json, from->json_length);
            ToolCall = from->tool_call;
            if (from->text_only != 0 && Kind != Kind.ToolCall) return; // there is nothing else
            ToolCallId = Native.Text(from->tool_call_id, from->tool_call_id_length);
            ToolCallName = Native.Text(from->tool_call_name, from->tool_call_name_length);
            EventType = Native.Text(from->event_type, from->event_type_length);
            EventId = Native.Text(from->event_id, from->event_id_length);
            if (from->usage != null) Usage = new Usage(from->usage);
        }

        internal int Size => (json?.Length ?? 0) + (Text?.Length ?? 0);

        /// <summary>Which of the fields below are set.</summary>
        public Kind Kind { get; }
        /// <summary>The server's index of the choice; -1 if none.</summary>
        public int Choice { get; }
        /// <summary>Whether its event yields no more.</summary>
        public bool LastInEvent { get; }
        /// <summary>A piece of the content, the reasoning, the refusal or the arguments of a call; the finish reason; the data
        /// of an event; else null.</summary>
        public string Text { get; }
        /// <summary>The text, if it is one of the answer's content; else "".</summary>
        public string Content => Kind == Kind.Content ? Text : "";
        /// <summary>The server's index of the tool call; -1 if none.</summary>
        public int ToolCall { get; }
        /// <summary>The id of a tool call, if it was sent.</summary>
        public string ToolCallId { get; }
        /// <summary>The function of a tool call, if it was sent.</summary>
        public string ToolCallName { get; }
        /// <summary>The counts of tokens, of the kind Usage.</summary>
        public Usage Usage { get; }
        /// <summary>The type of an event, of the kind Event.</summary>
        public string EventType { get; }
        /// <summary>The last id that the server has sent, of the kind Event.</summary>
        public string EventId { get; }
        /// <summary>The whole event, with the fields that have no name here.</summary>
        public string Json => json == null ? null : System.Text.Encoding.UTF8.GetString(json);
    }
}
