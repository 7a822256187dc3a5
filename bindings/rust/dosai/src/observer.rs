use crate::ffi::guarded;
use crate::options::Hooks;
use crate::{CallEventKind, Status, Timings, Usage};
use dosai_sys as sys;
use std::borrow::Cow;
use std::ffi::{c_void, CStr};
use std::os::raw::c_char;
use std::sync::Arc;
use std::time::Duration;

/// Is told each point of a call's life.
pub type Observer = Arc<dyn Fn(&CallEvent<'_>) + Send + Sync>;

/// What has happened to a call: no text of the conversation, no key, no header but the request id.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallEvent<'a> {
    /// What it is.
    pub kind: CallEventKind,
    /// The same in all events of a call; another call may have it after `ENDED`.
    pub call: usize,
    /// "GET" or "POST".
    pub method: &'a str,
    /// Of the base URL, with its port if that is written there.
    pub host: &'a str,
    /// Without a query.
    pub path: &'a str,
    /// What a chat asks for, as its JSON writes it.
    pub model: Option<&'a str>,
    /// The server's, once it has arrived.
    pub request_id: Option<Cow<'a, str>>,
    /// From 1; 0 before the first.
    pub attempt: i32,
    /// Whether it is a stream.
    pub is_stream: bool,
    /// Of `RETRY` and `ENDED`.
    pub status: Status,
    /// 0: none has arrived in this attempt.
    pub http_status: i32,
    /// Of `RETRY`: the wait.
    pub delay: Duration,
    /// The body of the request.
    pub sent_bytes: i64,
    /// The bodies of this attempt's response, as they came; of `RETRY` and `ENDED`.
    pub received_bytes: i64,
    /// Events of the stream so far, without `[DONE]`.
    pub event_count: i64,
    /// Tokens so far.
    pub usage: Usage,
    /// Times so far; `total` is the time until now.
    pub timings: Timings,
}

unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    text.as_ref().and_then(|text| CStr::from_ptr(text).to_str().ok())
}

pub(crate) unsafe extern "C" fn tell(event: *const sys::dosai_call_event, hooks: *mut c_void) {
    let (event, hooks) = (&*event, &*(hooks as *const Hooks));
    let told = CallEvent {
        kind: CallEventKind(event.kind),
        call: event.call,
        method: text(event.method).unwrap_or(""),
        host: text(event.host).unwrap_or(""),
        path: text(event.path).unwrap_or(""),
        model: text(event.model),
        request_id: event.request_id.as_ref().map(|id| CStr::from_ptr(id).to_string_lossy()),
        attempt: event.attempt,
        is_stream: event.is_stream != 0,
        status: Status(event.status),
        http_status: event.http_status,
        delay: Duration::from_millis(event.delay_ms.try_into().unwrap_or(0)),
        sent_bytes: event.sent_bytes,
        received_bytes: event.received_bytes,
        event_count: event.event_count,
        usage: Usage::of(&sys::dosai_usage {
            struct_size: 0,
            reserved: 0,
            prompt_tokens: event.prompt_tokens,
            completion_tokens: event.completion_tokens,
            total_tokens: -1,
            cached_tokens: event.cached_tokens,
            reasoning_tokens: event.reasoning_tokens,
        }),
        timings: Timings::of(event.timings.as_ref().copied()),
    };
    if let Some(observer) = &hooks.observer {
        guarded(|| observer(&told));
    }
}
