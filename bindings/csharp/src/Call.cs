using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    /// <summary>A call in a loop, with what has come for it and is unread.</summary>
    internal sealed class Call : IDisposable
    {
        const int Unread = 256 << 10; // bytes; then its connection waits

        readonly Client owner; // not garbage while the call runs
        readonly CallHandle handle;
        readonly object gate = new object();
        List<Chunk> chunks = new List<Chunk>(), spare = new List<Chunk>();
        CancellationToken token;
        CancellationTokenRegistration registration;
        TaskCompletionSource<bool> waiter;
        object last; // a Completion, a Response or an Error
        int bytes;
        bool isPaused, isCancelled, isReleased;

        internal Call(Client owner, CallHandle handle)
        {
            this.owner = owner;
            this.handle = handle;
        }

        /// <summary>In place of the token before. Not inside of the loop's lock: a token that is cancelled calls at once.</summary>
        internal void Watch(CancellationToken by)
        {
            registration.Dispose();
            token = by;
            if (token.CanBeCanceled) registration = token.Register(Cancel);
        }

        internal void Cancel()
        {
            lock (gate)
            {
                if (isReleased) return;
                isCancelled = true;
                Native.dosai_call_cancel(handle);
            }
        }

        /// <summary>Takes the chunks, and empties their list.</summary>
        internal void Add(List<Chunk> fresh)
        {
            if (fresh.Count == 0) return;
            lock (gate)
            {
                if (!isReleased && !isCancelled)
                {
                    chunks.AddRange(fresh);
                    foreach (Chunk chunk in fresh) bytes += chunk.Size;
                    if (bytes >= Unread && !isPaused) Native.dosai_call_pause(handle);
                    isPaused |= bytes >= Unread;
                    Tell();
                }
            }
            fresh.Clear();
        }

        internal void Finish(object how)
        {
            lock (gate)
            {
                if (last == null) last = how;
                Tell();
            }
        }

        internal void Fail(Error error)
        {
            Finish(error);
            Cancel();
        }

        void Tell()
        {
            waiter?.TrySetResult(true);
            waiter = null;
        }

        /// <summary>Gives the chunks that have come, or none if the call is over; false if neither is so: then wait.</summary>
        internal bool Take(out List<Chunk> taken)
        {
            lock (gate)
            {
                spare.Clear();
                if (isCancelled) chunks.Clear();
                taken = chunks;
                if (taken.Count == 0) return last != null;
                chunks = spare;
                spare = taken;
                bytes = 0;
                if (isPaused && !isReleased) Native.dosai_call_resume(handle);
                isPaused = false;
                return true;
            }
        }

        internal Task Wait()
        {
            lock (gate)
            {
                if (chunks.Count > 0 || last != null) return Task.FromResult(true);
                if (waiter == null) waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                return waiter.Task;
            }
        }

        /// <summary>How it ended. A call that was cancelled before its end was read is cancelled.</summary>
        internal object Result()
        {
            if (last is Error error) throw error.ToException(token);
            if (isCancelled) throw new Error(Status.Cancelled, "the call was cancelled", last as Completion).ToException(token);
            return last;
        }

        /// <summary>Lets the call go; if it still runs, it is cancelled.</summary>
        public void Dispose()
        {
            registration.Dispose(); // not inside of the lock: it waits while the token calls us
            lock (gate)
            {
                if (isReleased) return;
                if (last == null) Native.dosai_call_cancel(handle);
                isReleased = isCancelled = true;
                handle.Dispose();
                GC.KeepAlive(owner);
            }
        }
    }
}
