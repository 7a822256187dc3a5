// What calls give. As every answer, the server's "echo" is what was sent.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Dosai;
using static Support;

static class Calls
{
    const string Greeting = "Hello! How can I help you today?";

    static void Main(string[] arguments)
    {
        Test("layout", Layout);
        Test("chat", Chat);
        Test("texts", Texts);
        Test("stream", Stream);
        Test("async", Async);
        Test("a slow reader beside a fast one", Slow);
        Test("errors", Errors);
        Test("wrong arguments", Wrong);
        Test("other endpoints", Others);
        Test("tools", Tools);
        Test("results of tools", Results);
        Test("many results", ManyResults);
        Test("a forced call", Forced);
        Test("many at once", Many);
        Test("threads", Threads);
    }

    /// <summary>Sizes and offsets as the compiler of C has them.</summary>
    static void Layout()
    {
        var structs = (Dictionary<string, object>)Json.Object(File.ReadAllText(Environment.GetEnvironmentVariable("DOSAI_TEST_ABI")))["structs"];
        foreach (var each in structs)
        {
            Type type = typeof(Client).Assembly.GetType("Dosai." + each.Key, true);
            var told = (Dictionary<string, object>)each.Value;
            Same(((Raw)told["size"]).Text, Marshal.SizeOf(type).ToString());
            var fields = ((List<object>)told["fields"]).Cast<Dictionary<string, object>>().ToList();
            Same(fields.Count, type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Length);
            foreach (var field in fields)
            {
                string name = (string)field["name"];
                Same(((Raw)field["offset"]).Text, Marshal.OffsetOf(type, name).ToString());
                Same(((Raw)field["size"]).Text, Marshal.SizeOf(type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic).FieldType).ToString());
            }
        }
        Same(9, structs.Count);
    }

    static void Chat()
    {
        using (Client echo = Client("echo"))
        {
            var options = new CallOptions { Headers = new[] { "x-own: yes" }, IdleTimeout = Timeout.InfiniteTimeSpan };
            Completion answer = echo.Chat(Question().Set("seed", 0).Set("temperature", 0.5).Set("user", "").SetJson("own", "{\"a\":[1]}"), options);
            var sent = Json.Object(answer.Text);
            Same("m 0 0.5  {\"a\":[1]}", string.Join(" ", sent["model"], ((Raw)sent["seed"]).Text, ((Raw)sent["temperature"]).Text, sent["user"], Json.Write(sent["own"])));
            Same("req-1 200 21  stop Ok", string.Join(" ", answer.RequestId, answer.HttpStatus, answer.Usage.TotalTokens, answer.Usage.CachedTokens, answer.Choices[0].FinishReason, answer.Attempts[0].Status));
            Same(true, answer.Timings.Total > TimeSpan.Zero && answer.Json.Contains("\"usage\"") && answer.Quirks == 0);
            Same("application/json", answer.Header("Content-Type"));
            string again = echo.Chat(Question().Add(answer)).Text;
            Same(true, again.Contains(answer.Choices[0].MessageJson));
            Same(again, echo.Chat(Question().AddJson(answer.Choices[0].MessageJson)).Text);
            answer.Dispose();
            Throws<ObjectDisposedException>(() => answer.Json.ToString());
        }
    }

    /// <summary>Of each length, with what is not ASCII in each place.</summary>
    static void Texts()
    {
        using (Client echo = Client("echo"))
        {
            for (int length = 0; length < 20; length++)
                for (int at = 0; at < length; at++)
                    foreach (string odd in new[] { "x", "\u00e9", "\u20ac", "\ud83d\ude00", "\0" })
                    {
                        string text = new string('a', at) + odd + new string('b', length - at - 1);
                        using (Request request = new Request(text).Add("user", text)) Same(text, Json.Object(request.ToString())["model"]);
                    }
            Same("\u00e9\ud83d\ude00\0", Json.Object(echo.Chat(Question("\u00e9\ud83d\ude00\0")).Text)["model"]);
            using (Request request = Question().Set("seed", 9007199254740993UL)) Same("9007199254740993", ((Raw)Json.Object(request.ToString())["seed"]).Text);
            using (Request copy = Request.Parse("{\"model\":\"x\"}").Copy()) Same("{\"model\":\"x\"}", copy.ToString());
        }
    }

    static void Stream()
    {
        using (Client hello = Client("hello"))
        {
            ChatStream stream = hello.Stream(Question());
            List<Chunk> chunks = stream.ToList();
            Same(Greeting, string.Concat(chunks.Select(chunk => chunk.Content)));
            Same(Greeting, stream.Completion.Text);
            Same(true, chunks.All(chunk => chunk.Json.StartsWith("{")) && chunks.Last().LastInEvent);
            Throws<InvalidOperationException>(() => stream.GetEnumerator());
            Request changed = Question();
            ChatStream before = hello.Stream(changed);
            changed.Dispose();
            Same(Greeting, Contents(before));
            IEnumerator<Chunk> ended = hello.Stream(Question()).GetEnumerator();
            while (ended.MoveNext()) { }
            ended.Dispose();
            Same(false, ended.MoveNext());
            Same("Hello", hello.Stream(Question()).Select(chunk => chunk.Content).First(text => text != ""));
        }
    }

    static async Task Async()
    {
        using (Client hello = Client("hello"))
        {
            Same(Greeting, (await hello.ChatAsync(Question())).Text);
            ChatReader reader = hello.StreamAsync(Question());
            Same(Greeting, await ContentsAsync(reader));
            Same(Greeting, reader.Completion.Text);
            Same(false, await reader.MoveNextAsync());
            Same(true, reader.Current == null);
            Throws<InvalidOperationException>(() => reader.GetAsyncEnumerator()); // an await foreach would find nothing
            IAsyncEnumerator<Chunk> each = ((IAsyncEnumerable<Chunk>)hello.StreamAsync(Question())).GetAsyncEnumerator();
            string text = "";
            while (await each.MoveNextAsync()) text += each.Current.Content;
            Same(Greeting, text);
            await each.DisposeAsync();
        }
    }

    /// <summary>Others read meanwhile, so what one does not read must not pile up.</summary>
    static async Task Slow()
    {
        using (Client many = Client("many"))
        {
            ChatReader slow = many.StreamAsync(Question());
            await slow.MoveNextAsync();
            string first = slow.Current.Content;
            long before = GC.GetTotalMemory(true);
            string all = await ContentsAsync(many.StreamAsync(Question()));
            Same(true, all.EndsWith(" 19999 "));
            Same(true, GC.GetTotalMemory(true) - before < 4 << 20); // of 15 MB that are unread
            Same(true, first + await ContentsAsync(slow) == all);
            Same(true, Contents(many.Stream(Question())) == all);
        }
    }

    static void Errors()
    {
        Error error = Fails(Status.RateLimited, () => Client("limited").Chat(Question()));
        Same("429 True 1  None", string.Join(" ", error.HttpStatus, error.IsRetryable, error.Attempts.Count, error.Completion, error.Clock));
        Same(true, error.Message.Contains("Slow down.") && error.Body.Length > 0);
        Same(Status.RateLimited, Throws<DosaiException>(() => Client("limited").ChatAsync(Question()).GetAwaiter().GetResult()).Status);
        Same("0 1 2 ", Fails(Status.Truncated, () => Contents(Client("half").Stream(Question()))).Completion.Text);
        Same("0 1 2 ", Fails(Status.Truncated, () => ContentsAsync(Client("half").StreamAsync(Question())).GetAwaiter().GetResult()).Completion.Text);
        IEnumerator<Chunk> half = Client("half").Stream(Question()).GetEnumerator();
        ChatReader reader = Client("half").StreamAsync(Question());
        for (int again = 0; again < 2; again++)
        {
            Same("0 1 2 ", Fails(Status.Truncated, () => { while (half.MoveNext()) { } }).Completion.Text);
            Same("0 1 2 ", Fails(Status.Truncated, () => ContentsAsync(reader).GetAwaiter().GetResult()).Completion.Text);
        }
        Same(true, Fails(Status.RateLimited, () => Client("never").Chat(Question())).RetryAfter > TimeSpan.FromDays(1000));
        Same("HelloX", Client("hello", new ClientOptions { IdleTimeout = TimeSpan.MaxValue }).Stream(Question()).First(chunk => chunk.Content != "").Content + "X");
        var options = new ClientOptions { IdleTimeout = TimeSpan.FromMilliseconds(50) };
        Same(Clock.Idle, Fails(Status.Timeout, () => Contents(Client("endless", options).Stream(Question()))).Clock);
        Same(0, Client("hello").Chat(Question()).Choices[0].ToolCalls.Count);
    }

    static void Wrong()
    {
        using (Client hello = Client("hello"))
        {
            Fails(Status.InvalidArgument, () => Request.Parse("[]"));
            Fails(Status.InvalidArgument, () => Question().Set("temperature", 3.0));
            Fails(Status.InvalidArgument, () => Question().Set("top_p", double.NaN));
            Fails(Status.InvalidArgument, () => new Client(new ClientOptions { BaseUrl = "nonsense" }));
            Fails(Status.InvalidArgument, () => Client("hello", new ClientOptions { RequestsPerMinute = -2 }));
            Fails(Status.InvalidArgument, () => Client("hello", new ClientOptions { MaxInFlight = -1 }).ChatAsync(Question()).GetAwaiter().GetResult());
            Fails(Status.InvalidArgument, () => hello.GetAsync("no slash").GetAwaiter().GetResult());
            Throws<ArgumentException>(() => Question("\ud800"));
            Throws<ArgumentException>(() => Question().Set("a\0b", 1));
            Throws<ArgumentException>(() => Client("hello", new ClientOptions { UserAgent = "a\0b" }));
            Throws<ArgumentOutOfRangeException>(() => Client("hello", new ClientOptions { IdleTimeout = TimeSpan.Zero }));
            Throws<ArgumentOutOfRangeException>(() => hello.Chat(Question(), new CallOptions { TotalTimeout = TimeSpan.Zero }));
            Throws<ArgumentOutOfRangeException>(() => Question().Set("seed", ulong.MaxValue));
            Throws<ArgumentNullException>(() => new Request(null));
            Throws<ArgumentNullException>(() => hello.Chat(null));
            Throws<ArgumentNullException>(() => Question().Add(null));
            Throws<ArgumentNullException>(() => new Tool("f", null, null, (Func<string, string>)null));
            Throws<ArgumentNullException>(() => hello.RunTools(Question(), null));
            Throws<ArgumentNullException>(() => hello.Post("/x", null));
            Request freed = Question();
            freed.Dispose();
            Throws<ObjectDisposedException>(() => hello.Chat(freed));
            Throws<ObjectDisposedException>(() => hello.Stream(freed));
            Same(true, hello.Chat(Question(), new CallOptions { MaxRetries = -1, TotalTimeout = TimeSpan.FromTicks(1) + TimeSpan.FromSeconds(9) }) != null);
        }
    }

    static async Task Others()
    {
        using (Client echo = Client("echo"))
        using (Client events = Client("events"))
        {
            Same("GET", Json.Object(echo.Get("/models").Json)["method"]);
            Same("{\"n\":1}", Json.Object(echo.Post("/embeddings", "{\"n\":1}").Json)["body"]);
            Same("GET", Json.Object((await echo.GetAsync("/models")).Json)["method"]);
            Same("{\"n\":1}", Json.Object((await echo.PostAsync("/embeddings", "{\"n\":1}")).Json)["body"]);
            var options = new CallOptions { LastEvent = "end" };
            Func<Chunk, string> said = chunk => string.Join(" ", chunk.Kind, chunk.EventType, chunk.Text, chunk.EventId);
            Same("Event said {} 4|Event end {} 4", string.Join("|", events.PostStream("/responses", "{}", options).Select(said)));
            ChatReader reader = events.PostStreamAsync("/responses", "{}", options);
            var all = new List<string>();
            while (await reader.MoveNextAsync()) all.Add(said(reader.Current));
            Same("Event said {} 4|Event end {} 4", string.Join("|", all));
        }
    }

    static async Task Tools()
    {
        Func<string, string> add = text =>
        {
            if (!(Json.Parse(text) is Dictionary<string, object> given)) throw new ArgumentException("the arguments are no object");
            return "{\"sum\":" + (int.Parse(((Raw)given["a"]).Text) + int.Parse(((Raw)given["b"]).Text)) + "}";
        };
        var tools = new[]
        {
            new Tool("add", "Adds", "{\"type\":\"object\"}", add),
            new Tool("fail", null, null, async (text, token) => { await Task.Delay(1); throw new Exception("no luck"); }),
        };
        const string Told = "{\"sum\":3}|error: no luck|error: there is no function nobody|error: the arguments are no object";
        using (Client model = Client("model"))
        {
            Request request = Question();
            Same(Told, model.RunTools(request, tools).Text);
            var messages = (List<object>)Json.Object(request.ToString())["messages"];
            Same(6, messages.Count);
            Same("1", ((Raw)((Dictionary<string, object>)messages[1])["own"]).Text);
            Same(Told, (await model.RunToolsAsync(Question(), tools)).Text);
            Same(false, request.ToString().Contains("\"tools\"")); // for they would come again with the next question
            using (Client echo = Client("echo")) Same(2, ((List<object>)Json.Object(echo.RunTools(request, tools).Text)["tools"]).Count);
            using (var both = new Barrier(3)) // add is called twice
            {
                Func<string, string> meet = text => both.SignalAndWait(10000) ? "met" : "alone";
                var pair = new[] { new Tool("add", null, null, meet), new Tool("fail", null, null, meet) };
                const string Met = "met|met|error: there is no function nobody|met";
                Same(Met, model.RunTools(Question(), pair).Text);
                Same(Met, (await model.RunToolsAsync(Question(), pair)).Text);
            }
            Same(true, Task.Run(() => InContext(() => model.RunTools(Question(), tools))).Wait(10000));
            Error error = Fails(Status.TooLarge, () => model.RunTools(Question(), tools, 1));
            Same(4, error.Completion.Choices[0].ToolCalls.Count);
            Fails(Status.TooLarge, () => model.RunToolsAsync(Question(), tools, 1).GetAwaiter().GetResult());
            using (var source = new CancellationTokenSource())
            {
                var late = new Tool("add", null, null, async (text, token) => { source.Cancel(); await Task.Delay(-1, token); return ""; });
                Throws<OperationCanceledException>(() => model.RunToolsAsync(Question(), new[] { late }, 10, null, source.Token).GetAwaiter().GetResult());
                Throws<OperationCanceledException>(() => model.RunTools(Question(), new[] { late }, 10, null, source.Token));
            }
        }
    }

    sealed class WithoutText : Exception
    {
        public override string Message => throw new InvalidOperationException("no text");
    }

    /// <summary>A surrogate without its other half, in a result, becomes U+FFFD. The model is told of an error without a text. An
    /// id with a NUL goes back whole.</summary>
    static void Results()
    {
        var tools = new[]
        {
            new Tool("add", null, null, text => "caf\ud83d"),
            new Tool("fail", null, null, new Func<string, string>(text => throw new Exception("\udc00"))),
        };
        using (Client model = Client("model"))
        {
            Same("caf\ufffd|error: \ufffd|error: there is no function nobody|caf\ufffd", model.RunTools(Question(), tools).Text);
            tools[1] = new Tool("fail", null, null, new Func<string, string>(text => throw new WithoutText()));
            Same("caf\ufffd|error: the function failed|error: there is no function nobody|caf\ufffd", model.RunTools(Question(), tools).Text);
            Request request = Question("nul");
            model.RunTools(request, tools);
            var messages = (List<object>)Json.Object(request.ToString())["messages"];
            Same(true, messages.Exists(each => ((Dictionary<string, object>)each).TryGetValue("tool_call_id", out object id) && ((string)id).EndsWith("\0")));
        }
    }

    /// <summary>They are added in linear time: the request is not read again for each.</summary>
    static void ManyResults() => Same(true, Adding(4000) < 20 * Math.Max(Adding(500), 20));

    /// <summary>How many milliseconds of the processor so many results take.</summary>
    static double Adding(int count)
    {
        using (Process self = Process.GetCurrentProcess())
        using (Request request = Question())
        {
            TimeSpan before = self.TotalProcessorTime;
            for (int at = 0; at < count; at++) request.AddToolResult("1", new string('x', 1000));
            self.Refresh();
            return (self.TotalProcessorTime - before).TotalMilliseconds;
        }
    }

    /// <summary>The function gets what the first question forced, and the answer is the second question.</summary>
    static void Forced()
    {
        var tools = new[] { new Tool("add", null, null, given => given) };
        using (Client model = Client("forced"))
            foreach (string[] each in Environment.GetEnvironmentVariable("DOSAI_TEST_CHOICES").Trim().Split('\n').Select(line => line.Split('\t')))
                using (Request asked = Request.Parse("{\"own\":{\"tool_choice\":\"required\"}, \"messages\":[{\"role\":\"user\",\"content\":\"\\\"tool_choice\\\":\"}], \"tool_choice\" : " + each[0] + " }"))
                {
                    string sent = model.RunTools(asked, tools).Text;
                    Same(each[0], ((Dictionary<string, object>)((List<object>)Json.Object(sent)["messages"]).Last())["content"]);
                    Same(true, sent.Contains("\"tool_choice\" : " + each[1]) && sent.Contains("{\"tool_choice\":\"required\"}"));
                    Same(true, asked.ToString().EndsWith("\"tool_choice\" : " + each[0] + " }"));
                }
    }

    /// <summary>As on the one thread of a user interface, which cannot go on while it waits.</summary>
    static void InContext(Action work)
    {
        SynchronizationContext.SetSynchronizationContext(new Stuck());
        try { work(); }
        finally { SynchronizationContext.SetSynchronizationContext(null); }
    }

    sealed class Stuck : SynchronizationContext
    {
        public override void Post(SendOrPostCallback callback, object state) { }
    }

    static async Task Many()
    {
        using (Client echo = Client("echo", new ClientOptions { MaxInFlight = 20 }))
        {
            var work = Enumerable.Range(0, 200).Select(async at =>
            {
                Same("m" + at, Json.Object((await echo.ChatAsync(Question("m" + at))).Text)["model"]);
                Same(true, (await ContentsAsync(echo.StreamAsync(Question("m" + at)))).Contains("\"m" + at + "\""));
            });
            await Task.WhenAll(work);
        }
    }

    static void Threads()
    {
        using (Client echo = Client("echo"))
        {
            var wrong = new List<Exception>();
            var threads = Enumerable.Range(0, 16).Select(at => new Thread(() =>
            {
                try
                {
                    for (int turn = 0; turn < 10; turn++)
                    {
                        Same("m" + at, Json.Object(echo.Chat(Question("m" + at)).Text)["model"]);
                        Same(true, Contents(echo.Stream(Question("m" + at))).Contains("\"m" + at + "\""));
                        Same("m" + at, Json.Object(echo.ChatAsync(Question("m" + at)).GetAwaiter().GetResult().Text)["model"]);
                    }
                }
                catch (Exception error) { lock (wrong) wrong.Add(error); }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            if (wrong.Count > 0) throw wrong[0];
        }
    }
}
