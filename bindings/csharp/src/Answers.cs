using System;
using System.Collections.Generic;

namespace Dosai
{
    /// <summary>An answer; in an <see cref="Error"/>, the part of one that arrived. Dispose frees its memory at once; else
    /// the garbage collector does.</summary>
    public sealed unsafe class Completion : IDisposable
    {
        internal readonly CompletionHandle Handle;
        IReadOnlyList<Choice> choices;

        internal Completion(CompletionHandle handle) { Handle = handle; }

        /// <summary>The id of the answer, or null.</summary>
        public string Id => Native.Text(Handle, Native.dosai_completion_id(Handle, out IntPtr length), length);
        /// <summary>"object" of the answer, or null.</summary>
        public string Object => Native.Text(Handle, Native.dosai_completion_object(Handle, out IntPtr length), length);
        /// <summary>Unix time.</summary>
        public long? Created => Native.Known(Native.dosai_completion_created(Handle));
        /// <summary>The model that the server names, or null.</summary>
        public string Model => Native.Text(Handle, Native.dosai_completion_model(Handle, out IntPtr length), length);
        /// <summary>The content of the first choice, or "".</summary>
        public string Text => Choices.Count > 0 ? Choices[0].Content ?? "" : "";
        /// <summary>The answers that were asked for.</summary>
        public IReadOnlyList<Choice> Choices
        {
            get
            {
                if (choices != null) return choices;
                var made = new Choice[Native.dosai_completion_choice_count(Handle)];
                for (int at = 0; at < made.Length; at++) made[at] = new Choice(Handle, at);
                return choices = made;
            }
        }
        /// <summary>What was unusual in the answer.</summary>
        public Quirks Quirks => (Quirks)Native.dosai_completion_quirks(Handle);
        /// <summary>The HTTP status, such as 200.</summary>
        public int HttpStatus => Native.dosai_completion_http_status(Handle);
        /// <summary>The server's id of the request, or null.</summary>
        public string RequestId => Native.Text(Handle, Native.dosai_completion_request_id(Handle, out IntPtr length), length);
        /// <summary>The whole answer, as the server sent it, or put together, with the fields that have no name here.</summary>
        public string Json => Native.Text(Handle, Native.dosai_completion_json(Handle, out IntPtr length), length);
        /// <summary>The counts of tokens.</summary>
        public Usage Usage
        {
            get
            {
                dosai_usage usage;
                usage.struct_size = (uint)sizeof(dosai_usage);
                Native.dosai_completion_usage(Handle, &usage);
                return new Usage(&usage);
            }
        }
        /// <summary>The attempts to get the answer; the last one got it.</summary>
        public IReadOnlyList<Attempt> Attempts => Attempt.List(Native.dosai_completion_attempt_count(Handle), (at, into) => Native.dosai_completion_attempt(Handle, at, into));
        /// <summary>When what was reached.</summary>
        public Timings Timings => new Timings(into => Native.dosai_completion_timings(Handle, into));
        /// <summary>A header of the response, or null.</summary>
        public string Header(string name) =>
            Native.Text(Handle, Native.dosai_completion_header(Handle, Native.Word(name, nameof(name)), out IntPtr length), length);
        /// <summary>Frees the answer's memory.</summary>
        public void Dispose() => Handle.Dispose();
    }

    /// <summary>One of the answers that were asked for.</summary>
    public sealed unsafe class Choice
    {
        internal Choice(CompletionHandle from, int at)
        {
            IntPtr length;
            Index = Native.dosai_completion_choice_index(from, at);
            Role = Native.Text(from, Native.dosai_completion_role(from, at, out length), length);
            Content = Native.Text(from, Native.dosai_completion_content(from, at, out length), length);
            Reasoning = Native.Text(from, Native.dosai_completion_reasoning(from, at, out length), length);
            Refusal = Native.Text(from, Native.dosai_completion_refusal(from, at, out length), length);
            FinishReason = Native.Text(from, Native.dosai_completion_finish_reason_text(from, at, out length), length);
            MessageJson = Native.Text(from, Native.dosai_completion_message_json(from, at, out length), length);
            var calls = new ToolCall[Native.dosai_completion_tool_call_count(from, at)];
            for (int call = 0; call < calls.Length; call++) calls[call] = new ToolCall(from, at, call);
            ToolCalls = calls;
        }

        /// <summary>The server's index.</summary>
        public int Index { get; }
        /// <summary>The role of the message, or null.</summary>
        public string Role { get; }
        /// <summary>The text, or null.</summary>
        public string Content { get; }
        /// <summary>What the model thought, or null.</summary>
        public string Reasoning { get; }
        /// <summary>Why the model refuses, or null.</summary>
        public string Refusal { get; }
        /// <summary>Why the answer ended, in the server's word; null if it has not said.</summary>
        public string FinishReason { get; }
        /// <summary>The functions that the model calls.</summary>
        public IReadOnlyList<ToolCall> ToolCalls { get; }
        /// <summary>The message with all its fields; <see cref="Request.AddJson"/> sends it again.</summary>
        public string MessageJson { get; }
    }

