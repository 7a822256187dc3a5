using System;
using System.Collections.Generic;
using System.Threading;

namespace Dosai
{
    internal delegate int Submission(IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error);

    /// <summary>The asynchronous calls of a client. A thread, which the first call starts, waits for the loop's descriptor
    /// and hands out what came. Programs run on other threads: theirs, or the pool's.</summary>
    internal sealed unsafe class Loop
    {
        readonly LoopHandle handle;
        readonly IntPtr loop; // of handle, which this alone frees
        readonly object gate = new object(); // of all that the library wants one at a time
        readonly Dictionary<IntPtr, Call> calls = new Dictionary<IntPtr, Call>();
        readonly List<Chunk> fresh = new List<Chunk>(); // of one call, until it gets them
        readonly Thread thread;
        long lastTag;
        bool isClosed;

        internal Loop(ClientOptions from)
        {
            dosai_loop_options options;
            Native.dosai_loop_options_init(&options, (IntPtr)sizeof(dosai_loop_options));
            options.max_in_flight = from.MaxInFlight;
            options.max_connections_per_host = from.MaxConnectionsPerHost;
            Native.Check(Native.dosai_loop_new(&options, out handle, out ErrorHandle error), error);
            loop = handle.DangerousGetHandle();
            thread = new Thread(Run) { IsBackground = true, Name = "dosai" };
            Start();
        }

        /// <summary>The thread lives long, and must not keep the AsyncLocal values of who makes the first call.</summary>
        void Start()
        {
            if (ExecutionContext.IsFlowSuppressed()) thread.Start();
            else using (ExecutionContext.SuppressFlow()) thread.Start();
        }

        internal Call Submit(Client owner, CallOptions options, CancellationToken token, Submission submit)
        {
            if (token.IsCancellationRequested) throw new Error(Status.Cancelled, "the call was cancelled").ToException(token);
            Call call;
            using (var arguments = new Arguments(options))
            {
                lock (gate)
                {
                    if (isClosed) throw new ObjectDisposedException(nameof(Client));
                    IntPtr tag = (IntPtr)(++lastTag);
                    Native.Check(submit(tag, handle, arguments, out CallHandle made, out ErrorHandle error), error);
                    calls.Add(tag, call = new Call(owner, made));
                }
            }
            try { call.Watch(token); }
            catch
            {
                call.Dispose();
                throw;
            }
            return call;
        }

        /// <summary>The thread frees the loop; wait until it has.</summary>
        internal void Close(bool wait)
        {
            lock (gate)
            {
                if (!isClosed) Native.dosai_loop_wake(loop);
                isClosed = true;
            }
            if (wait && Thread.CurrentThread != thread) thread.Join();
        }

        void Run()
        {
            var entry = new Native.PollEntry { fd = Native.dosai_loop_fd(loop), events = 1 };
            for (bool goesOn = true; goesOn;)
            {
                Native.poll(&entry, (UIntPtr)1, -1);
                lock (gate)
                {
                    goesOn = !isClosed;
                    if (!goesOn) foreach (Call call in calls.Values) call.Cancel();
                    Step();
                }
            }
            foreach (Call call in calls.Values) call.Finish(new Error(Status.Cancelled, "the client was closed"));
            handle.Dispose();
        }

        void Step()
        {
            IntPtr error = IntPtr.Zero;
            int status = Native.dosai_loop_step(loop, 0, IntPtr.Zero, IntPtr.Zero, null, &error);
            if (status != 0)
            {
                var failure = new Error((Status)status, ErrorHandle.Of(error));
                foreach (Call each in calls.Values) each.Fail(failure);
                calls.Clear();
            }
            dosai_event* told;
            Call call = null;
            IntPtr tag = IntPtr.Zero;
            while (Native.dosai_loop_next(loop, &told, null) == 0 && told != null)
            {
                if (tag != told->tag)
                {
                    call?.Add(fresh);
                    tag = told->tag;
                    calls.TryGetValue(tag, out call);
                }
                if (told->chunk != null)
                {
                    if (call != null) fresh.Add(new Chunk(told->chunk));
                    continue;
                }
                call?.Add(fresh);
                call?.Finish(Last(told));
                calls.Remove(tag);
                call = null;
            }
            call?.Add(fresh);
        }

        static object Last(dosai_event* told)
        {
            ErrorHandle error;
            int status;
            if (told->completion != IntPtr.Zero)
            {
                status = Native.dosai_completion_copy(told->completion, out CompletionHandle completion, out error);
                return status == 0 ? new Completion(completion) : (object)new Error((Status)status, error);
            }
            if (told->response != IntPtr.Zero)
            {
                status = Native.dosai_response_copy(told->response, out ResponseHandle response, out error);
                return status == 0 ? new Response(response) : (object)new Error((Status)status, error);
            }
            status = Native.dosai_error_copy(told->error, out ErrorHandle failure, out error);
            return status == 0 ? new Error((Status)Native.dosai_error_status(failure), failure) : new Error((Status)status, error);
        }
    }
}
