using System;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    /// <summary>An endpoint, a key, limits and open connections, for any number of threads. Make one, and keep it.</summary>
    public sealed partial class Client : IDisposable
    {
        internal readonly ClientHandle Handle;
        readonly ClientOptions options;
        readonly object gate = new object();
        Loop loop; // made by the first asynchronous call
        bool isClosed;

        /// <summary>Nothing is sent yet.</summary>
        public Client(ClientOptions options = null)
        {
            this.options = options ?? new ClientOptions();
            Handle = Arguments.MakeClient(this.options);
        }

        /// <summary>Frees the loop of a client that is garbage; no call uses it any more.</summary>
        ~Client() { loop?.Close(false); }

        /// <summary>Cancels the asynchronous calls that still run, and frees the client when its last call has ended.</summary>
        public void Dispose()
        {
            lock (gate) isClosed = true;
            GC.SuppressFinalize(this);
            loop?.Close(true);
            Handle.Dispose();
        }

        /// <summary>Sends the request, and waits for the whole answer.</summary>
        public Completion Chat(Request request, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            Need(request, nameof(request));
            using (var arguments = new Arguments(options, token))
            {
                int status = Native.dosai_chat(Handle, request.Handle, arguments.Call, out CompletionHandle completion, out ErrorHandle error);
                arguments.Check(status, error);
                return new Completion(completion);
            }
        }

        /// <summary>A stream, which sends the request when it is enumerated.</summary>
        public ChatStream Stream(Request request, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            Request copy = Need(request, nameof(request)).Copy();
            return new ChatStream(arguments =>
            {
                int status = Native.dosai_stream_open(Handle, copy.Handle, arguments.Call, out StreamHandle stream, out ErrorHandle error);
                copy.Dispose();
                arguments.Check(status, error);
                return stream;
            }, options, token);
        }

        /// <summary>A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind Event.</summary>
        public ChatStream PostStream(string path, string json, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            byte[] where = Native.Word(path, nameof(path)), body = Native.Bytes(json, nameof(json));
            return new ChatStream(arguments =>
            {
                int status = Native.dosai_stream_open_post(Handle, where, body, Native.Length(body), arguments.Call, out StreamHandle stream, out ErrorHandle error);
                arguments.Check(status, error);
                return stream;
            }, options, token);
        }

        /// <summary>Sends a GET to any endpoint, such as "/models".</summary>
        public Response Get(string path, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            using (var arguments = new Arguments(options, token))
            {
                int status = Native.dosai_client_get(Handle, Native.Word(path, nameof(path)), arguments.Call, out ResponseHandle response, out ErrorHandle error);
                arguments.Check(status, error);
                return new Response(response);
            }
        }

        /// <summary>Sends a POST to any endpoint.</summary>
        public Response Post(string path, string json, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            byte[] body = Native.Bytes(json, nameof(json));
            using (var arguments = new Arguments(options, token))
            {
                int status = Native.dosai_client_post(Handle, Native.Word(path, nameof(path)), body, Native.Length(body), arguments.Call, out ResponseHandle response, out ErrorHandle error);
                arguments.Check(status, error);
                return new Response(response);
            }
        }

        /// <summary>As <see cref="Chat"/>, without a thread that waits.</summary>
        public async Task<Completion> ChatAsync(Request request, CallOptions options = null, CancellationToken token = default(CancellationToken)) =>
            (Completion)await Whole(SubmitChat(Need(request, nameof(request)), options), token).ConfigureAwait(false);

        /// <summary>As <see cref="Get"/>, without a thread that waits.</summary>
        public async Task<Response> GetAsync(string path, CallOptions options = null, CancellationToken token = default(CancellationToken)) =>
            (Response)await Whole(SubmitGet(Native.Word(path, nameof(path)), options), token).ConfigureAwait(false);

        /// <summary>As <see cref="Post"/>, without a thread that waits.</summary>
        public async Task<Response> PostAsync(string path, string json, CallOptions options = null, CancellationToken token = default(CancellationToken)) =>
            (Response)await Whole(SubmitPost(Native.Word(path, nameof(path)), Native.Bytes(json, nameof(json)), options), token).ConfigureAwait(false);

        /// <summary>As <see cref="Stream"/>, without a thread that waits.</summary>
        public ChatReader StreamAsync(Request request, CallOptions options = null, CancellationToken token = default(CancellationToken))
        {
            Request copy = Need(request, nameof(request)).Copy();
            return new ChatReader(SubmitStream(copy, options), token);
        }

        /// <summary>As <see cref="PostStream"/>, without a thread that waits.</summary>
        public ChatReader PostStreamAsync(string path, string json, CallOptions options = null, CancellationToken token = default(CancellationToken)) =>
            new ChatReader(SubmitPostStream(Native.Word(path, nameof(path)), Native.Bytes(json, nameof(json)), options), token);

        static Request Need(Request request, string name) => request ?? throw new ArgumentNullException(name);

        static async Task<object> Whole(Func<CancellationToken, Call> submit, CancellationToken token)
        {
            using (Call call = submit(token))
            {
                while (!call.Take(out _)) await call.Wait().ConfigureAwait(false);
                return call.Result();
            }
        }

        Loop Loop
        {
            get
            {
                lock (gate)
                {
                    if (isClosed) throw new ObjectDisposedException(nameof(Client));
                    return loop ?? (loop = new Loop(options));
                }
            }
        }

        Func<CancellationToken, Call> SubmitChat(Request request, CallOptions options) => token => Loop.Submit(this, options, token,
            (IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error) =>
                Native.dosai_loop_submit_chat(into, Handle, request.Handle, arguments.Call, tag, out call, out error));

        Func<CancellationToken, Call> SubmitStream(Request request, CallOptions options) => token => Loop.Submit(this, options, token,
            (IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error) =>
            {
                using (request) return Native.dosai_loop_submit_stream(into, Handle, request.Handle, arguments.Call, tag, out call, out error);
            });

        Func<CancellationToken, Call> SubmitGet(byte[] path, CallOptions options) => token => Loop.Submit(this, options, token,
            (IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error) =>
                Native.dosai_loop_submit_get(into, Handle, path, arguments.Call, tag, out call, out error));

        Func<CancellationToken, Call> SubmitPost(byte[] path, byte[] body, CallOptions options) => token => Loop.Submit(this, options, token,
            (IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error) =>
                Native.dosai_loop_submit_post(into, Handle, path, body, Native.Length(body), arguments.Call, tag, out call, out error));

        Func<CancellationToken, Call> SubmitPostStream(byte[] path, byte[] body, CallOptions options) => token => Loop.Submit(this, options, token,
            (IntPtr tag, LoopHandle into, Arguments arguments, out CallHandle call, out ErrorHandle error) =>
                Native.dosai_loop_submit_stream_post(into, Handle, path, body, Native.Length(body), arguments.Call, tag, out call, out error));
    }
}
