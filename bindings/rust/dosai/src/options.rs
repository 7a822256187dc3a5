use crate::ffi::{guarded, make, wipe, Handle, Words};
use crate::observer::{tell, Observer};
use crate::{Error, LogLevel, Result, Status};
use dosai_sys as sys;
use std::ffi::c_void;
use std::fmt;
use std::mem::{size_of, zeroed};
use std::os::raw::c_char;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

/// How long something may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeout {
    /// The default of the option; of a call's, the client's.
    #[default]
    Default,
    /// No limit.
    Never,
    /// This long, in whole milliseconds, at least one.
    After(Duration),
}

impl Timeout {
    fn ms(self) -> i64 {
        match self {
            Timeout::Default => 0,
            Timeout::Never => -1,
            Timeout::After(time) => milliseconds(time).max(1),
        }
    }
}

impl From<Duration> for Timeout {
    fn from(time: Duration) -> Timeout {
        Timeout::After(time)
    }
}

pub(crate) fn milliseconds(time: Duration) -> i64 {
    time.as_millis().try_into().unwrap_or(i64::MAX)
}

/// Receives a line of the log.
pub type Log = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;
/// Gives the key for the next attempt.
pub type Key = Arc<dyn Fn() -> String + Send + Sync>;
/// Called while a call waits. `false` cancels it.
pub type OnWait = Arc<dyn Fn() -> bool + Send + Sync>;

macro_rules! options {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Default)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }
    };
}

options! {
    /// The options of a client. Text that is `None`, and 0, are the default; -1 disables: no retry, no limit.
    ///
    /// `..Default::default()` stands for those that you do not set.
    ClientOptions {
        /// `https://api.dos.ai/v1`. It may have a path and a query.
        base_url: Option<String>,
        /// Without it, no key is sent.
        api_key: Option<String>,
        /// The name of a header whose value is the key alone, instead of "Authorization: Bearer KEY".
        api_key_header: Option<String>,
        /// The value of the OpenAI-Organization header.
        organization: Option<String>,
        /// The value of the OpenAI-Project header.
        project: Option<String>,
        /// "dosai/VERSION".
        user_agent: Option<String>,
        /// "Name: value" each; it replaces the library's own of that name.
        headers: Vec<String>,
        /// A file of PEM, instead of the system's authorities.
        ca_file: Option<String>,
        /// The text of PEM, instead of a file.
        ca_pem: Option<String>,
        /// A file of PEM.
        client_certificate_file: Option<String>,
        /// A file of PEM, unless the key is in that of the certificate.
        client_key_file: Option<String>,
        /// The password of that key.
        client_key_password: Option<String>,
        /// Such as `http://host:port` or `socks5h://host:port`.
        proxy: Option<String>,
        /// The path of a Unix socket to connect to instead of the URL's host.
        unix_socket: Option<String>,
        /// Retries per call, at most 100. 0: 2.
        max_retries: i32,
        /// From the start of an attempt until the request can be sent: 10 s.
        connect_timeout: Timeout,
        /// From then until the first token: 600 s.
        first_token_timeout: Timeout,
        /// Between two chunks of a stream: 300 s.
        idle_timeout: Timeout,
        /// The whole call: 600 s, and none for streams.
        total_timeout: Timeout,
        /// How long an idle connection may be reused: 60 s.
        keep_alive_timeout: Timeout,
        /// The largest event of a stream. 0: 16 MiB.
        max_event_bytes: i64,
        /// The largest answer that is no stream, decompressed. 0: 64 MiB.
        max_response_bytes: i64,
        /// The largest completion of a stream. 0: 64 MiB.
        max_text_bytes: i64,
        /// All response headers together. 0: libcurl's limit.
        max_header_bytes: i64,
        /// JSON values in one event or answer. 0: 1,000,000.
        max_json_nodes: i32,
        /// 0 or -1: 512, the maximum.
        max_json_depth: i32,
        /// Choices of one answer. 0: 128.
        max_choices: i32,
        /// Tool calls of one choice. 0: 1,024.
        max_tool_calls: i32,
        /// How many redirects to follow within the same origin, at most 5; not -1.
        max_redirects: i32,
        /// See "Rates" in `dosai.h`. 0: no rate.
        requests_per_minute: i64,
        /// Likewise.
        tokens_per_minute: i64,
        /// A key may go over plain http to another machine or through a proxy.
        allow_insecure_http: bool,
        /// If `proxy` is not set, use that of the environment (`dosai.h` lists the variables), for https URLs only.
        proxy_from_environment: bool,
        /// Do not use HTTP/2.
        http1_only: bool,
        /// `LogLevel::OFF`, unless it is set.
        log_level: LogLevel,
        /// Must not use the library. A panic in it stops no call, and goes on when the call has ended.
        on_log: Option<Log>,
        /// Gives a key that changes, instead of `api_key`. Must not use this client or a loop.
        key_fn: Option<Key>,
        /// Is told each point of a call's life, on the thread of the call. Must not use the library; a panic in it is as one
        /// in `on_log`.
        on_event: Option<Observer>,
    }
}

