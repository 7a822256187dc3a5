use crate::ffi::{filled, lent, make, word, Handle};
use crate::{Clock, Completion, Quirks, Status};
use dosai_sys as sys;
use std::borrow::Cow;
use std::fmt;
use std::ptr::null;
use std::sync::Arc;
use std::time::Duration;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed, and what had arrived. Copies share one object.
#[derive(Clone)]
pub struct Error {
    status: Status,
    handle: Option<Arc<Handle<sys::dosai_error>>>,
    note: Option<&'static str>,
    completion: Option<Completion>,
}

/// One attempt to get an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub status: Status,
    /// 0 if there was no answer.
    pub http_status: i32,
    /// The wait before the next attempt; zero for the last one.
    pub delay: Duration,
}

/// Times from the start of the call; `None` if not reached. Those of the connection and the first byte and token are of
/// the last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Whether the connection was open before the call.
    pub reused_connection: bool,
    /// The request could be sent.
    pub connect: Option<Duration>,
    /// The first byte of the response.
    pub first_byte: Option<Duration>,
    /// The first chunk with text or a tool call, or the first event.
    pub first_token: Option<Duration>,
    /// The end of the call.
    pub total: Option<Duration>,
}

impl Timings {
    pub(crate) fn of(timings: Option<sys::dosai_timings>) -> Timings {
        let time = |us: i64| u64::try_from(us).ok().map(Duration::from_micros);
        timings.map_or_else(Timings::default, |timings| Timings {
            reused_connection: timings.reused_connection != 0,
            connect: time(timings.connect_us),
            first_byte: time(timings.first_byte_us),
            first_token: time(timings.first_token_us),
            total: time(timings.total_us),
        })
    }
}

/// All attempts of a completion, a response or an error.
macro_rules! attempts {
    ($count:ident, $get:ident, $handle:expr) => {
        (0..unsafe { dosai_sys::$count($handle) })
            .filter_map(|index| $crate::ffi::filled!(dosai_attempt, $get, $handle, index))
            .map(|one| $crate::Attempt {
                status: $crate::Status(one.status),
                http_status: one.http_status,
                delay: std::time::Duration::from_millis(one.delay_ms as u64),
            })
            .collect()
    };
}
pub(crate) use attempts;

impl Error {
    pub(crate) fn of(status: Status, handle: Option<Handle<sys::dosai_error>>) -> Error {
        Error { status, handle: handle.map(Arc::new), note: None, completion: None }
    }
    pub(crate) fn noted(status: Status, note: &'static str) -> Error {
        Error { status, handle: None, note: Some(note), completion: None }
    }
    /// Of a call that succeeded, but whose answer cannot be used.
    pub(crate) fn about(completion: Completion, status: Status, note: &'static str) -> Error {
        Error { completion: Some(completion), ..Error::noted(status, note) }
    }
    pub(crate) fn with(self, completion: &Completion) -> Error {
        Error { completion: Some(completion.clone()), ..self }
    }
    /// Of an event.
    pub(crate) fn copy(lent: *const sys::dosai_error) -> Error {
        let copy = make(|out, error| unsafe { sys::dosai_error_copy(lent, out, error) });
        Error::of(Status(unsafe { sys::dosai_error_status(lent) }), copy.ok())
    }
    fn get(&self) -> *const sys::dosai_error {
        self.handle.as_ref().map_or(null(), |handle| handle.get())
    }

    /// The status that the call ended with.
    pub fn status(&self) -> Status {
        self.status
    }
    /// One line: what happened, with the server's own message if there is one.
    pub fn message(&self) -> Cow<'_, str> {
        let own = self.note.or_else(|| self.status.name()).unwrap_or("UNKNOWN");
        lent!(raw dosai_error_message, self.get()).unwrap_or(Cow::Borrowed(own))
    }
    /// The HTTP status of the last attempt; 0 if it got no answer. Headers and body are those of the same attempt.
    pub fn http_status(&self) -> i32 {
        unsafe { sys::dosai_error_http_status(self.get()) }
    }
    /// The server's error code, as text even if it was none.
    pub fn code(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_error_code, self.get())
    }
    /// The server's type of the error.
    pub fn kind(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_error_type, self.get())
    }
    /// The parameter that the server names.
    pub fn param(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_error_param, self.get())
    }
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn request_id(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_error_request_id, self.get())
    }
    /// The wait that the server asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        u64::try_from(unsafe { sys::dosai_error_retry_after_ms(self.get()) }).ok().map(Duration::from_millis)
    }
    /// Whether repeating the call may succeed.
    pub fn is_retryable(&self) -> bool {
        unsafe { sys::dosai_error_is_retryable(self.get()) != 0 }
    }
    /// A response header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        lent!(raw dosai_error_header, self.get(), word(name).ok()?.as_ptr())
    }
    /// The first 64 KiB of the response body; for an error inside a stream, the event that reported it.
    pub fn body(&self) -> Option<&[u8]> {
        lent!(bytes dosai_error_body, self.get())
    }
    /// For `Status::TIMEOUT`, the clock that ran out; otherwise `Clock::NONE`.
    pub fn clock(&self) -> Clock {
        Clock(unsafe { sys::dosai_error_clock(self.get()) })
    }
    /// All attempts, in order.
    pub fn attempts(&self) -> Vec<Attempt> {
        attempts!(dosai_error_attempt_count, dosai_error_attempt, self.get())
    }
    /// The times of the call.
    pub fn timings(&self) -> Timings {
        Timings::of(filled!(dosai_timings, dosai_error_timings, self.get()))
    }
    /// The part of the completion that arrived before the call failed.
    pub fn completion(&self) -> Option<Completion> {
        let part = || Completion::part(unsafe { sys::dosai_error_completion(self.get()) }, self.handle.clone()?);
        self.completion.clone().or_else(part)
    }
    /// The deviations that had been accepted in what arrived.
    pub fn quirks(&self) -> Quirks {
        self.completion().map_or(Quirks(0), |completion| completion.quirks())
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.status, self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
