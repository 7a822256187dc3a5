// What the tests have in common: see Tests/Support/own_tests.py.
using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Dosai;

static class Support
{
    public static readonly Stopwatch Clock = Stopwatch.StartNew();

    public static Request Question(string model = "m") => new Request(model).Add("user", "Hello!");

    public static Client Client(string script, ClientOptions options = null)
    {
        options = options ?? new ClientOptions();
        options.BaseUrl = Environment.GetEnvironmentVariable("DOSAI_TEST_URL").Replace("NAME", script);
        options.ApiKey = "k";
        options.MaxRetries = -1;
        options.TotalTimeout = options.TotalTimeout ?? TimeSpan.FromSeconds(20);
        return new Client(options);
    }

    public static void Same<T>(T wanted, T found)
    {
        if (!Equals(wanted, found)) throw new Exception("not " + wanted + ", but " + found);
    }

    public static Error Fails(Status status, Action work)
    {
        try { work(); }
        catch (Exception failure) when (failure is IDosaiException told)
        {
            Same(status, told.Error.Status);
            return told.Error;
        }
        throw new Exception("it does not fail: " + status);
    }

    public static E Throws<E>(Action work) where E : Exception
    {
        try { work(); }
        catch (E expected) { return expected; }
        throw new Exception("it does not throw");
    }

    public static string Contents(ChatStream stream) => string.Concat(stream.Select(chunk => chunk.Content));

    public static async Task<string> ContentsAsync(ChatReader reader)
    {
        var text = new StringBuilder();
        while (await reader.MoveNextAsync()) text.Append(reader.Current.Content);
        return text.ToString();
    }

    public static void Took(TimeSpan since, int limit) =>
        Console.WriteLine(FormattableString.Invariant($"took {(Clock.Elapsed - since).TotalMilliseconds:0.000} {limit}"));

    /// <summary>Waits until no more connections of a script are open; the others have ended.</summary>
    public static void Gone(string script, int left = 0)
    {
        string url = Environment.GetEnvironmentVariable("DOSAI_TEST_URL");
        var server = new Client(new ClientOptions { BaseUrl = url.Substring(0, url.IndexOf("/s/")) });
        for (int turn = 0; turn < 500; turn++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var stats = Json.Object(server.Get("/stats/" + script).Json);
            int made = int.Parse(((Raw)stats["connections"]).Text), ended = int.Parse(((Raw)stats["ended"]).Text);
            if (made > 0 && made - ended <= left) return;
            Thread.Sleep(10);
        }
        throw new Exception("connections stay open");
    }

    public static void Test(string name, Action work)
    {
        work();
        Console.WriteLine("ok " + name);
    }

    public static void Test(string name, Func<Task> work) => Test(name, () => work().GetAwaiter().GetResult());
}