options! {
    /// The options of calls, for [`Client::with`](crate::Client::with). 0, `None` and `Timeout::Default` are the client's.
    CallOptions {
        /// -1: none.
        max_retries: i32,
        /// See [`ClientOptions`].
        connect_timeout: Timeout,
        /// See [`ClientOptions`].
        first_token_timeout: Timeout,
        /// See [`ClientOptions`].
        idle_timeout: Timeout,
        /// See [`ClientOptions`].
        total_timeout: Timeout,
        /// "Name: value" each; it replaces the client's of that name.
        headers: Vec<String>,
        /// Cancels the calls, from any thread.
        cancel: Option<CancelToken>,
        /// Called every `wait_interval` while a function waits for the answer. Loops ignore it.
        on_wait: Option<OnWait>,
        /// 100 ms; never is not possible.
        wait_interval: Timeout,
        /// For [`Client::stream_post`](crate::Client::stream_post): the type or the data of the last event.
        last_event: Option<String>,
    }
}

impl fmt::Debug for ClientOptions {
    /// Shows no key, header or query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.base_url.as_deref().and_then(|url| url.split('?').next());
        f.debug_struct("ClientOptions").field("base_url", &url).finish_non_exhaustive()
    }
}

impl ClientOptions {
    /// With the key in DOSAI_API_KEY and the URL in DOSAI_BASE_URL.
    pub fn from_env() -> ClientOptions {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        ClientOptions { api_key: variable("DOSAI_API_KEY"), base_url: variable("DOSAI_BASE_URL"), ..Default::default() }
    }

    /// As C wants them; it may have the address of the hooks until the client's last call has ended.
    pub(crate) fn client(&self, hooks: &Hooks) -> Result<Handle<sys::dosai_client>> {
        let (mut words, mut c): (_, sys::dosai_client_options) = (Words::default(), unsafe { zeroed() });
        unsafe { sys::dosai_client_options_init(&mut c, size_of::<sys::dosai_client_options>()) };
        macro_rules! set {
            ($($field:ident)*; $($time:ident $ms:ident)*; $($number:ident)*) => {
                $(c.$field = words.one(&self.$field)?;)*
                $(c.$ms = self.$time.ms();)*
                $(c.$number = self.$number.into();)*
            };
        }
        set!(base_url api_key api_key_header organization project user_agent ca_file client_certificate_file
             client_key_file client_key_password proxy unix_socket;
             connect_timeout connect_timeout_ms first_token_timeout first_token_timeout_ms idle_timeout idle_timeout_ms
             total_timeout total_timeout_ms keep_alive_timeout keep_alive_timeout_ms;
             max_retries max_event_bytes max_response_bytes max_text_bytes max_header_bytes max_json_nodes max_json_depth
             max_choices max_tool_calls max_redirects requests_per_minute tokens_per_minute allow_insecure_http proxy_from_environment http1_only);
        (c.headers, c.header_count) = (words.list(&self.headers)?, self.headers.len());
        if let Some(pem) = &self.ca_pem {
            (c.ca_pem, c.ca_pem_length) = (pem.as_ptr().cast(), pem.len());
        }
        let user_data = hooks as *const Hooks as *mut c_void;
        (c.log_level, c.log_user_data, c.key_user_data) = (self.log_level.0, user_data, user_data);
        c.on_log = hooks.log.as_ref().map(|_| write_log as sys::dosai_log_fn);
        c.event_user_data = user_data;
        c.on_event = hooks.observer.as_ref().map(|_| tell as sys::dosai_call_event_fn);
        c.key_fn = hooks.key.as_ref().map(|_| give_key as sys::dosai_key_fn);
        make(|out, error| unsafe { sys::dosai_client_new(&c, out, error) })
    }
}

