using System;

namespace Dosai
{
    /// <summary>A chat request: the text of one JSON object, which is sent as it is. Calls that it is given to do not keep
    /// it. For one thread at a time. Dispose frees its memory at once; else the garbage collector does.</summary>
    public sealed unsafe class Request : IDisposable
    {
        internal readonly RequestHandle Handle;

        Request(RequestHandle handle) { Handle = handle; }

        /// <summary>A request without messages.</summary>
        public Request(string model)
        {
            byte[] name = Native.Bytes(model, nameof(model));
            Native.Check(Native.dosai_request_new(name, Native.Length(name), out Handle, out ErrorHandle error), error);
        }

        /// <summary>A request from its JSON.</summary>
        public static Request Parse(string json)
        {
            byte[] text = Native.Bytes(json, nameof(json));
            Native.Check(Native.dosai_request_parse(text, Native.Length(text), out RequestHandle handle, out ErrorHandle error), error);
            return new Request(handle);
        }

        /// <summary>A request with the same text.</summary>
        public Request Copy()
        {
            bool isHeld = false;
            Handle.DangerousAddRef(ref isHeld);
            try
            {
                Native.Check(Native.dosai_request_copy(Handle.DangerousGetHandle(), out RequestHandle copy, out ErrorHandle error), error);
                return new Request(copy);
            }
            finally { Handle.DangerousRelease(); }
        }

        /// <summary>Adds a message. The role is "system", "user", "assistant", or any other that the server knows.</summary>
        public Request Add(string role, string content)
        {
            byte[] text = Native.Bytes(content, nameof(content));
            return Done(Native.dosai_request_add_message(Handle, Native.Word(role, nameof(role)), text, Native.Length(text), out ErrorHandle error), error);
        }

        /// <summary>Adds a message that is given as JSON, for example with parts or fields of your server's own.</summary>
        public Request AddJson(string message)
        {
            byte[] text = Native.Bytes(message, nameof(message));
            return Done(Native.dosai_request_add_message_json(Handle, text, Native.Length(text), out ErrorHandle error), error);
        }

        /// <summary>Adds the message of a choice, unchanged, with its tool calls and unknown fields.</summary>
        public Request Add(Completion completion, int choice = 0) =>
            Done(Native.dosai_request_add_completion(Handle, (completion ?? throw new ArgumentNullException(nameof(completion))).Handle, choice, out ErrorHandle error), error);

        /// <summary>Adds a function that the model may call; the parameters are a JSON schema, or null.</summary>
        public Request AddTool(string name, string description = null, string parameters = null)
        {
            byte[] schema = parameters == null ? null : Native.Bytes(parameters, nameof(parameters));
            byte[] about = description == null ? null : Native.Word(description, nameof(description));
            return Done(Native.dosai_request_add_tool(Handle, Native.Word(name, nameof(name)), about, schema,
                schema == null ? IntPtr.Zero : Native.Length(schema), out ErrorHandle error), error);
        }

        /// <summary>Adds the result of a call of the model.</summary>
        public Request AddToolResult(string callId, string content)
        {
            byte[] text = Native.Bytes(content, nameof(content)), id = Native.Bytes(callId ?? "", nameof(callId));
            bool hasNul = Array.IndexOf(id, (byte)0) < id.Length - 1; // then it is no C string
            Done(Native.dosai_request_add_tool_result(Handle, hasNul ? new byte[1] : id, text, Native.Length(text), out ErrorHandle error), error);
            return !hasNul ? this : Done(Native.dosai_request_set_message_text(Handle, Native.Word("tool_call_id", null), id, Native.Length(id), out error), error);
        }

        /// <summary>Sets a field to a text.</summary>
        public Request Set(string key, string text)
        {
            byte[] bytes = Native.Bytes(text, nameof(text));
            return Done(Native.dosai_request_set_text(Handle, Native.Word(key, nameof(key)), bytes, Native.Length(bytes), out ErrorHandle error), error);
        }

        /// <summary>Sets a field to a number.</summary>
        public Request Set(string key, double number) =>
            Done(Native.dosai_request_set_number(Handle, Native.Word(key, nameof(key)), number, out ErrorHandle error), error);

        /// <summary>Sets a field to an integer.</summary>
        public Request Set(string key, long integer) =>
            Done(Native.dosai_request_set_integer(Handle, Native.Word(key, nameof(key)), integer, out ErrorHandle error), error);

        /// <summary>The same, within the range of a long: as a double, the number could be another.</summary>
        public Request Set(string key, ulong integer)
        {
            if (integer > long.MaxValue) throw new ArgumentOutOfRangeException(nameof(integer), "dosai: the integer does not fit into a signed 64-bit number");
            return Set(key, (long)integer);
        }

        /// <summary>Sets a field to any JSON value, such as "stream_options".</summary>
        public Request SetJson(string key, string json)
        {
            byte[] text = Native.Bytes(json, nameof(json));
            return Done(Native.dosai_request_set_json(Handle, Native.Word(key, nameof(key)), text, Native.Length(text), out ErrorHandle error), error);
        }

        /// <summary>Asks for an answer of the shape of a JSON schema.</summary>
        public Request SetJsonSchema(string name, string schema, bool strict = true)
        {
            byte[] text = Native.Bytes(schema, nameof(schema));
            return Done(Native.dosai_request_set_json_schema(Handle, Native.Word(name, nameof(name)), text, Native.Length(text), strict ? 1 : 0, out ErrorHandle error), error);
        }

        /// <summary>The tool_choice of the questions after the first: with a call that is forced, the model could only call
        /// again. null: it stays.</summary>
        internal string UnforcedChoice
        {
            get
            {
                const string Required = "\"required\"", Auto = "\"auto\"";
                string choice = Field("tool_choice");
                if (choice == null || choice[0] != '{') return choice == Required ? Auto : null;
                using (Request inner = Parse(choice))
                {
                    if (inner.Field("function") != null || inner.Field("custom") != null) return Auto;
                    string allowed = inner.Field("allowed_tools");
                    if (allowed == null || allowed[0] != '{') return null;
                    using (Request list = Parse(allowed))
                    {
                        if (list.Field("mode") != Required) return null;
                        return inner.SetJson("allowed_tools", list.SetJson("mode", Auto).ToString()).ToString();
                    }
                }
            }
        }

        /// <summary>The text of a field: what changes once the library has set that field.</summary>
        string Field(string key)
        {
            using (Request marked = Copy())
            {
                string mine = ToString(), other = marked.SetJson(key, "0").ToString();
                int length = mine.Length + 1 - other.Length, at = 0;
                while (length > 0 && at < other.Length && mine[at] == other[at]) at++;
                return length > 0 && at < other.Length ? mine.Substring(at, length) : null;
            }
        }

        /// <summary>The text of the request.</summary>
        public override string ToString() => Native.Text(Handle, Native.dosai_request_json(Handle, out IntPtr length), length);

        /// <summary>Frees the request's memory.</summary>
        public void Dispose() => Handle.Dispose();

        Request Done(int status, ErrorHandle error)
        {
            Native.Check(status, error);
            return this;
        }
    }
}
