use crate::ffi::{done, go_on, make, panicked, word, Handle, Panic};
use crate::options::{milliseconds, Hooks};
use crate::{Chunk, Client, Completion, Error, Request, Response, Result, Status};
use dosai_sys as sys;
use std::mem::{size_of, zeroed};
use std::os::unix::io::{AsRawFd, RawFd};
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The limits of a loop; 0: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoopOptions {
    /// How many calls run at once; the others wait, with no clock running.
    pub max_in_flight: i32,
    /// How many connections to one host; calls over the limit wait, and only their total clock runs.
    pub max_connections_per_host: i32,
    /// Of all its calls, in place of their clients' rates. See "Rates" in `dosai.h`.
    pub requests_per_minute: i64,
    /// Likewise.
    pub tokens_per_minute: i64,
}

/// Many calls on one thread, with one descriptor to poll. To drop it cancels them.
///
/// A key function may panic in a submit, or where an event makes room for a call. That function still has its result,
/// the call ends with an error, and the panic goes on in the next function that steps or reads.
pub struct Loop {
    handle: Handle<sys::dosai_loop>,
    waker: Waker,
    active: usize,
    hooks: Vec<Arc<Hooks>>, // of clients whose calls may be in it
    panic: Option<Panic>,
}

/// What happened to a call.
#[derive(Debug)]
pub struct Event<'a> {
    /// The tag that you passed to submit.
    pub tag: usize,
    /// The event itself.
    pub kind: EventKind<'a>,
}

/// A call ends with exactly one event that is no chunk.
#[derive(Debug)]
pub enum EventKind<'a> {
    /// A piece of a stream, borrowed from the loop.
    Chunk(Chunk<'a>),
    /// The last event of a chat or stream that succeeded.
    Completion(Completion),
    /// The last event of a GET or POST that succeeded.
    Response(Response),
    /// The last event of a call that failed.
    Error(Error),
}

/// Ends the wait of a loop's step, or else of the next one, from any thread.
#[derive(Clone)]
pub struct Waker(Arc<Mutex<Option<Pointer>>>);
struct Pointer(*const sys::dosai_loop);
unsafe impl Send for Pointer {} // only to wake the loop, while it is there

impl Waker {
    /// Has no effect once the loop is gone.
    pub fn wake(&self) {
        if let Some(pointer) = self.0.lock().unwrap_or_else(|poison| poison.into_inner()).as_ref() {
            unsafe { sys::dosai_loop_wake(pointer.0) }
        }
    }
}

impl Loop {
    /// Fails if no descriptor is free.
    pub fn new(options: LoopOptions) -> Result<Loop> {
        let mut c: sys::dosai_loop_options = unsafe { zeroed() };
        unsafe { sys::dosai_loop_options_init(&mut c, size_of::<sys::dosai_loop_options>()) };
        (c.max_in_flight, c.max_connections_per_host) = (options.max_in_flight, options.max_connections_per_host);
        (c.requests_per_minute, c.tokens_per_minute) = (options.requests_per_minute, options.tokens_per_minute);
        let handle = make(|out, error| unsafe { sys::dosai_loop_new(&c, out, error) })?;
        let waker = Waker(Arc::new(Mutex::new(Some(Pointer(handle.get())))));
        Ok(Loop { handle, waker, active: 0, hooks: Vec::new(), panic: None })
    }
    fn submit(
        &mut self,
        client: &Client,
        submit: impl FnOnce(
            *mut sys::dosai_loop,
            *mut sys::dosai_client,
            *const sys::dosai_call_options,
            *mut *mut sys::dosai_call,
            *mut *mut sys::dosai_error,
        ) -> sys::dosai_status,
    ) -> Result<Call> {
        let options = client.options.call()?;
        let hooks = &client.inner.hooks;
        if hooks.are_set() && !self.hooks.iter().any(|known| Arc::ptr_eq(known, hooks)) {
            self.hooks.push(hooks.clone());
        }
        let (this, handle) = (self.handle.get(), client.inner.handle.get());
        let call = make(|out, error| self.kept(submit(this, handle, &options.c, out, error)))?;
        self.active += 1;
        Ok(Call { handle: call, owner: this as usize })
    }
    /// Keeps what a callback has panicked with: a call that was accepted, or an event, must not be lost with it.
    fn kept(&mut self, status: sys::dosai_status) -> sys::dosai_status {
        self.panic = self.panic.take().or(panicked());
        status
    }
    /// A chat, which ends with a completion or an error.
    pub fn chat(&mut self, client: &Client, request: &Request, tag: usize) -> Result<Call> {
        let request = request.get()?;
        self.submit(client, |this, client, options, out, error| unsafe {
            sys::dosai_loop_submit_chat(this, client, request, options, tag, out, error)
        })
    }
    /// A stream, which has chunks before its end.
    pub fn stream(&mut self, client: &Client, request: &Request, tag: usize) -> Result<Call> {
        let request = request.get()?;
        self.submit(client, |this, client, options, out, error| unsafe {
            sys::dosai_loop_submit_stream(this, client, request, options, tag, out, error)
        })
    }
    /// A GET of any JSON endpoint, which ends with a response or an error.
    pub fn get_json(&mut self, client: &Client, path: &str, tag: usize) -> Result<Call> {
        let path = word(path)?;
        self.submit(client, |this, client, options, out, error| unsafe {
            sys::dosai_loop_submit_get(this, client, path.as_ptr(), options, tag, out, error)
        })
    }
    /// A POST to any JSON endpoint.
    pub fn post_json(&mut self, client: &Client, path: &str, json: &str, tag: usize) -> Result<Call> {
        let (path, text, length) = (word(path)?, json.as_ptr().cast(), json.len());
        self.submit(client, |this, client, options, out, error| unsafe {
            sys::dosai_loop_submit_post(this, client, path.as_ptr(), text, length, options, tag, out, error)
        })
    }
    /// See [`Client::stream_post`].
    pub fn stream_post(&mut self, client: &Client, path: &str, json: &str, tag: usize) -> Result<Call> {
        let (path, text, length) = (word(path)?, json.as_ptr().cast(), json.len());
        self.submit(client, |this, client, options, out, error| unsafe {
            sys::dosai_loop_submit_stream_post(this, client, path.as_ptr(), text, length, options, tag, out, error)
        })
    }

