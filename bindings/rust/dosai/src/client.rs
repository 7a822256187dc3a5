use crate::error::attempts;
use crate::ffi::{done, filled, lent, make, word, Free, Handle};
use crate::options::Hooks;
use crate::{Attempt, CallOptions, ClientOptions, Completion, Request, Result, Stream, Timings};
use dosai_sys as sys;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// An endpoint, a key, limits, open connections; and the options of its calls. Any number of threads may use it, and
/// copies share it.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) options: Arc<CallOptions>,
}

/// In this order: the end of the client may log.
pub(crate) struct Inner {
    pub(crate) handle: Handle<sys::dosai_client>,
    pub(crate) hooks: Arc<Hooks>,
}

impl Client {
    /// Nothing is sent yet.
    pub fn new(options: &ClientOptions) -> Result<Client> {
        let hooks = Arc::new(Hooks {
            log: options.on_log.clone(),
            key: options.key_fn.clone(),
            observer: options.on_event.clone(),
        });
        let handle = options.client(&hooks)?;
        Ok(Client { inner: Arc::new(Inner { handle, hooks }), options: Default::default() })
    }
    /// The same client, whose calls have these options.
    pub fn with(&self, options: CallOptions) -> Client {
        Client { inner: self.inner.clone(), options: Arc::new(options) }
    }
    fn get(&self) -> *mut sys::dosai_client {
        self.inner.handle.get()
    }
    fn call<T: Free>(
        &self,
        call: impl FnOnce(*const sys::dosai_call_options, *mut *mut T, *mut *mut sys::dosai_error) -> sys::dosai_status,
    ) -> Result<Handle<T>> {
        let options = self.options.call()?;
        make(|out, error| call(&options.c, out, error))
    }

    /// Sends the request, and returns the whole answer.
    pub fn chat(&self, request: &Request) -> Result<Completion> {
        let request = request.get()?;
        self.call(|options, out, error| unsafe { sys::dosai_chat(self.get(), request, options, out, error) })
            .map(Completion::own)
    }
    /// Sends the request, and waits for the headers of the answer. All retries happen here.
    pub fn stream(&self, request: &Request) -> Result<Stream> {
        let (request, options) = (request.get()?, self.options.call()?);
        let open = |out, error| unsafe { sys::dosai_stream_open(self.get(), request, &options.c, out, error) };
        Ok(Stream::of(make(open)?, options.on_wait, self.inner.clone()))
    }
    /// Sends a POST to any endpoint that answers with server-sent events, each a chunk of the kind `EVENT`. The stream
    /// is complete only with the option `last_event`, if that is set.
    pub fn stream_post(&self, path: &str, json: &str) -> Result<Stream> {
        let (path, options) = (word(path)?, self.options.call()?);
        let (text, length) = (json.as_ptr().cast(), json.len());
        let handle = make(|out, error| unsafe {
            sys::dosai_stream_open_post(self.get(), path.as_ptr(), text, length, &options.c, out, error)
        });
        Ok(Stream::of(handle?, options.on_wait, self.inner.clone()))
    }
    /// Sends a GET to any JSON endpoint, such as "/models".
    pub fn get_json(&self, path: &str) -> Result<Response> {
        let path = word(path)?;
        self.call(|options, out, error| unsafe {
            sys::dosai_client_get(self.get(), path.as_ptr(), options, out, error)
        })
        .map(Response::own)
    }
    /// Sends a POST to any JSON endpoint, such as "/embeddings".
    pub fn post_json(&self, path: &str, json: &str) -> Result<Response> {
        let (path, text, length) = (word(path)?, json.as_ptr().cast(), json.len());
        self.call(|options, out, error| unsafe {
            sys::dosai_client_post(self.get(), path.as_ptr(), text, length, options, out, error)
        })
        .map(Response::own)
    }
    /// Opens connections ahead, 1 to 64, without a request.
    pub fn warm(&self, connections: i32) -> Result<()> {
        let options = self.options.call()?;
        done(|error| unsafe { sys::dosai_client_warm(self.get(), connections, &options.c, error) })
    }
}

/// The answer to a GET or a POST. Copies share one object.
#[derive(Clone)]
pub struct Response(Arc<Handle<sys::dosai_response>>);

impl Response {
    fn own(handle: Handle<sys::dosai_response>) -> Response {
        Response(Arc::new(handle))
    }
    pub(crate) fn copy(lent: *const sys::dosai_response) -> Result<Response> {
        make(|out, error| unsafe { sys::dosai_response_copy(lent, out, error) }).map(Response::own)
    }
    /// The body: JSON, as the server sent it.
    pub fn json(&self) -> Cow<'_, str> {
        lent!(raw dosai_response_json, self.0.get()).unwrap_or_default()
    }
    /// The HTTP status, such as 200.
    pub fn http_status(&self) -> i32 {
        unsafe { sys::dosai_response_http_status(self.0.get()) }
    }
    /// A response header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        lent!(raw dosai_response_header, self.0.get(), word(name).ok()?.as_ptr())
    }
    /// The value of the x-request-id header, or else of apim-request-id or request-id.
    pub fn request_id(&self) -> Option<Cow<'_, str>> {
        lent!(raw dosai_response_request_id, self.0.get())
    }
    /// All attempts; the last one got the answer.
    pub fn attempts(&self) -> Vec<Attempt> {
        attempts!(dosai_response_attempt_count, dosai_response_attempt, self.0.get())
    }
    /// The times of the call.
    pub fn timings(&self) -> Timings {
        Timings::of(filled!(dosai_timings, dosai_response_timings, self.0.get()))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json())
    }
}
