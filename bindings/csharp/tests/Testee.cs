// The testee of C#: see Tests/Bindings/README.md.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Dosai;

static class Testee
{
    const int Pause = 300;
    static readonly Dictionary<string, Client> clients = new Dictionary<string, Client>();
    static readonly TextWriter output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

    static int Main(string[] arguments)
    {
        if (arguments.Length > 0 && arguments[0] == "chat") return Chat(arguments.Skip(1).ToArray());
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (string line; (line = input.ReadLine()) != null;) output.WriteLine(Json.Write(Answer(Json.Parse(line) as Dictionary<string, object>)));
        return 0;
    }

    // ---- calls

    static T Options<T>(IDictionary<string, object> given) where T : new()
    {
        var made = new T();
        foreach (var each in given)
        {
            string name = string.Concat(each.Key.Split('_').Where(word => word != "ms").Select(word => word.Substring(0, 1).ToUpperInvariant() + word.Substring(1)));
            var property = typeof(T).GetProperty(name) ?? throw new ArgumentException("unknown option: " + each.Key);
            object value = each.Value;
            if (value is List<object> list) value = list.Cast<string>().ToArray();
            else if (value is Raw number && property.PropertyType == typeof(bool)) value = number.Text != "0";
            else if (value is Raw time && property.PropertyType == typeof(TimeSpan?)) value = TimeSpan.FromMilliseconds(double.Parse(time.Text, CultureInfo.InvariantCulture));
            else if (value is Raw count) value = Convert.ChangeType(long.Parse(count.Text), property.PropertyType);
            property.SetValue(made, value);
        }
        return made;
    }

    static int? Number(IDictionary<string, object> asked, string key) => asked.TryGetValue(key, out object value) && value is Raw raw ? int.Parse(raw.Text) : (int?)null;

    sealed class Reading
    {
        public readonly List<Event> Events = new List<Event>();
        public IDictionary<string, object> Asked;
        public CancellationTokenSource Source;
        bool isOpen;

        public bool IsPaused => !isOpen && Events.Count == Number(Asked, "pause_after");

        /// <summary>Whether to go on.</summary>
        public bool Take(Chunk chunk)
        {
            if (!isOpen) Events.Add(new Event(chunk.Json));
            isOpen = !chunk.LastInEvent;
            Events.Last().Take(chunk);
            if (isOpen) return true;
            if (Events.Count == Number(Asked, "cancel_after")) Source.Cancel();
            return Events.Count != Number(Asked, "drop_after");
        }
    }

    static Completion Read(ChatStream stream, Func<Chunk, bool> take, Func<bool> isPaused)
    {
        foreach (Chunk chunk in stream)
        {
            if (!take(chunk)) break;
            if (isPaused()) Thread.Sleep(Pause);
        }
        return stream.Completion;
    }

    static async Task<Completion> ReadAsync(ChatReader reader, Func<Chunk, bool> take, Func<bool> isPaused)
    {
        using (reader)
        {
            while (await reader.MoveNextAsync())
            {
                if (!take(reader.Current)) break;
                if (isPaused()) await Task.Delay(Pause);
            }
            return reader.Completion;
        }
    }

    static Completion Make(IDictionary<string, object> asked, Reading reading)
    {
        string key = asked["url"] + Json.Write(asked["options"]), face = (string)asked["face"];
        if (!clients.TryGetValue(key, out Client client))
        {
            var options = Options<ClientOptions>((IDictionary<string, object>)asked["options"]);
            options.BaseUrl = (string)asked["url"];
            clients[key] = client = new Client(options);
        }
        using (Request request = Request.Parse(Json.Write(asked["request"])))
        using (var source = new CancellationTokenSource())
        {
            reading.Source = source;
            int? after = Number(asked, "cancel_after_ms");
            if (Number(asked, "cancel_after") == 0 || after == 0) source.Cancel();
            else if (after != null) source.CancelAfter(after.Value);
            if (face == "whole") return client.Chat(request, null, source.Token);
            if (face == "stream") return Read(client.Stream(request, null, source.Token), reading.Take, () => reading.IsPaused);
            if (face == "async_whole") return client.ChatAsync(request, null, source.Token).GetAwaiter().GetResult();
            return ReadAsync(client.StreamAsync(request, null, source.Token), reading.Take, () => reading.IsPaused).GetAwaiter().GetResult();
        }
    }

    static object Answer(IDictionary<string, object> asked)
    {
        if (asked == null) return Forms.Map("failed", "nothing is asked");
        var reading = new Reading { Asked = asked };
        Completion answer = null;
        Error error = null;
        try { answer = Make(asked, reading); }
        catch (Exception failure) when (failure is IDosaiException told) { error = told.Error; }
        catch (Exception other) { return Forms.Map("failed", other.ToString()); }
        return Forms.Map("status", error == null ? "OK" : Forms.Upper(error.Status), "chunks", reading.Events.Select(one => one.Form()).ToList(),
            "completion", Forms.Completion(answer), "error", Forms.Error(error));
    }