    /// Waits until there is work, and does it; `None`: without a limit, also where no call is left.
    pub fn step(&mut self, timeout: Option<Duration>) -> Result<()> {
        go_on(self.panic.take());
        let (this, ms) = (self.handle.get(), timeout.map_or(-1, milliseconds));
        done(|error| unsafe { sys::dosai_loop_step(this, ms, None, null_mut(), null_mut(), error) })
    }
    fn event(&mut self) -> Result<Option<&'static sys::dosai_event>> {
        let mut event = null();
        done(|error| self.kept(unsafe { sys::dosai_loop_next(self.handle.get(), &mut event, error) }))?;
        Ok(unsafe { event.as_ref() })
    }
    fn lend(&mut self, event: &sys::dosai_event) -> Result<Event<'_>> {
        let tag = event.tag;
        if !event.chunk.is_null() {
            return Ok(Event { tag, kind: EventKind::Chunk(Chunk(unsafe { &*event.chunk })) });
        }
        self.active -= 1;
        if self.active == 0 {
            self.hooks.clear();
        }
        let kind = if !event.completion.is_null() {
            EventKind::Completion(Completion::copy(event.completion)?)
        } else if !event.response.is_null() {
            EventKind::Response(Response::copy(event.response)?)
        } else {
            EventKind::Error(Error::copy(event.error))
        };
        Ok(Event { tag, kind })
    }
    /// The next event, borrowed from the loop, which waits for it; `None`: no call is left.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Event<'_>>> {
        go_on(self.panic.take());
        while self.active > 0 {
            if let Some(event) = self.event()? {
                return self.lend(event).map(Some);
            }
            self.step(None)?;
        }
        Ok(None)
    }
    /// The next event, borrowed from the loop; `None`: step again.
    pub fn try_next(&mut self) -> Result<Option<Event<'_>>> {
        go_on(self.panic.take());
        self.event()?.map(|event| self.lend(event)).transpose()
    }
    /// The number of calls whose last event was not read.
    pub fn active(&self) -> usize {
        self.active
    }
    /// For a stream, the completion so far; for a chat, once it has succeeded.
    pub fn completion(&self, call: &Call) -> Result<Completion> {
        if call.owner != self.handle.get() as usize {
            return Err(Error::noted(Status::INVALID_ARGUMENT, "the call is of another loop"));
        }
        make(|out, error| unsafe { sys::dosai_call_completion(call.handle.get(), out, error) }).map(Completion::own)
    }
    /// How long a program that does not poll the descriptor may wait before it must step; `None`: without a limit.
    pub fn timeout(&self) -> Option<Duration> {
        u64::try_from(unsafe { sys::dosai_loop_timeout_ms(self.handle.get()) }).ok().map(Duration::from_millis)
    }
    /// To wake the loop from other threads.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

impl AsRawFd for Loop {
    /// Readable when a step has work to do, even for timers, and when events wait. Do not read from it or close it.
    fn as_raw_fd(&self) -> RawFd {
        unsafe { sys::dosai_loop_fd(self.handle.get()) }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        *self.waker.0.lock().unwrap_or_else(|poison| poison.into_inner()) = None;
    }
}

/// A call in a loop, which goes on without this.
pub struct Call {
    handle: Handle<sys::dosai_call>,
    owner: usize,
}

impl Call {
    /// Its last event is an error with `CANCELLED`, unless you have read it already or the call had failed.
    pub fn cancel(&self) {
        unsafe { sys::dosai_call_cancel(self.handle.get()) }
    }
    /// Its connection waits, and only its total clock runs.
    pub fn pause(&self) {
        unsafe { sys::dosai_call_pause(self.handle.get()) }
    }
    /// Goes on after [`pause`](Self::pause).
    pub fn resume(&self) {
        unsafe { sys::dosai_call_resume(self.handle.get()) }
    }
}
