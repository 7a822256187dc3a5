use crate::{Call, Client, Completion, Error, EventKind, Loop, LoopOptions, OwnedChunk, Request, Result, Status};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io::{self, Read, Write};
use std::mem::replace;
use std::os::raw::{c_int, c_short};
use std::os::unix::io::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker as Task};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// How many chunks of a stream wait for its reader, before its connection does.
const MOST_WAITING: usize = 256;

/// A [`Loop`] for tasks: its streams are futures' streams. Copies share it, on any threads.
///
/// Streams go on only while somebody steps it: [`block_on`](AsyncLoop::block_on), or a runtime that calls
/// [`step`](AsyncLoop::step) whenever the descriptor is readable.
#[derive(Clone)]
pub struct AsyncLoop(Arc<Shared>);

struct Shared {
    descriptor: RawFd,
    state: Mutex<State>,
}

struct State {
    calls: Loop,
    streams: HashMap<usize, Waiting>,
    last: usize,
}

/// What of a stream has not been read. Its task is woken and dropped without the lock, for it may drop streams.
struct Waiting {
    call: Call,
    chunks: VecDeque<OwnedChunk>,
    end: Option<Result<()>>,
    task: Option<Task>,
    is_paused: bool,
}

impl AsyncLoop {
    /// Fails if no descriptor is free.
    pub fn new(options: LoopOptions) -> Result<AsyncLoop> {
        let calls = Loop::new(options)?;
        let descriptor = calls.as_raw_fd();
        let state = Mutex::new(State { calls, streams: HashMap::new(), last: 0 });
        Ok(AsyncLoop(Arc::new(Shared { descriptor, state })))
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|poison| poison.into_inner())
    }
    /// Starts a stream, which ends when it is dropped.
    pub fn stream(&self, client: &Client, request: &Request) -> Result<AsyncStream> {
        let mut state = self.lock();
        state.last += 1;
        let tag = state.last;
        let call = state.calls.stream(client, request, tag)?;
        let waiting = Waiting { call, chunks: VecDeque::new(), end: None, task: None, is_paused: false };
        state.streams.insert(tag, waiting);
        Ok(AsyncStream { owner: self.clone(), tag })
    }
    /// Does what can be done without waiting, and wakes the tasks whose streams have gone on. `true`: the descriptor is
    /// still readable, so step again before you wait for an edge, as tokio does.
    pub fn step(&self) -> Result<bool> {
        let mut woken = Woken(Vec::new());
        self.lock().step(&mut woken.0)?;
        Ok(wait([self.0.descriptor], 0))
    }
    /// Steps the loop on this thread until the future is ready. Several threads may do so at once.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        let mut future = Box::pin(future);
        let (woken, waking) = pipe().map_err(|_| Error::noted(Status::RESOURCE, "no descriptor is free"))?;
        let alarm = Arc::new(Alarm { rings: AtomicBool::new(false), thread: thread::current().id(), woken, waking });
        let task = Task::from(alarm.clone());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&task)) {
                return Ok(output);
            }
            if alarm.rings.load(Ordering::SeqCst) {
                self.step()?; // a future that wakes itself holds up no stream
            }
            while !alarm.rings.swap(false, Ordering::SeqCst) {
                wait([self.0.descriptor, alarm.woken.as_raw_fd()], -1);
                let _ = (&alarm.woken).read(&mut [0; 64]);
                self.step()?;
            }
        }
    }
}

impl AsRawFd for AsyncLoop {
    /// Readable when [`step`](AsyncLoop::step) has work to do. Do not read from it or close it.
    fn as_raw_fd(&self) -> RawFd {
        self.0.descriptor
    }
}

