// How calls end before their time. What is left open of them, the server tells.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Dosai;
using static Support;

static class Ends
{
    static IEnumerator<Chunk> kept; // until the process ends, in the middle
    static ChatReader keptReader;
    static Task keptTask;

    static void Main(string[] arguments)
    {
        Client client = Client("endless");
        kept = client.Stream(Question()).GetEnumerator();
        kept.MoveNext();
        keptReader = client.StreamAsync(Question());
        keptReader.MoveNextAsync().Wait();
        keptTask = client.ChatAsync(Question());
        Test("cancel in the loop", CancelInside);
        Test("cancel with chunks unread", CancelUnread);
        Test("cancel what waits", CancelWaiting);
        Test("deadlines", Deadlines);
        Test("leaving", Leaving);
        Test("disposed while it is sent", DisposedAtOnce);
        Test("forgotten", Forgotten);
        Test("close", Close);
        Test("a client that is garbage", Garbage);
        Test("values of who began the thread", Locals);
        Same(true, kept.MoveNext());
        Same(false, keptTask.IsCompleted);
        Client patient = Client("endless", new ClientOptions { TotalTimeout = Timeout.InfiniteTimeSpan });
        new Thread(() => Contents(patient.Stream(Question()))) { IsBackground = true }.Start(); // mono would wait for it
        Thread.Sleep(50);
    }

    static void CancelInside()
    {
        using (Client endless = Client("endless"))
        foreach (bool isAsync in new[] { false, true })
        using (var source = new CancellationTokenSource())
        {
            int count = 0;
            TimeSpan since = TimeSpan.Zero;
            Action<Chunk> take = chunk =>
            {
                if (++count != 2) return;
                since = Support.Clock.Elapsed;
                source.Cancel();
            };
            Error error = Fails(Status.Cancelled, () => Read(endless, isAsync, take, source.Token).GetAwaiter().GetResult());
            Took(since, 50);
            Same(2, count);
            Same(true, error.Completion.Text.StartsWith("0 1 "));
            Same(source.Token, Throws<DosaiCanceledException>(() => endless.Chat(Question(), null, source.Token)).CancellationToken);
            Fails(Status.Cancelled, () => Contents(endless.Stream(Question(), null, source.Token)));
            Task late = endless.ChatAsync(Question(), null, source.Token);
            Fails(Status.Cancelled, () => late.GetAwaiter().GetResult());
            Same(TaskStatus.Canceled, late.Status);
        }
    }

    /// <summary>Also before the token has told the reader, which it may never do: nothing is skipped.</summary>
    static async Task CancelUnread()
    {
        using (Client many = Client("many"))
        foreach (bool isTold in new[] { true, false })
        using (var source = new CancellationTokenSource())
        {
            ChatReader reader = many.StreamAsync(Question(), null, source.Token);
            for (int read = 0; read < 2; read++)
            {
                await reader.MoveNextAsync();
                await Task.Delay(100);
            }
            Task<bool> next = null;
            if (!isTold) source.Token.Register(() => next = reader.MoveNextAsync()); // the last one is called first
            source.Cancel();
            if (isTold) next = reader.MoveNextAsync();
            Fails(Status.Cancelled, () => next.GetAwaiter().GetResult());
        }
    }

    static async Task Read(Client client, bool isAsync, Action<Chunk> take, CancellationToken token)
    {
        if (!isAsync) foreach (Chunk chunk in client.Stream(Question(), null, token)) take(chunk);
        else
            using (ChatReader reader = client.StreamAsync(Question(), null, token))
                while (await reader.MoveNextAsync()) take(reader.Current);
    }