    // ---- chat --json

    static object Line(string json) => new Raw(json.Replace('\r', ' ').Replace('\n', ' '));

    static bool Show(Chunk chunk)
    {
        var shown = Forms.Map("kind", Forms.Upper(chunk.Kind).ToLowerInvariant(), "choice", chunk.Choice);
        switch (chunk.Kind)
        {
            case Kind.Content: case Kind.Reasoning: case Kind.Refusal: shown["text"] = chunk.Text; break;
            case Kind.ToolCall:
                shown["tool_call"] = chunk.ToolCall;
                shown["id"] = chunk.ToolCallId;
                shown["name"] = chunk.ToolCallName;
                shown["text"] = chunk.Text;
                break;
            case Kind.Finish: shown["finish_reason"] = chunk.Text; break;
            case Kind.Usage: shown["usage"] = Forms.Usage(chunk.Usage, null); break;
            default: shown["json"] = Line(chunk.Json); break;
        }
        output.WriteLine(Json.Write(Forms.Map("chunk", shown)));
        return true;
    }

    static int Chat(string[] arguments)
    {
        var given = new Dictionary<string, string>();
        for (int at = 0; at < arguments.Length; at++)
        {
            string name = arguments[at];
            bool isFlag = name == "--json" || name == "--no-stream" || name == "--async";
            given[name.StartsWith("-") ? name : ""] = !name.StartsWith("-") ? name : isFlag ? "" : arguments[++at];
        }
        Completion answer = null;
        Error error = null;
        try { answer = Ask(given); }
        catch (Exception failure) when (failure is IDosaiException told) { error = told.Error; }
        Finish(answer, error);
        return ExitStatus(error);
    }

    static Completion Ask(Dictionary<string, string> given)
    {
        given.TryGetValue("--timeout", out string timeout);
        int retries = given.TryGetValue("--max-retries", out string number) ? int.Parse(number) : 2;
        var body = Forms.Map("model", given["-m"], "messages", new[] { Forms.Map("role", "user", "content", given[""]) });
        if (given.TryGetValue("--request", out string file))
            foreach (var each in Json.Object(File.ReadAllText(file))) body[each.Key] = each.Value;
        var options = new ClientOptions { BaseUrl = given["--base-url"], MaxRetries = retries == 0 ? -1 : retries };
        if (timeout != null) options.TotalTimeout = TimeSpan.FromSeconds(double.Parse(timeout, CultureInfo.InvariantCulture));
        bool isAsync = given.ContainsKey("--async");
        var client = new Client(options);
        Request request = Request.Parse(Json.Write(body));
        if (given.ContainsKey("--no-stream")) return isAsync ? client.ChatAsync(request).GetAwaiter().GetResult() : client.Chat(request);
        if (isAsync) return ReadAsync(client.StreamAsync(request), Show, () => false).GetAwaiter().GetResult();
        return Read(client.Stream(request), Show, () => false);
    }

    static void Finish(Completion answer, Error error)
    {
        var told = Forms.Map("status", "OK", "error", null, "completion", null, "quirks", new object[0]);
        if (error != null)
        {
            told["status"] = Forms.Upper(error.Status);
            told["error"] = Forms.Map("message", error.Message, "http_status", error.HttpStatus == 0 ? null : (object)error.HttpStatus, "code", error.Code,
                "type", error.Type, "param", error.Param, "request_id", error.RequestId, "retry_after_ms", error.RetryAfter?.TotalMilliseconds,
                "body", error.Body == null ? null : Encoding.UTF8.GetString(error.Body), "timeout", Forms.Clock(error));
            answer = error.Completion;
        }
        Timings times = error?.Timings ?? answer.Timings;
        told["attempts"] = (error?.Attempts ?? answer.Attempts).Count;
        told["timings"] = Forms.Map("connect_ms", times.Connect?.TotalMilliseconds, "first_byte_ms", times.FirstByte?.TotalMilliseconds,
            "first_token_ms", times.FirstToken?.TotalMilliseconds, "total_ms", times.Total?.TotalMilliseconds);
        if (answer != null)
        {
            told["completion"] = Line(answer.Json);
            told["quirks"] = Forms.Quirks(answer);
        }
        output.WriteLine(Json.Write(told));
    }

    static int ExitStatus(Error error)
    {
        switch (error?.Status ?? Status.Ok)
        {
            case Status.Ok: return 0;
            case Status.InvalidArgument: return 2;
            case Status.Connection: case Status.Proxy: case Status.Tls: case Status.Timeout: case Status.Redirected: return 3;
            case Status.Truncated: case Status.Protocol: case Status.TooLarge: return 4;
            case Status.Cancelled: return 130;
            default: return error.HttpStatus >= 300 || error.Status == Status.Provider || error.Status <= Status.BadRequest && error.Status >= Status.Unavailable ? 1 : 5;
        }
    }
}
