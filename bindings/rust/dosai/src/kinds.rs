//! Written by scripts/declarations.py: change include/dosai.h, then run that.

use std::fmt;

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct Status(pub i32);

impl Status {
    /// `DOSAI_OK`.
    pub const OK: Status = Status(0);
    /// an invalid value, handle, struct_size or JSON
    pub const INVALID_ARGUMENT: Status = Status(-1);
    /// memory could not be allocated; see "Memory"
    pub const OUT_OF_MEMORY: Status = Status(-2);
    /// no free file descriptor, or libcurl is too old
    pub const RESOURCE: Status = Status(-3);
    /// not possible in a callback, or another thread is using the handle
    pub const BUSY: Status = Status(-4);
    /// the handle was created before a fork
    pub const FORKED: Status = Status(-5);
    /// by a token, a callback, a cancel, free or close function, or exit()
    pub const CANCELLED: Status = Status(-6);
    /// a clock ran out; dosai_error_clock says which
    pub const TIMEOUT: Status = Status(-7);
    /// unknown host, no connection, or it broke before the answer began
    pub const CONNECTION: Status = Status(-8);
    /// no secure connection, for example with an untrusted certificate
    pub const TLS: Status = Status(-9);
    /// the answer ended before it was complete
    pub const TRUNCATED: Status = Status(-10);
    /// the answer is not valid HTTP, JSON or server-sent events
    pub const PROTOCOL: Status = Status(-11);
    /// a limit was exceeded; the message names it
    pub const TOO_LARGE: Status = Status(-12);
    /// 3xx; see dosai_error_header(error, "location", NULL)
    pub const REDIRECTED: Status = Status(-13);
    /// nothing came within timeout_ms; there is no error object
    pub const WOULD_BLOCK: Status = Status(-14);
    /// the proxy refused the connection, or the answer is a 407
    pub const PROXY: Status = Status(-15);
    /// 400, 409, 413, 422 and other 4xx
    pub const BAD_REQUEST: Status = Status(-20);
    /// 401
    pub const AUTHENTICATION: Status = Status(-21);
    /// 402, or 429 with the error code insufficient_quota
    pub const INSUFFICIENT_CREDITS: Status = Status(-22);
    /// 403
    pub const PERMISSION: Status = Status(-23);
    /// 404
    pub const NOT_FOUND: Status = Status(-24);
    /// any other 429
    pub const RATE_LIMITED: Status = Status(-25);
    /// 408, 500, 502, 504 and other 5xx
    pub const SERVER: Status = Status(-26);
    /// 503, 529
    pub const UNAVAILABLE: Status = Status(-27);
    /// an error inside a stream, or in the body of a 200 response
    pub const PROVIDER: Status = Status(-28);
    /// a bug in the library; please report it
    pub const INTERNAL: Status = Status(-99);

    /// The name of the constant, such as `"INTERNAL"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Status::OK => Some("OK"),
            Status::INVALID_ARGUMENT => Some("INVALID_ARGUMENT"),
            Status::OUT_OF_MEMORY => Some("OUT_OF_MEMORY"),
            Status::RESOURCE => Some("RESOURCE"),
            Status::BUSY => Some("BUSY"),
            Status::FORKED => Some("FORKED"),
            Status::CANCELLED => Some("CANCELLED"),
            Status::TIMEOUT => Some("TIMEOUT"),
            Status::CONNECTION => Some("CONNECTION"),
            Status::TLS => Some("TLS"),
            Status::TRUNCATED => Some("TRUNCATED"),
            Status::PROTOCOL => Some("PROTOCOL"),
            Status::TOO_LARGE => Some("TOO_LARGE"),
            Status::REDIRECTED => Some("REDIRECTED"),
            Status::WOULD_BLOCK => Some("WOULD_BLOCK"),
            Status::PROXY => Some("PROXY"),
            Status::BAD_REQUEST => Some("BAD_REQUEST"),
            Status::AUTHENTICATION => Some("AUTHENTICATION"),
            Status::INSUFFICIENT_CREDITS => Some("INSUFFICIENT_CREDITS"),
            Status::PERMISSION => Some("PERMISSION"),
            Status::NOT_FOUND => Some("NOT_FOUND"),
            Status::RATE_LIMITED => Some("RATE_LIMITED"),
            Status::SERVER => Some("SERVER"),
            Status::UNAVAILABLE => Some("UNAVAILABLE"),
            Status::PROVIDER => Some("PROVIDER"),
            Status::INTERNAL => Some("INTERNAL"),
            _ => None,
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Status({})", self.0),
        }
    }
}

/// The clocks of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct Clock(pub i32);

impl Clock {
    /// `DOSAI_CLOCK_NONE`.
    pub const NONE: Clock = Clock(0);
    /// from the start of an attempt until the request can be sent; stopped while the call waits because of
    /// max_connections_per_host
    pub const CONNECT: Clock = Clock(1);
    /// from then until the first chunk of any kind; in a unary call, until the first byte of the response
    pub const FIRST_TOKEN: Clock = Clock(2);
    /// between two chunks; comments and empty events do not reset it
    pub const IDLE: Clock = Clock(3);
    /// the whole call, including retries
    pub const TOTAL: Clock = Clock(4);

