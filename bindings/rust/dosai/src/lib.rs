//! libdosai for Rust: an embeddable Chat Completions client.
//!
//! ```no_run
//! fn main() -> dosai::Result<()> {
//!     let client = dosai::Client::new(&dosai::ClientOptions::from_env())?;
//!     let mut request = dosai::Request::new("dos-ai");
//!     request.user("Hello!");
//!     let mut stream = client.stream(&request)?;
//!     while let Some(chunk) = stream.next()? {
//!         print!("{}", chunk.content());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! `dosai.h` is the manual: each function here does what the function of that name does there.
//!
//! - **Text** that a function returns is borrowed from its object. Where a server may have sent what is not UTF-8, it
//!   is a `Cow`, in which U+FFFD stands for that.
//! - **Threads**: [`Client`], [`Completion`], [`Response`], [`Error`], [`CancelToken`] and [`Call`] may be used by
//!   several at once; [`Stream`] and [`Loop`] by any, but by one at a time.
//!   A chunk cannot be used after the next one is read, nor a stream by two threads:
//!
//!   ```compile_fail,E0499
//!   fn two(stream: &mut dosai::Stream) -> dosai::Result<()> {
//!       let first = stream.next()?;
//!       let second = stream.next()?;
//!       Ok(drop((first, second)))
//!   }
//!   ```
//!   ```compile_fail,E0277
//!   fn shared<T: Sync>(_: T) {}
//!   fn two(stream: dosai::Stream) { shared(stream) }
//!   ```
//! - **Freeing**: to drop a [`Stream`] or a [`Loop`] stops its calls.
//! - **Callbacks** may panic: the call stops, and the panic goes on once C has returned; see also [`Loop`].
#![deny(missing_docs)]

#[cfg(feature = "futures")]
mod async_loop;
mod client;
mod completion;
mod error;
mod event_loop;
mod ffi;
#[rustfmt::skip]
mod kinds;
mod observer;
mod options;
mod request;
mod stream;
mod tools;

#[cfg(feature = "futures")]
pub use async_loop::{AsyncLoop, AsyncStream};
pub use client::{Client, Response};
pub use completion::{Choice, Completion, ToolCall, Usage};
pub use error::{Attempt, Error, Result, Timings};
pub use event_loop::{Call, Event, EventKind, Loop, LoopOptions, Waker};
pub use kinds::{CallEventKind, ChunkKind, Clock, FinishReason, LogLevel, Quirks, Status};
pub use observer::{CallEvent, Observer};
pub use options::{CallOptions, CancelToken, ClientOptions, Key, Log, OnWait, Timeout};
pub use request::{Request, Value};
pub use stream::{Chunk, Chunks, OwnedChunk, Stream};
pub use tools::Tools;

/// The version of the library that is loaded, such as "0.1.0".
pub fn version() -> &'static str {
    unsafe { std::ffi::CStr::from_ptr(dosai_sys::dosai_version()) }.to_str().unwrap_or("")
}
