using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace Dosai
{
    internal delegate StreamHandle OpenStream(Arguments arguments);

    /// <summary>A streaming call. The request is sent when it is enumerated, which can be done once. Without an exception,
    /// the answer is complete. If you leave the loop early, the call is cancelled. Its enumerator is for one thread: to stop it
    /// from another, cancel the token; do not dispose of it there.</summary>
    public sealed class ChatStream : IEnumerable<Chunk>
    {
        readonly CallOptions options;
        readonly CancellationToken token;
        OpenStream open;

        internal ChatStream(OpenStream open, CallOptions options, CancellationToken token)
        {
            this.open = open;
            this.options = options;
            this.token = token;
        }

        /// <summary>The answer put together, once the stream has ended; else null.</summary>
        public Completion Completion { get; internal set; }

        /// <summary>Sends the request, and waits until the answer begins.</summary>
        public IEnumerator<Chunk> GetEnumerator()
        {
            OpenStream once = Interlocked.Exchange(ref open, null);
            if (once == null) throw new InvalidOperationException("dosai: the stream was read before");
            return new Reader(this, once);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        sealed unsafe class Reader : IEnumerator<Chunk>
        {
            readonly ChatStream owner;
            readonly Arguments arguments;
            readonly StreamHandle handle;
            readonly IntPtr stream; // of handle, which nobody else frees
            ExceptionDispatchInfo failure;

            internal Reader(ChatStream owner, OpenStream open)
            {
                this.owner = owner;
                arguments = new Arguments(owner.options, owner.token);
                try { handle = open(arguments); }
                catch
                {
                    arguments.Dispose();
                    throw;
                }
                arguments.FreeTexts();
                stream = handle.DangerousGetHandle();
            }

            public Chunk Current { get; private set; }
            object IEnumerator.Current => Current;

            public bool MoveNext()
            {
                if (owner.Completion != null) return false;
                failure?.Throw();
                if (handle.IsClosed) throw new ObjectDisposedException(nameof(ChatStream));
                dosai_chunk* chunk;
                IntPtr error = IntPtr.Zero;
                int status = Native.dosai_stream_next(stream, -1, &chunk, &error);
                if (status == 0 && chunk != null)
                {
                    Current = new Chunk(chunk);
                    GC.KeepAlive(this);
                    return true;
                }
                Current = null;
                try { End(status, error); }
                catch (Exception wrong)
                {
                    failure = ExceptionDispatchInfo.Capture(wrong);
                    throw;
                }
                return false;
            }

            void End(int status, IntPtr error)
            {
                if (status != 0) Dispose();
                arguments.Check(status, ErrorHandle.Of(error));
                Native.Check(Native.dosai_stream_completion(handle, out CompletionHandle completion, out ErrorHandle wrong), wrong);
                owner.Completion = new Completion(completion);
                Dispose();
            }

            public void Dispose()
            {
                handle.Dispose();
                arguments.Dispose();
            }

            public void Reset() => throw new NotSupportedException();
        }
    }
}