    /// The name of the constant, such as `"TOTAL"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Clock::NONE => Some("NONE"),
            Clock::CONNECT => Some("CONNECT"),
            Clock::FIRST_TOKEN => Some("FIRST_TOKEN"),
            Clock::IDLE => Some("IDLE"),
            Clock::TOTAL => Some("TOTAL"),
            _ => None,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Clock({})", self.0),
        }
    }
}

/// What is logged: the level named, and those before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct LogLevel(pub i32);

impl LogLevel {
    /// `DOSAI_LOG_OFF`.
    pub const OFF: LogLevel = LogLevel(0);
    /// a call failed
    pub const ERROR: LogLevel = LogLevel(1);
    /// an attempt failed and will be retried
    pub const WARNING: LogLevel = LogLevel(2);
    /// a call has succeeded
    pub const INFO: LogLevel = LogLevel(3);
    /// an attempt is starting
    pub const DEBUG: LogLevel = LogLevel(4);

    /// The name of the constant, such as `"DEBUG"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            LogLevel::OFF => Some("OFF"),
            LogLevel::ERROR => Some("ERROR"),
            LogLevel::WARNING => Some("WARNING"),
            LogLevel::INFO => Some("INFO"),
            LogLevel::DEBUG => Some("DEBUG"),
            _ => None,
        }
    }
}

impl fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "LogLevel({})", self.0),
        }
    }
}

/// The points of a call's life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct CallEventKind(pub i32);

impl CallEventKind {
    /// `DOSAI_CALL_STARTED`.
    pub const STARTED: CallEventKind = CallEventKind(1);
    /// an attempt is starting
    pub const ATTEMPT: CallEventKind = CallEventKind(2);
    /// there is a connection, and the request is about to be sent
    pub const CONNECTED: CallEventKind = CallEventKind(3);
    /// the headers of a response have arrived
    pub const HEADERS: CallEventKind = CallEventKind(4);
    /// only in streams: the first chunk with text or a tool call
    pub const FIRST_TOKEN: CallEventKind = CallEventKind(5);
    /// the attempt failed, and the call waits for the next one
    pub const RETRY: CallEventKind = CallEventKind(6);
    /// `DOSAI_CALL_ENDED`.
    pub const ENDED: CallEventKind = CallEventKind(7);

    /// The name of the constant, such as `"ENDED"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            CallEventKind::STARTED => Some("STARTED"),
            CallEventKind::ATTEMPT => Some("ATTEMPT"),
            CallEventKind::CONNECTED => Some("CONNECTED"),
            CallEventKind::HEADERS => Some("HEADERS"),
            CallEventKind::FIRST_TOKEN => Some("FIRST_TOKEN"),
            CallEventKind::RETRY => Some("RETRY"),
            CallEventKind::ENDED => Some("ENDED"),
            _ => None,
        }
    }
}

impl fmt::Debug for CallEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "CallEventKind({})", self.0),
        }
    }
}

/// Why a choice ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct FinishReason(pub i32);

impl FinishReason {
    /// not specified by the server
    pub const NONE: FinishReason = FinishReason(0);
    /// `DOSAI_FINISH_STOP`.
    pub const STOP: FinishReason = FinishReason(1);
    /// `DOSAI_FINISH_LENGTH`.
    pub const LENGTH: FinishReason = FinishReason(2);
    /// or the older "function_call"
    pub const TOOL_CALLS: FinishReason = FinishReason(3);
    /// `DOSAI_FINISH_CONTENT_FILTER`.
    pub const CONTENT_FILTER: FinishReason = FinishReason(4);
    /// another reason; see dosai_completion_finish_reason_text
    pub const OTHER: FinishReason = FinishReason(5);

    /// The name of the constant, such as `"OTHER"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            FinishReason::NONE => Some("NONE"),
            FinishReason::STOP => Some("STOP"),
            FinishReason::LENGTH => Some("LENGTH"),
            FinishReason::TOOL_CALLS => Some("TOOL_CALLS"),
            FinishReason::CONTENT_FILTER => Some("CONTENT_FILTER"),
            FinishReason::OTHER => Some("OTHER"),
            _ => None,
        }
    }
}

impl fmt::Debug for FinishReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "FinishReason({})", self.0),
        }
    }
}

/// Bits for deviations from the documented format that the library accepts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct Quirks(pub u32);

