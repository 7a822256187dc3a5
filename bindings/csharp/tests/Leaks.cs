// LEAK_CALLS calls, 5,000 if it is not set: whole, streamed, left, cancelled and failed, by both ways.
using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Dosai;
using static Support;

static class Leaks
{
    static void Main(string[] arguments)
    {
        Test("handles", Handles);
        Test("memory", Memory);
    }

    static long Resident()
    {
        for (int turn = 0; turn < 3; turn++) { GC.Collect(); GC.WaitForPendingFinalizers(); }
        return long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * 4;
    }

    static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Of requests and errors: 20 MB, and half of them are left to the garbage collector.</summary>
    static void Handles()
    {
        string text = new string('a', 1000);
        Action work = () =>
        {
            for (int at = 0; at < 10000; at++)
            {
                Request request = Question(text);
                Fails(Status.InvalidArgument, () => request.Add("user", text).Set("temperature", 9));
                if (at % 2 == 0) request.Dispose();
                if (at % 1000 == 0) Resident();
            }
        };
        work();
        long before = Resident();
        work();
        long grown = Resident() - before;
        Console.WriteLine("handles: grown by {0} KB", grown);
        Same(true, grown < 2048);
    }

    static async Task Memory()
    {
        int calls = int.Parse(Environment.GetEnvironmentVariable("LEAK_CALLS") ?? "5000");
        long before = 0;
        int open = 0;
        using (Client client = Client("mixed"))
        {
            for (int at = 0; at < calls; at++)
            {
                if (at == calls / 4)
                {
                    before = Resident();
                    open = Descriptors();
                }
                try { await Once(client, at % 10); }
                catch (Exception failure) when (failure is IDosaiException told) { if (told.Error.Completion != null) told.Error.Completion.Text.ToString(); }
            }
            long grown = Resident() - before;
            Console.WriteLine("{0} calls: {1} KB, grown by {2} KB", calls, Resident(), grown);
            Same(true, Descriptors() < open + 10);
            Same(true, grown < 5120 + calls * 0.02);
        }
    }

    static async Task Once(Client client, int kind)
    {
        using (var source = new CancellationTokenSource())
            switch (kind)
            {
                case 0: client.Chat(Question(), null, source.Token).Text.ToString(); break;
                case 1: (await client.ChatAsync(Question(), null, source.Token)).Text.ToString(); break;
                case 2: Contents(client.Stream(Question(), null, source.Token)); break;
                case 3: await ContentsAsync(client.StreamAsync(Question(), null, source.Token)); break;
                case 4: client.Stream(Question()).First(); break;
                case 5:
                    using (ChatReader reader = client.StreamAsync(Question())) await reader.MoveNextAsync();
                    break;
                case 6: foreach (Chunk chunk in client.Stream(Question(), null, source.Token)) source.Cancel(); break;
                case 7:
                    using (ChatReader reader = client.StreamAsync(Question(), null, source.Token))
                        while (await reader.MoveNextAsync()) source.Cancel();
                    break;
                case 8: client.Chat(Question("bad")); break;
                default:
                    using (Client other = Client("mixed")) await other.ChatAsync(Question("bad"));
                    break;
            }
    }
}
