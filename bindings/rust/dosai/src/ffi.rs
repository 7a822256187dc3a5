//! What all of the crate needs of C: owned handles, lent texts, C strings, and callbacks that panic.
use crate::{Error, Result, Status};
use dosai_sys as sys;
use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::CString;
use std::os::raw::c_char;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut, NonNull};
use std::thread;

/// A handle of C. Any thread may use and free it.
pub(crate) trait Free {
    unsafe fn free(handle: *mut Self);
}
/// Several threads may use its functions at once, as far as they are reached by `&`.
pub(crate) trait Shared: Free {}

pub(crate) struct Handle<T: Free>(NonNull<T>);
unsafe impl<T: Free> Send for Handle<T> {}
unsafe impl<T: Shared> Sync for Handle<T> {}

impl<T: Free> Handle<T> {
    pub(crate) fn of(handle: *mut T) -> Option<Self> {
        NonNull::new(handle).map(Handle)
    }
    pub(crate) fn get(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Free> Drop for Handle<T> {
    fn drop(&mut self) {
        unsafe { T::free(self.get()) }
        go_on(panicked());
    }
}

macro_rules! freed {
    ($($handle:ident by $free:ident),*) => {$(
        impl Free for sys::$handle {
            unsafe fn free(handle: *mut Self) {
                sys::$free(handle)
            }
        }
    )*};
}
freed!(dosai_error by dosai_error_free, dosai_cancel by dosai_cancel_free, dosai_client by dosai_client_free,
       dosai_response by dosai_response_free, dosai_request by dosai_request_free, dosai_call by dosai_call_free,
       dosai_completion by dosai_completion_free, dosai_stream by dosai_stream_free);
impl Free for sys::dosai_loop {
    unsafe fn free(handle: *mut Self) {
        sys::dosai_loop_close(handle, None, null_mut(), null_mut());
    }
}
impl Shared for sys::dosai_error {}
impl Shared for sys::dosai_cancel {}
impl Shared for sys::dosai_client {}
impl Shared for sys::dosai_response {}
impl Shared for sys::dosai_request {}
impl Shared for sys::dosai_call {}
impl Shared for sys::dosai_completion {}

thread_local! {
    /// What a callback has panicked with, kept while C returns.
    static PANIC: Cell<Option<Panic>> = Cell::new(None);
}
pub(crate) type Panic = Box<dyn Any + Send>;

/// Takes it. There is none while the thread drops its variables.
pub(crate) fn panicked() -> Option<Panic> {
    PANIC.try_with(Cell::take).ok().flatten()
}

/// Lets it go on, unless the thread panics already.
pub(crate) fn go_on(panic: Option<Panic>) {
    match panic {
        Some(panic) if !thread::panicking() => resume_unwind(panic),
        _ => (),
    }
}

/// Runs a callback of C. `None`: it panicked, and the call has to stop.
pub(crate) fn guarded<T>(callback: impl FnOnce() -> T) -> Option<T> {
    let earlier = panicked(); // what this one calls has nothing to do with it
    let (made, panic) = match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(made) => (Some(made), None),
        Err(panic) => (None, Some(panic)),
    };
    let _ = PANIC.try_with(|kept| kept.set(earlier.or(panic)));
    made
}

/// The result of a function that has an error; where a callback has panicked, that goes on.
pub(crate) fn done(call: impl FnOnce(*mut *mut sys::dosai_error) -> sys::dosai_status) -> Result<()> {
    let mut error = null_mut();
    let status = Status(call(&mut error));
    let error = Handle::of(error);
    go_on(panicked());
    if status == Status::OK {
        Ok(())
    } else {
        Err(Error::of(status, error))
    }
}

/// The handle that a function makes.
pub(crate) fn make<T: Free>(
    call: impl FnOnce(*mut *mut T, *mut *mut sys::dosai_error) -> sys::dosai_status,
) -> Result<Handle<T>> {
    let mut made = Handle::of(null_mut());
    done(|error| {
        let mut handle = null_mut();
        let status = call(&mut handle, error);
        made = Handle::of(handle);
        status
    })?;
    made.ok_or_else(|| Error::noted(Status::INTERNAL, "there is no handle"))
}

/// Bytes that C lends. They live as long as their owner, which the caller's signature says.
pub(crate) unsafe fn bytes<'a>(text: *const c_char, length: usize) -> Option<&'a [u8]> {
    (!text.is_null()).then(|| std::slice::from_raw_parts(text.cast(), length))
}
/// Text that is UTF-8.
pub(crate) unsafe fn text<'a>(text: *const c_char, length: usize) -> Option<&'a str> {
    std::str::from_utf8(bytes(text, length)?).ok()
}
/// Text of a server, as it came.
pub(crate) unsafe fn raw<'a>(text: *const c_char, length: usize) -> Option<Cow<'a, str>> {
    bytes(text, length).map(String::from_utf8_lossy)
}

/// `lent!(text dosai_x_y, handle, arguments...)`: what a getter lends.
macro_rules! lent {
    ($as:ident $get:ident $(, $argument:expr)*) => {{
        let mut length = 0;
        unsafe { $crate::ffi::$as(dosai_sys::$get($($argument,)* &mut length), length) }
    }};
}
pub(crate) use lent;

/// A struct that C fills in.
macro_rules! filled {
    ($struct:ident, $get:ident, $($argument:expr),*) => {{
        let mut filled: dosai_sys::$struct = unsafe { std::mem::zeroed() };
        filled.struct_size = std::mem::size_of_val(&filled) as u32;
        (unsafe { dosai_sys::$get($($argument,)* &mut filled) } == 0).then_some(filled)
    }};
}
pub(crate) use filled;

/// A role, key, name or path, or an option.
pub(crate) fn word(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::noted(Status::INVALID_ARGUMENT, "a NUL is not allowed in a name or option"))
}

/// C strings, for as long as a call of C needs them.
#[derive(Default)]
pub(crate) struct Words(Vec<CString>, Vec<*const c_char>);

impl Words {
    pub(crate) fn one(&mut self, text: &Option<String>) -> Result<*const c_char> {
        text.as_ref().map_or(Ok(null()), |text| {
            self.0.push(word(text)?);
            Ok(self.0[self.0.len() - 1].as_ptr())
        })
    }
    pub(crate) fn list(&mut self, texts: &[String]) -> Result<*const *const c_char> {
        for text in texts {
            let one = word(text)?;
            self.1.push(one.as_ptr());
            self.0.push(one);
        }
        Ok(self.1.as_ptr())
    }
}

impl Drop for Words {
    /// One of them may be a key.
    fn drop(&mut self) {
        self.0.drain(..).for_each(|word| wipe(word.into_bytes()));
    }
}

pub(crate) fn wipe(mut bytes: Vec<u8>) {
    bytes.iter_mut().for_each(|byte| unsafe { std::ptr::write_volatile(byte, 0) });
}