impl Quirks {
    /// the stream ended without \[DONE\], but all choices were finished
    pub const DONE_MISSING: Quirks = Quirks(1);
    /// \[DONE\] had spaces around it, or no blank line after it
    pub const DONE_PADDED: Quirks = Quirks(2);
    /// there were bytes after \[DONE\]; they are ignored
    pub const AFTER_DONE: Quirks = Quirks(4);
    /// an event had no data
    pub const EMPTY_EVENT: Quirks = Quirks(8);
    /// the last event had no blank line after it
    pub const LAST_EVENT_OPEN: Quirks = Quirks(16);
    /// a stream was requested; the answer was a whole completion
    pub const WHOLE_ANSWER: Quirks = Quirks(32);
    /// choices were missing or null in an event
    pub const CHOICES_MISSING: Quirks = Quirks(64);
    /// delta was missing or null in a choice
    pub const DELTA_MISSING: Quirks = Quirks(128);
    /// index was missing, null or -1; the position in the event is used
    pub const CHOICE_INDEX: Quirks = Quirks(256);
    /// a finish reason was empty, unknown, or sent twice
    pub const FINISH_REASON: Quirks = Quirks(512);
    /// usage was sent more than once; the last is used
    pub const USAGE_REPEATED: Quirks = Quirks(1024);
    /// usage was in x_groq
    pub const USAGE_ELSEWHERE: Quirks = Quirks(2048);
    /// content was a list of parts; their text is used
    pub const CONTENT_PARTS: Quirks = Quirks(4096);
    /// created was not an integer
    pub const CREATED: Quirks = Quirks(8192);
    /// id changed between chunks
    pub const ID_CHANGED: Quirks = Quirks(16384);
    /// a tool call was not in a list or had no index, or several had the same
    pub const TOOL_INDEX: Quirks = Quirks(32768);
    /// the id or name of a tool call was empty, sent again, or in pieces
    pub const TOOL_REPEATED: Quirks = Quirks(65536);
    /// arguments was an object; its JSON is used as the text
    pub const ARGUMENTS_OBJECT: Quirks = Quirks(131072);
    /// invalid UTF-8 or lone surrogates were replaced by U+FFFD
    pub const TEXT_REPAIRED: Quirks = Quirks(262144);
    /// an integer did not fit into 64 bits
    pub const BIG_NUMBER: Quirks = Quirks(524288);

    /// The name of the constant, such as `"BIG_NUMBER"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Quirks::DONE_MISSING => Some("DONE_MISSING"),
            Quirks::DONE_PADDED => Some("DONE_PADDED"),
            Quirks::AFTER_DONE => Some("AFTER_DONE"),
            Quirks::EMPTY_EVENT => Some("EMPTY_EVENT"),
            Quirks::LAST_EVENT_OPEN => Some("LAST_EVENT_OPEN"),
            Quirks::WHOLE_ANSWER => Some("WHOLE_ANSWER"),
            Quirks::CHOICES_MISSING => Some("CHOICES_MISSING"),
            Quirks::DELTA_MISSING => Some("DELTA_MISSING"),
            Quirks::CHOICE_INDEX => Some("CHOICE_INDEX"),
            Quirks::FINISH_REASON => Some("FINISH_REASON"),
            Quirks::USAGE_REPEATED => Some("USAGE_REPEATED"),
            Quirks::USAGE_ELSEWHERE => Some("USAGE_ELSEWHERE"),
            Quirks::CONTENT_PARTS => Some("CONTENT_PARTS"),
            Quirks::CREATED => Some("CREATED"),
            Quirks::ID_CHANGED => Some("ID_CHANGED"),
            Quirks::TOOL_INDEX => Some("TOOL_INDEX"),
            Quirks::TOOL_REPEATED => Some("TOOL_REPEATED"),
            Quirks::ARGUMENTS_OBJECT => Some("ARGUMENTS_OBJECT"),
            Quirks::TEXT_REPAIRED => Some("TEXT_REPAIRED"),
            Quirks::BIG_NUMBER => Some("BIG_NUMBER"),
            _ => None,
        }
    }
}

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Quirks({})", self.0),
        }
    }
}

/// The kinds of chunks, each with the fields that depend on the kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct ChunkKind(pub i32);

impl ChunkKind {
    /// anything else: a role, an empty delta, unknown fields
    pub const OTHER: ChunkKind = ChunkKind(0);
    /// text
    pub const CONTENT: ChunkKind = ChunkKind(1);
    /// text
    pub const REASONING: ChunkKind = ChunkKind(2);
    /// text
    pub const REFUSAL: ChunkKind = ChunkKind(3);
    /// tool_call; tool_call_id and _name if sent; text: the next piece of the arguments
    pub const TOOL_CALL: ChunkKind = ChunkKind(4);
    /// finish_reason; text: the reason as the server sent it
    pub const FINISH: ChunkKind = ChunkKind(5);
    /// usage
    pub const USAGE: ChunkKind = ChunkKind(6);
    /// only from a stream_post: text, the event's data; event_type; event_id
    pub const EVENT: ChunkKind = ChunkKind(7);

    /// The name of the constant, such as `"EVENT"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            ChunkKind::OTHER => Some("OTHER"),
            ChunkKind::CONTENT => Some("CONTENT"),
            ChunkKind::REASONING => Some("REASONING"),
            ChunkKind::REFUSAL => Some("REFUSAL"),
            ChunkKind::TOOL_CALL => Some("TOOL_CALL"),
            ChunkKind::FINISH => Some("FINISH"),
            ChunkKind::USAGE => Some("USAGE"),
            ChunkKind::EVENT => Some("EVENT"),
            _ => None,
        }
    }
}

impl fmt::Debug for ChunkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "ChunkKind({})", self.0),
        }
    }
}
