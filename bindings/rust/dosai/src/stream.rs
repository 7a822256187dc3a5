use crate::client::Inner;
use crate::ffi::{bytes, done, make, raw, text, Handle};
use crate::options::{milliseconds, OnWait};
use crate::{ChunkKind, Completion, FinishReason, Result, Status, Usage};
use dosai_sys as sys;
use std::borrow::{BorrowMut, Cow};
use std::fmt;
use std::ptr::null;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// A piece of a stream, which it is borrowed from.
#[derive(Clone, Copy)]
pub struct Chunk<'a>(pub(crate) &'a sys::dosai_chunk);

impl<'a> Chunk<'a> {
    /// What it is.
    pub fn kind(self) -> ChunkKind {
        ChunkKind(self.0.kind)
    }
    /// The server's index of the choice; -1 if none.
    pub fn choice(self) -> i32 {
        self.0.choice
    }
    /// Whether its event yields no more chunks.
    pub fn is_last_in_event(self) -> bool {
        self.0.last_in_event != 0
    }
    /// Whether its event is this text, and nothing else.
    pub fn is_text_only(self) -> bool {
        self.0.text_only != 0
    }
    /// The number of its event in the stream, from 0.
    pub fn event_index(self) -> i64 {
        self.0.event_index
    }
    /// The text of a chunk of the kind `CONTENT`; empty for others.
    pub fn content(self) -> &'a str {
        let is_content = self.kind() == ChunkKind::CONTENT;
        is_content.then(|| unsafe { text(self.0.text, self.0.text_length) }).flatten().unwrap_or("")
    }
    /// The text of any kind: of a tool call, the next piece of its arguments; of `FINISH`, the server's word.
    pub fn text(self) -> Option<Cow<'a, str>> {
        unsafe { raw(self.0.text, self.0.text_length) }
    }
    /// The same, as it is.
    pub fn text_bytes(self) -> Option<&'a [u8]> {
        unsafe { bytes(self.0.text, self.0.text_length) }
    }
    /// The server's index of the tool call; -1 if none.
    pub fn tool_call(self) -> i32 {
        self.0.tool_call
    }
    /// The id of the tool call, if it was sent.
    pub fn tool_call_id(self) -> Option<&'a str> {
        unsafe { text(self.0.tool_call_id, self.0.tool_call_id_length) }
    }
    /// The name of its function, if it was sent.
    pub fn tool_call_name(self) -> Option<&'a str> {
        unsafe { text(self.0.tool_call_name, self.0.tool_call_name_length) }
    }
    /// Why the choice ended.
    pub fn finish_reason(self) -> FinishReason {
        FinishReason(self.0.finish_reason)
    }
    /// The token counts, if they were sent.
    pub fn usage(self) -> Option<Usage> {
        unsafe { self.0.usage.as_ref() }.map(Usage::of)
    }
    /// The JSON of the whole event, with all unknown fields.
    pub fn json(self) -> Cow<'a, str> {
        unsafe { raw(self.0.json, self.0.json_length) }.unwrap_or_default()
    }
    /// Of an event of any endpoint: its type.
    pub fn event_type(self) -> Option<Cow<'a, str>> {
        unsafe { raw(self.0.event_type, self.0.event_type_length) }
    }
    /// Of an event of any endpoint: the last id that the server has sent.
    pub fn event_id(self) -> Option<Cow<'a, str>> {
        unsafe { raw(self.0.event_id, self.0.event_id_length) }
    }
    /// A copy to keep.
    pub fn to_owned(self) -> OwnedChunk {
        OwnedChunk {
            kind: self.kind(),
            choice: self.choice(),
            event_index: self.event_index(),
            text: self.text().map(Cow::into_owned),
            tool_call: self.tool_call(),
            tool_call_id: self.tool_call_id().map(str::to_owned),
            tool_call_name: self.tool_call_name().map(str::to_owned),
            finish_reason: self.finish_reason(),
            usage: self.usage(),
            json: self.json().into_owned(),
            event_type: self.event_type().map(Cow::into_owned),
            event_id: self.event_id().map(Cow::into_owned),
        }
    }
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.kind(), self.text().unwrap_or_default())
    }
}

/// A [`Chunk`] to keep. Each field is what the chunk's function of that name gave.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
#[non_exhaustive]
pub struct OwnedChunk {
    pub kind: ChunkKind,
    pub choice: i32,
    pub event_index: i64,
    pub text: Option<String>,
    pub tool_call: i32,
    pub tool_call_id: Option<String>,
    pub tool_call_name: Option<String>,
    pub finish_reason: FinishReason,
    pub usage: Option<Usage>,
    pub json: String,
    pub event_type: Option<String>,
    pub event_id: Option<String>,
}

impl OwnedChunk {
    /// The text of a chunk of the kind `CONTENT`; empty for others.
    pub fn content(&self) -> &str {
        self.text.as_deref().filter(|_| self.kind == ChunkKind::CONTENT).unwrap_or("")
    }
}

/// A streaming call, read chunk by chunk. To drop it stops the call.
///
/// [`next`](Stream::next) lends each chunk without a copy; a `for` loop gives copies.
pub struct Stream {
    handle: Handle<sys::dosai_stream>,
    _on_wait: Option<Box<OnWait>>,
    _client: Arc<Inner>, // whose hooks its end may use
}

impl Stream {
    pub(crate) fn of(handle: Handle<sys::dosai_stream>, on_wait: Option<Box<OnWait>>, client: Arc<Inner>) -> Stream {
        Stream { handle, _on_wait: on_wait, _client: client }
    }
    fn step(&mut self, timeout_ms: i64) -> Result<Option<Chunk<'_>>> {
        let mut chunk = null();
        done(|error| unsafe { sys::dosai_stream_next(self.handle.get(), timeout_ms, &mut chunk, error) })?;
        Ok(unsafe { chunk.as_ref() }.map(Chunk))
    }
    /// The next chunk; `None` is the end of a complete answer. After the end or a failure, that again.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Chunk<'_>>> {
        self.step(-1)
    }
    /// The same, if it comes within that time.
    pub fn next_within(&mut self, time: Duration) -> Result<Poll<Option<Chunk<'_>>>> {
        match self.step(milliseconds(time)) {
            Err(error) if error.status() == Status::WOULD_BLOCK => Ok(Poll::Pending),
            other => other.map(Poll::Ready),
        }
    }
    /// The completion assembled from the chunks so far.
    pub fn completion(&self) -> Result<Completion> {
        make(|out, error| unsafe { sys::dosai_stream_completion(self.handle.get(), out, error) }).map(Completion::own)
    }
}

/// The chunks of a stream, copied; an error ends them.
pub struct Chunks<S> {
    stream: S,
    is_over: bool,
}

impl<S: BorrowMut<Stream>> Iterator for Chunks<S> {
    type Item = Result<OwnedChunk>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.stream.borrow_mut().next().map(|chunk| chunk.map(Chunk::to_owned)).transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl IntoIterator for Stream {
    type Item = Result<OwnedChunk>;
    type IntoIter = Chunks<Stream>;

    fn into_iter(self) -> Chunks<Stream> {
        Chunks { stream: self, is_over: false }
    }
}

impl<'a> IntoIterator for &'a mut Stream {
    type Item = Result<OwnedChunk>;
    type IntoIter = Chunks<&'a mut Stream>;

    fn into_iter(self) -> Chunks<&'a mut Stream> {
        Chunks { stream: self, is_over: false }
    }
}
