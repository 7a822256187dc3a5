using System;
using System.Collections.Generic;
using System.Threading;

namespace Dosai
{
    /// <summary>Why a call failed, and what had arrived.</summary>
    public sealed unsafe class Error
    {
        readonly ErrorHandle handle;
        readonly string message;
        Completion completion;

        internal Error(Status status, ErrorHandle handle)
        {
            Status = status;
            this.handle = handle ?? new ErrorHandle(); // of none, everything is unknown
        }

        internal Error(Status status, string message, Completion completion = null) : this(status, (ErrorHandle)null)
        {
            this.message = message;
            this.completion = completion;
        }

        /// <summary>How the call ended.</summary>
        public Status Status { get; }
        /// <summary>What happened, in one line, with the server's own message.</summary>
        public string Message => message ?? Native.Text(handle, Native.dosai_error_message(handle, out IntPtr length), length) ?? Status.ToString();
        /// <summary>The HTTP status of the last attempt; 0 if it got no answer.</summary>
        public int HttpStatus => Native.dosai_error_http_status(handle);
        /// <summary>The server's code, or null.</summary>
        public string Code => Native.Text(handle, Native.dosai_error_code(handle, out IntPtr length), length);
        /// <summary>The server's type of the error, or null.</summary>
        public string Type => Native.Text(handle, Native.dosai_error_type(handle, out IntPtr length), length);
        /// <summary>The parameter that the server complains of, or null.</summary>
        public string Param => Native.Text(handle, Native.dosai_error_param(handle, out IntPtr length), length);
        /// <summary>The server's id of the request, or null.</summary>
        public string RequestId => Native.Text(handle, Native.dosai_error_request_id(handle, out IntPtr length), length);
        /// <summary>The first 64 KiB of the response, or null.</summary>
        public byte[] Body => Native.Copy(handle, Native.dosai_error_body(handle, out IntPtr length), length);
        /// <summary>The wait that the server asks for.</summary>
        public TimeSpan? RetryAfter
        {
            get
            {
                long asked = Native.dosai_error_retry_after_ms(handle);
                return asked < 0 ? (TimeSpan?)null : Native.Milliseconds(asked);
            }
        }
        /// <summary>Whether repeating the call may help.</summary>
        public bool IsRetryable => Native.dosai_error_is_retryable(handle) == 1;
        /// <summary>The clock that ran out, of a timeout.</summary>
        public Clock Clock => (Clock)Native.dosai_error_clock(handle);
        /// <summary>The attempts to get an answer.</summary>
        public IReadOnlyList<Attempt> Attempts => Attempt.List(Native.dosai_error_attempt_count(handle), (at, into) => Native.dosai_error_attempt(handle, at, into));
        /// <summary>When what was reached.</summary>
        public Timings Timings => new Timings(into => Native.dosai_error_timings(handle, into));
        /// <summary>A header of the response, or null.</summary>
        public string Header(string name) =>
            Native.Text(handle, Native.dosai_error_header(handle, Native.Word(name, nameof(name)), out IntPtr length), length);

        /// <summary>The part of the answer that arrived; null if nothing did.</summary>
        public Completion Completion
        {
            get
            {
                if (completion != null) return completion;
                IntPtr part = Native.dosai_error_completion(handle);
                if (part == IntPtr.Zero) return null;
                Native.Check(Native.dosai_completion_copy(part, out CompletionHandle copy, out ErrorHandle error), error);
                GC.KeepAlive(this);
                return completion = new Completion(copy);
            }
        }

        internal Exception ToException(CancellationToken token = default(CancellationToken)) =>
            Status == Status.Cancelled ? (Exception)new DosaiCanceledException(this, token) : new DosaiException(this);
    }

    /// <summary>What both exceptions have.</summary>
    public interface IDosaiException
    {
        /// <summary>Why the call failed, and what had arrived.</summary>
        Error Error { get; }
    }

    /// <summary>A call failed: catch it <c>when (e.Status == Status.RateLimited)</c>, for example.</summary>
    public sealed class DosaiException : Exception, IDosaiException
    {
        internal DosaiException(Error error) : base(error.Message) { Error = error; }
        /// <summary>How the call ended.</summary>
        public Status Status => Error.Status;
        /// <summary>Why, and what had arrived.</summary>
        public Error Error { get; }
    }

    /// <summary>A call was cancelled, by its token or by closing the client.</summary>
    public sealed class DosaiCanceledException : OperationCanceledException, IDosaiException
    {
        internal DosaiCanceledException(Error error, CancellationToken token) : base(error.Message, token) { Error = error; }
        /// <summary>With what had arrived.</summary>
        public Error Error { get; }
    }
}