    /// <summary>Whoever waits for what.</summary>
    static void CancelWaiting()
    {
        using (Client endless = Client("endless"))
        using (var other = new CancellationTokenSource())
        using (var source = new CancellationTokenSource())
        {
            var ways = new Func<CancellationToken, Task>[]
            {
                token => Task.Run(() => endless.Chat(Question(), null, token), token),
                token => Task.Run(() => Contents(endless.Stream(Question(), null, token)), token),
                token => endless.ChatAsync(Question(), null, token),
                token => ContentsAsync(endless.StreamAsync(Question(), null, token)),
                token => ContentsAsync(endless.StreamAsync(Question(), null, other.Token).GetAsyncEnumerator(token)),
                token => ContentsAsync(endless.StreamAsync(Question(), null, token).GetAsyncEnumerator(other.Token)),
                token => BegunBefore(endless, token),
                token => Task.Run(() => endless.Get("/models", null, token), token),
            };
            Task[] running = ways.Select(way => way(source.Token)).ToArray();
            Thread.Sleep(300);
            Same(true, running.All(one => !one.IsCompleted));
            TimeSpan since = Support.Clock.Elapsed;
            source.Cancel();
            Throws<AggregateException>(() => Task.WaitAll(running));
            Took(since, 50);
            foreach (Task one in running) Same(TaskStatus.Canceled, one.Status);
        }
    }

    /// <summary>A token that comes after the first chunk.</summary>
    static async Task BegunBefore(Client client, CancellationToken token)
    {
        ChatReader reader = client.StreamAsync(Question());
        await reader.MoveNextAsync();
        await ContentsAsync(reader.GetAsyncEnumerator(token));
    }

    static void Deadlines()
    {
        using (Client endless = Client("endless"))
        using (var source = new CancellationTokenSource(100))
        {
            TimeSpan since = Support.Clock.Elapsed;
            Fails(Status.Cancelled, () => Contents(endless.Stream(Question(), null, source.Token)));
            Took(since, 150);
        }
    }

    static void Leaving()
    {
        using (Client endless = Client("endless~left"))
        {
            foreach (Chunk chunk in endless.Stream(Question())) break;
            Throws<DivideByZeroException>(() => { foreach (Chunk chunk in endless.Stream(Question())) throw new DivideByZeroException(); });
            endless.Stream(Question()).First();
            Throws<DivideByZeroException>(() => LeaveAsync(endless).GetAwaiter().GetResult());
            ChatReader reader = endless.StreamAsync(Question());
            for (int read = 0; read < 3; read++) reader.MoveNextAsync().Wait();
            Task<bool> waiting = reader.MoveNextAsync();
            Throws<InvalidOperationException>(() => reader.MoveNextAsync().GetAwaiter().GetResult());
            reader.Dispose();
            reader.Dispose();
            Fails(Status.Cancelled, () => waiting.GetAwaiter().GetResult());
            Fails(Status.Cancelled, () => reader.MoveNextAsync().GetAwaiter().GetResult());
            Stopped(endless);
            endless.Stream(Question()); // nothing is sent
            endless.StreamAsync(Question()).Dispose();
            Gone("endless~left");
        }
    }

    /// <summary>Between two chunks: the answer is not complete.</summary>
    static void Stopped(Client client)
    {
        ChatReader reader = client.StreamAsync(Question());
        reader.MoveNextAsync().Wait();
        reader.Dispose();
        Throws<ObjectDisposedException>(() => reader.MoveNextAsync().GetAwaiter().GetResult());
        IEnumerator<Chunk> stream = client.Stream(Question()).GetEnumerator();
        stream.MoveNext();
        stream.Dispose();
        Throws<ObjectDisposedException>(() => stream.MoveNext());
    }

    static async Task LeaveAsync(Client client)
    {
        using (ChatReader reader = client.StreamAsync(Question()))
            while (await reader.MoveNextAsync()) throw new DivideByZeroException();
    }

