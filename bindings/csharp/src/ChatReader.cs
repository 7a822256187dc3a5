using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    /// <summary>A streaming call that no thread waits for. Read it with <c>while (await reader.MoveNextAsync())</c>, one at a
    /// time, or from C# 8 on with <c>await foreach</c>; the request is sent by the first. When MoveNextAsync gives false,
    /// the answer is complete; after a failure it throws, each time. Dispose cancels the call.</summary>
    public sealed partial class ChatReader : IDisposable
    {
        static readonly Task<bool> Yes = Task.FromResult(true), No = Task.FromResult(false);

        CancellationToken token;
        CancellationTokenSource linked; // of two tokens
        Func<CancellationToken, Call> submit;
        Call call;
        List<Chunk> chunks;
        int next;
        ExceptionDispatchInfo failure;
        bool isDisposed, isWaiting;

        internal ChatReader(Func<CancellationToken, Call> submit, CancellationToken token)
        {
            this.submit = submit;
            this.token = token;
        }

        /// <summary>A reader that is garbage cancels its call.</summary>
        ~ChatReader() { Dispose(); }

        /// <summary>The chunk that was read last.</summary>
        public Chunk Current { get; private set; }

        /// <summary>The answer put together, once the stream has ended; else null.</summary>
        public Completion Completion { get; private set; }

        /// <summary>For <c>await foreach</c>, which can be done once; the token cancels the call, too.</summary>
        public ChatReader GetAsyncEnumerator(CancellationToken other = default(CancellationToken))
        {
            if (Completion != null) throw new InvalidOperationException("dosai: the stream was read before");
            if (!other.CanBeCanceled || isDisposed) return this;
            if (token.CanBeCanceled) other = (linked = CancellationTokenSource.CreateLinkedTokenSource(token, other)).Token;
            token = other;
            call?.Watch(token); // a chunk was read before
            return this;
        }

        /// <summary>Reads the next chunk; false at the end.</summary>
        public Task<bool> MoveNextAsync()
        {
            List<Chunk> unread = chunks;
            if (unread == null || next == unread.Count || token.IsCancellationRequested) return Wait();
            Current = unread[next++];
            return Yes;
        }

        async Task<bool> Wait()
        {
            if (isWaiting) throw new InvalidOperationException("dosai: the last MoveNextAsync has not ended yet");
            Current = null;
            if (Completion != null) return false;
            failure?.Throw();
            if (isDisposed) throw new ObjectDisposedException(nameof(ChatReader));
            try
            {
                if (call == null)
                {
                    Func<CancellationToken, Call> send = Interlocked.Exchange(ref submit, null) ?? throw new ObjectDisposedException(nameof(ChatReader));
                    Interlocked.Exchange(ref call, send(token));
                    if (isDisposed) call.Dispose(); // by another thread, before the call was there
                }
                if (token.IsCancellationRequested) call.Cancel(); // the token may not have told it yet
                chunks = null;
                isWaiting = true;
                List<Chunk> taken;
                while (!call.Take(out taken)) await call.Wait().ConfigureAwait(false);
                isWaiting = false;
                if (taken.Count > 0)
                {
                    Current = taken[0];
                    next = 1;
                    chunks = taken;
                    return true;
                }
                Completion = (Completion)call.Result();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
                Dispose();
                throw;
            }
            Dispose();
            return false;
        }

        /// <summary>Cancels the call, if it has not ended, and lets it go.</summary>
        public void Dispose()
        {
            isDisposed = true;
            chunks = null;
            Interlocked.Exchange(ref submit, null); // a full fence: either this sees the call, or Wait sees isDisposed
            call?.Dispose();
            linked?.Dispose();
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
