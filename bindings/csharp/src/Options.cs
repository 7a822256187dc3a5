using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace Dosai
{
    /// <summary>The options of a client. What is not set has the default that dosai.h states. A negative time, such as
    /// Timeout.InfiniteTimeSpan, means no timeout, and zero is refused. For MaxRetries, -1 means no retry. For other
    /// numbers, 0 is the default and -1 means no limit, unless stated otherwise.</summary>
    public sealed class ClientOptions
    {
        /// <summary>If it is not set: DOSAI_BASE_URL of the environment, or DOS AI.</summary>
        public string BaseUrl { get; set; }
        /// <summary>If it is not set: DOSAI_API_KEY of the environment.</summary>
        public string ApiKey { get; set; }
        /// <summary>A header whose value is the key, such as "api-key"; else it is "Authorization: Bearer KEY".</summary>
        public string ApiKeyHeader { get; set; }
        /// <summary>The value of OpenAI-Organization.</summary>
        public string Organization { get; set; }
        /// <summary>The value of OpenAI-Project.</summary>
        public string Project { get; set; }
        /// <summary>The value of User-Agent.</summary>
        public string UserAgent { get; set; }
        /// <summary>Lines, "Name: value".</summary>
        public IEnumerable<string> Headers { get; set; }
        /// <summary>PEM; else the authorities of the system.</summary>
        public string CaFile { get; set; }
        /// <summary>PEM text, instead of CaFile.</summary>
        public string CaPem { get; set; }
        /// <summary>PEM.</summary>
        public string ClientCertificateFile { get; set; }
        /// <summary>PEM.</summary>
        public string ClientKeyFile { get; set; }
        /// <summary>The password of the client's key.</summary>
        public string ClientKeyPassword { get; set; }
        /// <summary>Such as "http://host:port".</summary>
        public string Proxy { get; set; }
        /// <summary>The path of a Unix socket, instead of the URL's host.</summary>
        public string UnixSocket { get; set; }
        /// <summary>Retries of a call.</summary>
        public int MaxRetries { get; set; }
        /// <summary>Until the request can be sent.</summary>
        public TimeSpan? ConnectTimeout { get; set; }
        /// <summary>From then until the first chunk.</summary>
        public TimeSpan? FirstTokenTimeout { get; set; }
        /// <summary>Between two chunks.</summary>
        public TimeSpan? IdleTimeout { get; set; }
        /// <summary>The whole call.</summary>
        public TimeSpan? TotalTimeout { get; set; }
        /// <summary>How long an idle connection may be used again.</summary>
        public TimeSpan? KeepAliveTimeout { get; set; }
        /// <summary>The largest event of a stream.</summary>
        public long MaxEventBytes { get; set; }
        /// <summary>The largest answer without a stream.</summary>
        public long MaxResponseBytes { get; set; }
        /// <summary>The largest answer of a stream.</summary>
        public long MaxTextBytes { get; set; }
        /// <summary>All headers of a response.</summary>
        public long MaxHeaderBytes { get; set; }
        /// <summary>JSON values in an event or an answer.</summary>
        public int MaxJsonNodes { get; set; }
        /// <summary>How deep JSON may be; at most 512, which is also the default.</summary>
        public int MaxJsonDepth { get; set; }
        /// <summary>Choices of an answer.</summary>
        public int MaxChoices { get; set; }
        /// <summary>Tool calls of a choice.</summary>
        public int MaxToolCalls { get; set; }
        /// <summary>How many redirects to follow, within the same origin: 0 to 5; -1 is refused.</summary>
        public int MaxRedirects { get; set; }
        /// <summary>Whether a key may go over plain http to another machine.</summary>
        public bool AllowInsecureHttp { get; set; }
        /// <summary>Whether to use the proxy of the environment (dosai.h lists the variables), for https URLs only.</summary>
        public bool ProxyFromEnvironment { get; set; }
        /// <summary>Whether to do without HTTP/2.</summary>
        public bool Http1Only { get; set; }
        /// <summary>Attempts in any 60 s; see "Rates" in dosai.h.</summary>
        public long RequestsPerMinute { get; set; }
        /// <summary>Tokens in any 60 s.</summary>
        public long TokensPerMinute { get; set; }
        /// <summary>How many asynchronous calls run at once; the others wait in turn. 0: no limit; -1 is refused.</summary>
        public int MaxInFlight { get; set; }
        /// <summary>How many connections to a host asynchronous calls may use. 0: no limit; -1 is refused.</summary>
        public int MaxConnectionsPerHost { get; set; }
    }

    /// <summary>The options of one call. What is not set is the client's. A negative time means no timeout, and zero is refused.</summary>
    public sealed class CallOptions
    {
        /// <summary>Retries.</summary>
        public int MaxRetries { get; set; }
        /// <summary>Until the request can be sent.</summary>
        public TimeSpan? ConnectTimeout { get; set; }
        /// <summary>From then until the first chunk.</summary>
        public TimeSpan? FirstTokenTimeout { get; set; }
        /// <summary>Between two chunks.</summary>
        public TimeSpan? IdleTimeout { get; set; }
        /// <summary>The whole call.</summary>
        public TimeSpan? TotalTimeout { get; set; }
        /// <summary>Lines, "Name: value"; each replaces the client's of that name.</summary>
        public IEnumerable<string> Headers { get; set; }
        /// <summary>Of PostStream: what ends the stream, such as "[DONE]"; see dosai_stream_open_post.</summary>
        public string LastEvent { get; set; }
    }

    /// <summary>Structs of options with their texts, and a token, for as long as the library may read them.</summary>
    internal sealed unsafe class Arguments : IDisposable
    {
        internal IntPtr Call; // NULL: nothing is set
        readonly CancellationToken token;
        static readonly CancellationTokenSource exit = new CancellationTokenSource();
        static readonly CancelHandle atExit = CancelAtExit();
        readonly List<IntPtr> kept = new List<IntPtr>();
        CancelHandle cancel;
        CancellationTokenRegistration registration, exitRegistration;

        static Arguments() { AppDomain.CurrentDomain.ProcessExit += (sender, e) => exit.Cancel(); }

        Arguments() { }

        /// <summary>Of a call in a loop, which is cancelled by its handle.</summary>
        internal Arguments(CallOptions options)
        {
            if (options != null) Set(Make(), options);
        }

        /// <summary>Of a call that blocks. When the process exits, mono waits for its thread: so it is cancelled then.</summary>
        internal Arguments(CallOptions options, CancellationToken token)
        {
            this.token = token;
            dosai_call_options* to = Make();
            if (options != null) Set(to, options);
            CancelHandle used = atExit;
            if (token.CanBeCanceled)
            {
                used = cancel = NewCancel();
                registration = token.Register(Trigger, cancel);
                exitRegistration = exit.Token.Register(Trigger, cancel);
            }
            if (used != null) to->cancel = used.DangerousGetHandle();
        }

        /// <summary>Of an enumerator that nobody has disposed.</summary>
        ~Arguments() { Dispose(); }

        /// <summary>Throws if the call has failed. But a background thread whose process exits, which it need not know, sleeps
        /// until the runtime ends it: an exception that nobody catches would be the end of the process, too.</summary>
        internal void Check(int status, ErrorHandle error)
        {
            if (status == (int)Status.Cancelled && exit.IsCancellationRequested && Thread.CurrentThread.IsBackground) Thread.Sleep(Timeout.Infinite);
            Native.Check(status, error, token);
        }

        static void Trigger(object cancel) => Native.dosai_cancel_trigger((CancelHandle)cancel);

        static CancelHandle NewCancel()
        {
            Native.Check(Native.dosai_cancel_new(out CancelHandle made, out ErrorHandle error), error);
            return made;
        }

        static CancelHandle CancelAtExit()
        {
            if (Native.dosai_cancel_new(out CancelHandle made, out ErrorHandle error) != 0) return null;
            exit.Token.Register(Trigger, made);
            return made;
        }

        dosai_call_options* Make()
        {
            Call = Keep(Marshal.AllocHGlobal(sizeof(dosai_call_options)));
            Native.dosai_call_options_init((dosai_call_options*)Call, (IntPtr)sizeof(dosai_call_options));
            return (dosai_call_options*)Call;
        }

        void Set(dosai_call_options* to, CallOptions from)
        {
            to->max_retries = from.MaxRetries;
            to->connect_timeout_ms = Time(from.ConnectTimeout, nameof(from.ConnectTimeout));
            to->first_token_timeout_ms = Time(from.FirstTokenTimeout, nameof(from.FirstTokenTimeout));
            to->idle_timeout_ms = Time(from.IdleTimeout, nameof(from.IdleTimeout));
            to->total_timeout_ms = Time(from.TotalTimeout, nameof(from.TotalTimeout));
            to->headers = List(from.Headers, out to->header_count);
            to->last_event = Word(from.LastEvent, "LastEvent");
        }

        internal static ClientHandle MakeClient(ClientOptions from)
        {
            using (var texts = new Arguments())
            {
                dosai_client_options to;
                Native.dosai_client_options_init(&to, (IntPtr)sizeof(dosai_client_options));
                texts.SetTexts(&to, from);
                SetLimits(&to, from);
                Native.Check(Native.dosai_client_new(&to, out ClientHandle handle, out ErrorHandle error), error);
                return handle;
            }
        }

        void SetTexts(dosai_client_options* to, ClientOptions from)
        {
            to->base_url = Word(Given(from.BaseUrl, "DOSAI_BASE_URL"), "BaseUrl");
            to->api_key = Word(Given(from.ApiKey, "DOSAI_API_KEY"), "ApiKey");
            to->api_key_header = Word(from.ApiKeyHeader, "ApiKeyHeader");
            to->organization = Word(from.Organization, "Organization");
            to->project = Word(from.Project, "Project");
            to->user_agent = Word(from.UserAgent, "UserAgent");
            to->headers = List(from.Headers, out to->header_count);
            to->ca_file = Word(from.CaFile, "CaFile");
            to->ca_pem = Word(from.CaPem, "CaPem");
            to->ca_pem_length = (IntPtr)(-1);
            to->client_certificate_file = Word(from.ClientCertificateFile, "ClientCertificateFile");
            to->client_key_file = Word(from.ClientKeyFile, "ClientKeyFile");
            to->client_key_password = Word(from.ClientKeyPassword, "ClientKeyPassword");
            to->proxy = Word(from.Proxy, "Proxy");
            to->unix_socket = Word(from.UnixSocket, "UnixSocket");
        }

        static void SetLimits(dosai_client_options* to, ClientOptions from)
        {
            to->max_retries = from.MaxRetries;
            to->connect_timeout_ms = Time(from.ConnectTimeout, nameof(from.ConnectTimeout));
            to->first_token_timeout_ms = Time(from.FirstTokenTimeout, nameof(from.FirstTokenTimeout));
            to->idle_timeout_ms = Time(from.IdleTimeout, nameof(from.IdleTimeout));
            to->total_timeout_ms = Time(from.TotalTimeout, nameof(from.TotalTimeout));
            to->keep_alive_timeout_ms = Time(from.KeepAliveTimeout, nameof(from.KeepAliveTimeout));
            to->max_event_bytes = from.MaxEventBytes;
            to->max_response_bytes = from.MaxResponseBytes;
            to->max_text_bytes = from.MaxTextBytes;
            to->max_header_bytes = from.MaxHeaderBytes;
            to->max_json_nodes = from.MaxJsonNodes;
            to->max_json_depth = from.MaxJsonDepth;
            to->max_choices = from.MaxChoices;
            to->max_tool_calls = from.MaxToolCalls;
            to->max_redirects = from.MaxRedirects;
            to->allow_insecure_http = from.AllowInsecureHttp ? 1 : 0;
            to->proxy_from_environment = from.ProxyFromEnvironment ? 1 : 0;
            to->http1_only = from.Http1Only ? 1 : 0;
            to->requests_per_minute = from.RequestsPerMinute;
            to->tokens_per_minute = from.TokensPerMinute;
        }

        static string Given(string value, string name)
        {
            string found = value ?? Environment.GetEnvironmentVariable(name);
            return found == "" ? null : found;
        }

        /// <summary>Rounded up; for the library, 0 is the default.</summary>
        static long Time(TimeSpan? time, string name)
        {
            if (time == null) return 0;
            if (time == TimeSpan.Zero) throw new ArgumentOutOfRangeException(name, "dosai: the time is 0; null sets the default, and a negative time none");
            return time < TimeSpan.Zero ? -1 : (time.Value.Ticks - 1) / TimeSpan.TicksPerMillisecond + 1;
        }

        IntPtr Keep(IntPtr memory)
        {
            kept.Add(memory);
            return memory;
        }

        byte* Word(string text, string name)
        {
            if (text == null) return null;
            byte[] bytes = Native.Word(text, name);
            IntPtr copy = Keep(Marshal.AllocHGlobal(bytes.Length));
            Marshal.Copy(bytes, 0, copy, bytes.Length);
            return (byte*)copy;
        }

        byte** List(IEnumerable<string> lines, out IntPtr count)
        {
            var words = new List<IntPtr>();
            foreach (string line in lines ?? new string[0]) words.Add((IntPtr)Word(line, "Headers"));
            count = (IntPtr)words.Count;
            if (words.Count == 0) return null;
            IntPtr copy = Keep(Marshal.AllocHGlobal(words.Count * sizeof(IntPtr)));
            Marshal.Copy(words.ToArray(), 0, copy, words.Count);
            return (byte**)copy;
        }

        public void Dispose()
        {
            registration.Dispose(); // waits while the token calls us
            exitRegistration.Dispose();
            cancel?.Dispose();
            FreeTexts();
            GC.SuppressFinalize(this);
        }

        /// <summary>Once the call has begun.</summary>
        internal void FreeTexts()
        {
            foreach (IntPtr memory in kept) Marshal.FreeHGlobal(memory);
            kept.Clear();
        }
    }
}