    /// <summary>A call of a function by the model.</summary>
    public sealed unsafe class ToolCall
    {
        internal ToolCall(CompletionHandle from, int at, int call)
        {
            IntPtr length;
            Id = Native.Text(from, Native.dosai_completion_tool_call_id(from, at, call, out length), length);
            Name = Native.Text(from, Native.dosai_completion_tool_call_name(from, at, call, out length), length);
            Arguments = Native.Text(from, Native.dosai_completion_tool_call_arguments(from, at, call, out length), length);
        }

        /// <summary>The id, which the result names.</summary>
        public string Id { get; }
        /// <summary>The function.</summary>
        public string Name { get; }
        /// <summary>As the model wrote them: not necessarily valid JSON.</summary>
        public string Arguments { get; }
    }

    /// <summary>Counts of tokens; null if the server did not say.</summary>
    public sealed unsafe class Usage
    {
        internal Usage(dosai_usage* from)
        {
            PromptTokens = Native.Known(from->prompt_tokens);
            CompletionTokens = Native.Known(from->completion_tokens);
            TotalTokens = Native.Known(from->total_tokens);
            CachedTokens = Native.Known(from->cached_tokens);
            ReasoningTokens = Native.Known(from->reasoning_tokens);
        }

        /// <summary>Of the request.</summary>
        public long? PromptTokens { get; }
        /// <summary>Of the answer.</summary>
        public long? CompletionTokens { get; }
        /// <summary>Of both.</summary>
        public long? TotalTokens { get; }
        /// <summary>Of the request, those that the server had in its cache.</summary>
        public long? CachedTokens { get; }
        /// <summary>Of the answer, those of reasoning.</summary>
        public long? ReasoningTokens { get; }
    }

    /// <summary>One attempt to get an answer.</summary>
    public sealed unsafe class Attempt
    {
        internal delegate int Fill(int at, dosai_attempt* into);

        internal static IReadOnlyList<Attempt> List(int count, Fill fill)
        {
            var made = new Attempt[count];
            for (int at = 0; at < count; at++)
            {
                dosai_attempt attempt;
                attempt.struct_size = (uint)sizeof(dosai_attempt);
                fill(at, &attempt);
                made[at] = new Attempt { Status = (Status)attempt.status, HttpStatus = attempt.http_status, Delay = Native.Milliseconds(attempt.delay_ms) };
            }
            return made;
        }

        /// <summary>How it ended.</summary>
        public Status Status { get; private set; }
        /// <summary>0 if there was no answer.</summary>
        public int HttpStatus { get; private set; }
        /// <summary>The wait before the next one.</summary>
        public TimeSpan Delay { get; private set; }
    }

    /// <summary>Times from the start of the call; null if not reached.</summary>
    public sealed unsafe class Timings
    {
        internal delegate int Fill(dosai_timings* into);

        internal Timings(Fill fill)
        {
            var times = new dosai_timings { struct_size = (uint)sizeof(dosai_timings), connect_us = -1, first_byte_us = -1, first_token_us = -1, total_us = -1 };
            fill(&times);
            Connect = Native.Microseconds(times.connect_us);
            FirstByte = Native.Microseconds(times.first_byte_us);
            FirstToken = Native.Microseconds(times.first_token_us);
            Total = Native.Microseconds(times.total_us);
            ReusedConnection = times.reused_connection == 1;
        }

        /// <summary>The request could be sent.</summary>
        public TimeSpan? Connect { get; }
        /// <summary>The first byte of the response.</summary>
        public TimeSpan? FirstByte { get; }
        /// <summary>The first chunk with text or a tool call, of a stream.</summary>
        public TimeSpan? FirstToken { get; }
        /// <summary>The end of the call.</summary>
        public TimeSpan? Total { get; }
        /// <summary>Whether the connection was open before.</summary>
        public bool ReusedConnection { get; }
    }

    /// <summary>The answer to a GET or a POST.</summary>
    public sealed unsafe class Response : IDisposable
    {
        readonly ResponseHandle handle;

        internal Response(ResponseHandle handle) { this.handle = handle; }

        /// <summary>The body, as the server sent it.</summary>
        public string Json => Native.Text(handle, Native.dosai_response_json(handle, out IntPtr length), length);
        /// <summary>The HTTP status, such as 200.</summary>
        public int HttpStatus => Native.dosai_response_http_status(handle);
        /// <summary>The server's id of the request, or null.</summary>
        public string RequestId => Native.Text(handle, Native.dosai_response_request_id(handle, out IntPtr length), length);
        /// <summary>The attempts to get the answer; the last one got it.</summary>
        public IReadOnlyList<Attempt> Attempts => Attempt.List(Native.dosai_response_attempt_count(handle), (at, into) => Native.dosai_response_attempt(handle, at, into));
        /// <summary>When what was reached.</summary>
        public Timings Timings => new Timings(into => Native.dosai_response_timings(handle, into));
        /// <summary>A header of the response, or null.</summary>
        public string Header(string name) =>
            Native.Text(handle, Native.dosai_response_header(handle, Native.Word(name, nameof(name)), out IntPtr length), length);
        /// <summary>Frees the answer's memory.</summary>
        public void Dispose() => handle.Dispose();
    }
}