impl State {
    fn step(&mut self, woken: &mut Vec<Task>) -> Result<()> {
        self.calls.step(Some(Duration::ZERO))?;
        while let Some(event) = self.calls.try_next()? {
            let waiting = match self.streams.get_mut(&event.tag) {
                Some(waiting) => waiting,
                None => continue, // dropped
            };
            match event.kind {
                EventKind::Chunk(chunk) => waiting.chunks.push_back(chunk.to_owned()),
                EventKind::Error(error) => waiting.end = Some(Err(error)),
                _ => waiting.end = Some(Ok(())),
            }
            if waiting.chunks.len() >= MOST_WAITING && !replace(&mut waiting.is_paused, true) {
                waiting.call.pause();
            }
            woken.extend(waiting.task.take());
        }
        Ok(())
    }
}

/// They are woken even if a callback panics.
struct Woken(Vec<Task>);

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Task::wake);
    }
}

/// A stream of an [`AsyncLoop`]. To drop it stops the call. Its chunks are copies, and an error ends it.
pub struct AsyncStream {
    owner: AsyncLoop,
    tag: usize,
}

impl AsyncStream {
    /// The next chunk, as `StreamExt` of the crate `futures` gives it.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<OwnedChunk>>> + '_ {
        Next(self)
    }
    /// The completion assembled from the chunks that have arrived; after the end, the whole one.
    pub fn completion(&self) -> Result<Completion> {
        let state = self.owner.lock();
        state.calls.completion(&state.streams[&self.tag].call)
    }
}

impl futures_core::Stream for AsyncStream {
    type Item = Result<OwnedChunk>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.owner.lock();
        let waiting = match state.streams.get_mut(&self.tag) {
            Some(waiting) => waiting,
            None => return Poll::Ready(None),
        };
        if let Some(chunk) = waiting.chunks.pop_front() {
            if waiting.is_paused && waiting.chunks.len() < MOST_WAITING / 2 {
                waiting.is_paused = false;
                waiting.call.resume();
            }
            return Poll::Ready(Some(Ok(chunk)));
        }
        if let Some(end) = waiting.end.as_mut() {
            return Poll::Ready(replace(end, Ok(())).err().map(Err));
        }
        let former = waiting.task.replace(context.waker().clone());
        drop(state);
        drop(former);
        Poll::Pending
    }
}

impl Drop for AsyncStream {
    fn drop(&mut self) {
        let waiting = self.owner.lock().streams.remove(&self.tag);
        match waiting {
            Some(waiting) if waiting.end.is_none() => waiting.call.cancel(),
            _ => return,
        }
        let _ = self.owner.step(); // nobody else may, and the connection would stay open
    }
}

struct Next<'a>(&'a mut AsyncStream);

impl Future for Next<'_> {
    type Output = Option<Result<OwnedChunk>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        futures_core::Stream::poll_next(Pin::new(&mut *self.0), context)
    }
}

/// Wakes a thread in `block_on`, which needs no byte for what it does itself. A waker may come late, so both ends are here:
/// without the other, a byte would be a SIGPIPE.
struct Alarm {
    rings: AtomicBool,
    thread: ThreadId,
    woken: UnixStream,
    waking: UnixStream,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if !self.rings.swap(true, Ordering::SeqCst) && thread::current().id() != self.thread {
            let _ = (&self.waking).write(&[0]);
        }
    }
}

fn pipe() -> io::Result<(UnixStream, UnixStream)> {
    let (one, other) = UnixStream::pair()?;
    one.set_nonblocking(true)?;
    other.set_nonblocking(true)?;
    Ok((one, other))
}

#[repr(C)]
struct Polled {
    descriptor: RawFd,
    wanted: c_short,
    found: c_short,
}

#[cfg(target_os = "linux")]
type Count = std::os::raw::c_ulong;
#[cfg(not(target_os = "linux"))]
type Count = std::os::raw::c_uint;

extern "C" {
    fn poll(polled: *mut Polled, count: Count, timeout_ms: c_int) -> c_int;
}

/// Whether one of them is readable; -1: once one is, or a signal comes.
fn wait<const N: usize>(descriptors: [RawFd; N], timeout_ms: c_int) -> bool {
    const READABLE: c_short = 1;
    let mut polled = descriptors.map(|descriptor| Polled { descriptor, wanted: READABLE, found: 0 });
    unsafe { poll(polled.as_mut_ptr(), N as Count, timeout_ms) > 0 }
}
