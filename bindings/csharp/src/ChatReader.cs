using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    /// <summary>A streaming call that no thread waits for. Read it with <c>while (await reader.MoveNextAsync())</c>, one at a
    /// time, or from C# 8 on with <c>await foreach</c>; the request is sent by the first. When MoveNextAsync gives false,
    /// the answer is complete. Dispose cancels the call.</summary>
    public sealed partial class ChatReader : IDisposable
    {
        static readonly Task<bool> Yes = Task.FromResult(true), No = Task.FromResult(false);

        CancellationToken token;
        Func<CancellationToken, Call> submit;
        Call call;
        List<Chunk> chunks;
        int next;
        bool isOver, isWaiting;

        internal ChatReader(Func<CancellationToken, Call> submit, CancellationToken token)
        {
            this.submit = submit;
            this.token = token;
        }

        /// <summary>A reader that is garbage cancels its call.</summary>
        ~ChatReader() { call?.Dispose(); }

        /// <summary>The chunk that was read last.</summary>
        public Chunk Current { get; private set; }

        /// <summary>The answer put together, once the stream has ended; else null.</summary>
        public Completion Completion { get; private set; }

        /// <summary>For <c>await foreach</c>.</summary>
        public ChatReader GetAsyncEnumerator() => this;

        /// <summary>Reads the next chunk; false at the end.</summary>
        public Task<bool> MoveNextAsync()
        {
            if (chunks == null || next == chunks.Count || token.IsCancellationRequested) return Wait();
            Current = chunks[next++];
            return Yes;
        }

        async Task<bool> Wait()
        {
            if (isWaiting) throw new InvalidOperationException("dosai: the last MoveNextAsync has not ended yet");
            Current = null;
            if (isOver) return false;
            if (call == null)
            {
                call = (Interlocked.Exchange(ref submit, null) ?? throw new ObjectDisposedException(nameof(ChatReader)))(token);
            }
            chunks = null;
            isWaiting = true;
            List<Chunk> taken;
            while (!call.Take(out taken)) await call.Wait().ConfigureAwait(false);
            isWaiting = false;
            if (taken.Count > 0)
            {
                chunks = taken;
                next = 0;
                Current = chunks[next++];
                return true;
            }
            isOver = true;
            try { Completion = (Completion)call.Result(); }
            finally { Dispose(); }
            return false;
        }

        /// <summary>Cancels the call, if it has not ended, and lets it go.</summary>
        public void Dispose()
        {
            isOver = true;
            chunks = null;
            submit = null;
            call?.Dispose();
            GC.SuppressFinalize(this);
        }

        /// <summary>The same, for <c>await using</c>.</summary>
        public Task DisposeAsync()
        {
            Dispose();
            return No;
        }
    }
}