    /// <summary>By another thread, at any moment of the first MoveNextAsync.</summary>
    static async Task DisposedAtOnce()
    {
        var random = new Random(1);
        using (Client endless = Client("endless~at-once"))
        {
            for (int turn = 0; turn < 300; turn++)
            {
                ChatReader reader = endless.StreamAsync(Question());
                using (var begun = new ManualResetEventSlim())
                {
                    Task<bool> read = Task.Run(() =>
                    {
                        begun.Set();
                        return reader.MoveNextAsync();
                    });
                    begun.Wait();
                    Thread.SpinWait(random.Next(20000));
                    reader.Dispose();
                    try { await read; }
                    catch (Exception ended) when (ended is DosaiCanceledException || ended is ObjectDisposedException) { }
                }
            }
            Gone("endless~at-once");
        }
    }

    static void Forgotten()
    {
        int before = Count("fd");
        using (Client endless = Client("endless~forgotten"))
        {
            var thread = new Thread(() => Forget(endless)); // whose stack is gone
            thread.Start();
            thread.Join();
            Gone("endless~forgotten", 2);
        }
        Gone("endless~forgotten");
        Same(true, Count("fd") < before + 12);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Forget(Client client)
    {
        for (int at = 0; at < 20; at++)
        {
            client.Stream(Question(), null, new CancellationTokenSource().Token).GetEnumerator().MoveNext();
            client.StreamAsync(Question()).MoveNextAsync().Wait();
        }
    }

    static void Close()
    {
        Client endless = Client("endless~closed");
        ChatReader reader = endless.StreamAsync(Question());
        for (int read = 0; read < 3; read++) reader.MoveNextAsync().Wait();
        Task<bool> waiting = reader.MoveNextAsync();
        Task<Completion> whole = endless.ChatAsync(Question());
        Thread.Sleep(50);
        TimeSpan since = Support.Clock.Elapsed;
        endless.Dispose();
        Same("0 1 2 ", Fails(Status.Cancelled, () => waiting.GetAwaiter().GetResult()).Completion.Text);
        Fails(Status.Cancelled, () => whole.GetAwaiter().GetResult());
        Took(since, 50);
        Throws<ObjectDisposedException>(() => endless.Chat(Question()));
        Throws<ObjectDisposedException>(() => endless.ChatAsync(Question()).GetAwaiter().GetResult());
        endless.Dispose();
        Gone("endless~closed");
    }

    /// <summary>Not before its call has ended; then its thread ends, too.</summary>
    static void Garbage()
    {
        Task<Completion> call = Drop();
        for (int turn = 0; turn < 3; turn++) { GC.Collect(); GC.WaitForPendingFinalizers(); }
        Same("Hello! How can I help you today?", call.GetAwaiter().GetResult().Text);
        int before = Count("task");
        var thread = new Thread(() => { for (int at = 0; at < 20; at++) Drop().Wait(); });
        thread.Start();
        thread.Join();
        for (int turn = 0; turn < 500 && Count("task") > before + 10; turn++) { GC.Collect(); GC.WaitForPendingFinalizers(); Thread.Sleep(10); }
        Same(true, Count("task") <= before + 10);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<Completion> Drop() => Client("hello").ChatAsync(Question());

    static readonly AsyncLocal<object> local = new AsyncLocal<object>();

    /// <summary>The thread of a client lives long, and keeps none.</summary>
    static void Locals()
    {
        var values = new List<WeakReference>();
        var clients = new List<Client>();
        for (int at = 0; at < 20; at++)
        {
            Client client = Client("hello");
            var thread = new Thread(() =>
            {
                values.Add(new WeakReference(local.Value = new object()));
                client.ChatAsync(Question()).Wait();
            });
            thread.Start();
            thread.Join();
            clients.Add(client);
        }
        for (int turn = 0; turn < 500 && values.Count(value => value.IsAlive) > 5; turn++) { GC.Collect(); GC.WaitForPendingFinalizers(); Thread.Sleep(10); }
        Same(true, values.Count(value => value.IsAlive) <= 5); // mono also takes what is on a stack for a reference
        foreach (Client client in clients) client.Dispose();
    }

    static int Count(string what) => System.IO.Directory.GetFileSystemEntries("/proc/self/" + what).Length;
}