/// The callbacks of a client.
pub(crate) struct Hooks {
    pub(crate) log: Option<Log>,
    pub(crate) key: Option<Key>,
    pub(crate) observer: Option<Observer>,
}

impl Hooks {
    pub(crate) fn are_set(&self) -> bool {
        self.log.is_some() || self.key.is_some() || self.observer.is_some()
    }
}

unsafe extern "C" fn write_log(level: sys::dosai_log_level, line: *const c_char, length: usize, hooks: *mut c_void) {
    if let (Some(log), Some(line)) = (&(*(hooks as *const Hooks)).log, crate::ffi::raw(line, length)) {
        guarded(|| log(LogLevel(level), &line));
    }
}

unsafe extern "C" fn give_key(key: *mut c_char, size: usize, hooks: *mut c_void) -> i32 {
    let given = (*(hooks as *const Hooks)).key.as_ref().and_then(|key| guarded(|| key().into_bytes()));
    given.map_or(1, |given| {
        key.copy_from_nonoverlapping(given.as_ptr().cast(), given.len().min(size));
        if given.len() < size {
            *key.add(given.len()) = 0;
        }
        let is_bad = given.contains(&0);
        wipe(given);
        is_bad.into()
    })
}

/// What C borrows for one call; `on_wait` until it ends.
pub(crate) struct Call {
    pub(crate) c: sys::dosai_call_options,
    pub(crate) on_wait: Option<Box<OnWait>>,
    _words: Words,
}

unsafe extern "C" fn wait(on_wait: *mut c_void) -> i32 {
    guarded(|| (*(on_wait as *const OnWait))()).map_or(1, |goes_on| (!goes_on).into())
}

impl CallOptions {
    pub(crate) fn call(&self) -> Result<Call> {
        let (mut words, mut c): (_, sys::dosai_call_options) = (Words::default(), unsafe { zeroed() });
        unsafe { sys::dosai_call_options_init(&mut c, size_of::<sys::dosai_call_options>()) };
        c.max_retries = self.max_retries;
        c.connect_timeout_ms = self.connect_timeout.ms();
        c.first_token_timeout_ms = self.first_token_timeout.ms();
        c.idle_timeout_ms = self.idle_timeout.ms();
        c.total_timeout_ms = self.total_timeout.ms();
        (c.headers, c.header_count) = (words.list(&self.headers)?, self.headers.len());
        c.cancel = self.cancel.as_ref().map_or(null_mut(), |token| token.0.get());
        let on_wait = self.on_wait.clone().map(Box::new);
        if let Some(on_wait) = &on_wait {
            c.on_wait = Some(wait);
            c.wait_user_data = &**on_wait as *const OnWait as *mut c_void;
        }
        c.wait_interval_ms = self.wait_interval.ms();
        c.last_event = words.one(&self.last_event)?;
        Ok(Call { c, on_wait, _words: words })
    }
}

/// Cancels every call that uses it, whether it is running or started later. Copies are the same token.
#[derive(Clone)]
pub struct CancelToken(Arc<Handle<sys::dosai_cancel>>);

impl CancelToken {
    /// Fails if no file descriptor is free.
    pub fn new() -> Result<CancelToken> {
        make(|out, error| unsafe { sys::dosai_cancel_new(out, error) }).map(|handle| CancelToken(Arc::new(handle)))
    }
    /// Cannot be undone.
    pub fn cancel(&self) {
        unsafe { sys::dosai_cancel_trigger(self.0.get()) }
    }
    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::dosai_cancel_is_triggered(self.0.get()) != 0 }
    }
    pub(crate) fn check(&self) -> Result<()> {
        let cancelled = || Err(Error::noted(Status::CANCELLED, "the token was triggered"));
        if self.is_cancelled() {
            cancelled()
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelToken({})", self.is_cancelled())
    }
}
