use crate::error::attempts;
use crate::ffi::{filled, lent, word, Free, Handle, Shared};
use crate::{Attempt, FinishReason, Quirks, Result, Timings};
use dosai_sys as sys;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// An answer, complete or, from an error or a stream, in part. Copies share one object, which any thread may read.
#[derive(Clone)]
pub struct Completion {
    pointer: *const sys::dosai_completion,
    _owner: Arc<dyn Send + Sync>,
}
// Immutable, and as long-lived as the owner.
unsafe impl Send for Completion {}
unsafe impl Sync for Completion {}

/// Token counts; `None` if not specified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<u64>,
    /// Both.
    pub total_tokens: Option<u64>,
    /// Of those of the request, the ones that were cached.
    pub cached_tokens: Option<u64>,
    /// Of those of the answer, the ones that were reasoning.
    pub reasoning_tokens: Option<u64>,
}

impl Usage {
    pub(crate) fn of(usage: &sys::dosai_usage) -> Usage {
        let count = |count: i64| u64::try_from(count).ok();
        Usage {
            prompt_tokens: count(usage.prompt_tokens),
            completion_tokens: count(usage.completion_tokens),
            total_tokens: count(usage.total_tokens),
            cached_tokens: count(usage.cached_tokens),
            reasoning_tokens: count(usage.reasoning_tokens),
        }
    }
}

impl Quirks {
    /// Whether all of these bits are set.
    pub fn contains(self, bits: Quirks) -> bool {
        self.0 & bits.0 == bits.0
    }
    /// The bits that are set, one by one.
    pub fn iter(self) -> impl Iterator<Item = Quirks> {
        (0..32).map(|bit| Quirks(1 << bit)).filter(move |&bit| self.contains(bit))
    }
}

impl Completion {
    pub(crate) fn own(handle: Handle<sys::dosai_completion>) -> Completion {
        Completion { pointer: handle.get(), _owner: Arc::new(handle) }
    }
    pub(crate) fn part<T: Free + Shared + 'static>(
        part: *const sys::dosai_completion,
        owner: Arc<Handle<T>>,
    ) -> Option<Completion> {
        (!part.is_null()).then(|| Completion { pointer: part, _owner: owner })
    }
    pub(crate) fn copy(lent: *const sys::dosai_completion) -> Result<Completion> {
        crate::ffi::make(|out, error| unsafe { sys::dosai_completion_copy(lent, out, error) }).map(Completion::own)
    }
    pub(crate) fn get(&self) -> *const sys::dosai_completion {
        self.pointer
    }

    /// The id of the answer.
    pub fn id(&self) -> Option<&str> {
        lent!(text dosai_completion_id, self.get())
    }
    /// What it is, such as "chat.completion".
    pub fn object(&self) -> Option<&str> {
        lent!(text dosai_completion_object, self.get())
    }
    /// Unix time in seconds.
    pub fn created(&self) -> Option<i64> {
        Some(unsafe { sys::dosai_completion_created(self.get()) }).filter(|&seconds| seconds != -1)
    }
    /// The model that the server names, which may differ from the one requested.
    pub fn model(&self) -> Option<&str> {
        lent!(text dosai_completion_model, self.get())
    }
    /// The text of the first choice; empty without any.
    pub fn content(&self) -> &str {
        lent!(text dosai_completion_content, self.get(), 0).unwrap_or("")
    }
    /// The choices, by the server's index.
    pub fn choices(&self) -> impl Iterator<Item = Choice<'_>> {
        (0..unsafe { sys::dosai_completion_choice_count(self.get()) }).map(move |at| Choice { completion: self, at })
    }
    /// The JSON of the whole answer, with all unknown fields, as the server sent it, or assembled from a stream.
    pub fn json(&self) -> Cow<'_, str> {
        lent!(raw dosai_completion_json, self.get()).unwrap_or_default()
    }
    /// The token counts.
    pub fn usage(&self) -> Usage {
        filled!(dosai_usage, dosai_completion_usage, self.get()).map_or_else(Usage::default, |usage| Usage::of(&usage))
    }
    /// The times of the call.
    pub fn timings(&self) -> Timings {
        Timings::of(filled!(dosai_timings, dosai_completion_timings, self.get()))
    }
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn request_id(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_completion_request_id, self.get())
    }
    /// A response header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        lent!(raw dosai_completion_header, self.get(), word(name).ok()?.as_ptr())
    }
    /// The HTTP status, such as 200.
    pub fn http_status(&self) -> i32 {
        unsafe { sys::dosai_completion_http_status(self.get()) }
    }
    /// All attempts; the last one got the answer.
    pub fn attempts(&self) -> Vec<Attempt> {
        attempts!(dosai_completion_attempt_count, dosai_completion_attempt, self.get())
    }
    /// Everything unusual in the answer.
    pub fn quirks(&self) -> Quirks {
        Quirks(unsafe { sys::dosai_completion_quirks(self.get()) })
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json())
    }
}

/// One choice of a completion.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    pub(crate) completion: &'a Completion,
    pub(crate) at: i32,
}

/// A call of a function that the model wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolCall<'a> {
    /// The id that its result has to name.
    pub id: Option<&'a str>,
    /// The name of the function.
    pub name: Option<&'a str>,
    /// As the model wrote them: not necessarily valid JSON.
    pub arguments: Option<&'a str>,
}

impl<'a> Choice<'a> {
    fn get(&self) -> *const sys::dosai_completion {
        self.completion.get()
    }
    /// The index that the server sent.
    pub fn index(&self) -> i32 {
        unsafe { sys::dosai_completion_choice_index(self.get(), self.at) }
    }
    /// Who speaks.
    pub fn role(&self) -> Option<&'a str> {
        lent!(text dosai_completion_role, self.get(), self.at)
    }
    /// The text.
    pub fn content(&self) -> Option<&'a str> {
        lent!(text dosai_completion_content, self.get(), self.at)
    }
    /// Why there is none.
    pub fn refusal(&self) -> Option<&'a str> {
        lent!(text dosai_completion_refusal, self.get(), self.at)
    }
    /// The text of reasoning_content, reasoning or thinking, whichever the server sent.
    pub fn reasoning(&self) -> Option<&'a str> {
        lent!(text dosai_completion_reasoning, self.get(), self.at)
    }
    /// Why the choice ended.
    pub fn finish_reason(&self) -> FinishReason {
        FinishReason(unsafe { sys::dosai_completion_finish_reason(self.get(), self.at) })
    }
    /// The reason as the server sent it.
    pub fn finish_reason_text(&self) -> Option<&'a str> {
        lent!(text dosai_completion_finish_reason_text, self.get(), self.at)
    }
    /// The calls of functions.
    pub fn tool_calls(&self) -> impl Iterator<Item = ToolCall<'a>> {
        let (whole, at) = (self.completion, self.at);
        (0..unsafe { sys::dosai_completion_tool_call_count(whole.get(), at) }).map(move |call| ToolCall {
            id: lent!(text dosai_completion_tool_call_id, whole.get(), at, call),
            name: lent!(text dosai_completion_tool_call_name, whole.get(), at, call),
            arguments: lent!(text dosai_completion_tool_call_arguments, whole.get(), at, call),
        })
    }
    /// The JSON of the message, with all unknown fields.
    pub fn message_json(&self) -> Cow<'a, str> {
        lent!(raw dosai_completion_message_json, self.get(), self.at).unwrap_or_default()
    }
}
