use crate::ffi::{done, lent, make, word, Handle};
use crate::{Choice, Error, Result};
use dosai_sys as sys;
use std::ptr::null;

/// A request, built step by step. No step fails by itself: after one that did, the others do nothing, and
/// [`error`](Request::error) and the call that is to send it say why.
pub struct Request {
    made: Result<Handle<sys::dosai_request>>,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// An integer.
    Integer(i64),
    /// `true` or `false`.
    Bool(bool),
}

macro_rules! values {
    ($($type:ty: $kind:ident),*) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from(value: $type) -> Value<'a> {
                Value::$kind(value.into())
            }
        }
    )*};
}
values!(&'a str: Text, f64: Number, f32: Number, i64: Integer, i32: Integer, u32: Integer, bool: Bool);

impl Request {
    /// A request for a model, without messages.
    pub fn new(model: &str) -> Request {
        let (text, length) = (model.as_ptr().cast(), model.len());
        Request { made: make(|out, error| unsafe { sys::dosai_request_new(text, length, out, error) }) }
    }
    /// A request from its text, a JSON object, of which nothing else is checked.
    pub fn parse(json: &str) -> Request {
        let (text, length) = (json.as_ptr().cast(), json.len());
        Request { made: make(|out, error| unsafe { sys::dosai_request_parse(text, length, out, error) }) }
    }
    fn step(
        &mut self,
        step: impl FnOnce(*mut sys::dosai_request, *mut *mut sys::dosai_error) -> Result<sys::dosai_status>,
    ) -> &mut Self {
        if let Ok(handle) = &self.made {
            let mut early = Ok(());
            let ended = done(|error| {
                step(handle.get(), error).unwrap_or_else(|wrong| {
                    early = Err(wrong);
                    0
                })
            });
            if let Err(error) = early.and(ended) {
                self.made = Err(error);
            }
        }
        self
    }
    /// Adds a message of the user.
    pub fn user(&mut self, content: &str) -> &mut Self {
        self.add_message("user", content)
    }
    /// Adds a message of the role "system", "user", "assistant", "tool", or any other that the server knows.
    pub fn add_message(&mut self, role: &str, content: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            let (text, length) = (content.as_ptr().cast(), content.len());
            Ok(sys::dosai_request_add_message(request, word(role)?.as_ptr(), text, length, error))
        })
    }
    /// Adds a message given as a JSON object, for example with parts or fields of a provider.
    pub fn add_message_json(&mut self, json: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            Ok(sys::dosai_request_add_message_json(request, json.as_ptr().cast(), json.len(), error))
        })
    }
    /// Sets a text field, such as "name", of the last message.
    pub fn set_message_text(&mut self, key: &str, text: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            let (bytes, length) = (text.as_ptr().cast(), text.len());
            Ok(sys::dosai_request_set_message_text(request, word(key)?.as_ptr(), bytes, length, error))
        })
    }
    /// Adds the message of a choice, unchanged, with its tool calls and unknown fields.
    pub fn add_choice(&mut self, choice: Choice<'_>) -> &mut Self {
        self.step(|request, error| unsafe {
            Ok(sys::dosai_request_add_completion(request, choice.completion.get(), choice.at, error))
        })
    }
    /// Adds a function that the model may call. `parameters` is a JSON schema.
    pub fn add_tool(&mut self, name: &str, description: &str, parameters: Option<&str>) -> &mut Self {
        self.step(|request, error| unsafe {
            let (name, description) = (word(name)?, word(description)?);
            let (schema, length) = parameters.map_or((null(), 0), |json| (json.as_ptr().cast(), json.len()));
            Ok(sys::dosai_request_add_tool(request, name.as_ptr(), description.as_ptr(), schema, length, error))
        })
    }
    /// Adds the result of one tool call.
    pub fn add_tool_result(&mut self, tool_call_id: &str, content: &str) -> &mut Self {
        if tool_call_id.contains('\0') {
            // then it is no C string
            return self.add_tool_result("", content).set_message_text("tool_call_id", tool_call_id);
        }
        self.step(|request, error| unsafe {
            let (text, length) = (content.as_ptr().cast(), content.len());
            Ok(sys::dosai_request_add_tool_result(request, word(tool_call_id)?.as_ptr(), text, length, error))
        })
    }
    /// Makes the model call this function.
    pub fn set_tool_choice(&mut self, function_name: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            Ok(sys::dosai_request_set_tool_choice(request, word(function_name)?.as_ptr(), error))
        })
    }
    /// Adds a text at which the model stops; at most four.
    pub fn add_stop(&mut self, text: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            Ok(sys::dosai_request_add_stop(request, text.as_ptr().cast(), text.len(), error))
        })
    }
    /// Sets a field to a text, a number or a bool; those of the API within their ranges.
    pub fn set<'a>(&mut self, key: &str, value: impl Into<Value<'a>>) -> &mut Self {
        let value = value.into();
        if let Value::Bool(is_set) = value {
            return self.set_json(key, if is_set { "true" } else { "false" });
        }
        self.step(|request, error| unsafe {
            let key = word(key)?;
            Ok(match value {
                Value::Text(text) => {
                    sys::dosai_request_set_text(request, key.as_ptr(), text.as_ptr().cast(), text.len(), error)
                }
                Value::Number(number) => sys::dosai_request_set_number(request, key.as_ptr(), number, error),
                Value::Integer(integer) => sys::dosai_request_set_integer(request, key.as_ptr(), integer, error),
                Value::Bool(_) => 0,
            })
        })
    }
    /// Sets a field, also one that the library does not know, to any JSON value.
    pub fn set_json(&mut self, key: &str, json: &str) -> &mut Self {
        self.step(|request, error| unsafe {
            let (text, length) = (json.as_ptr().cast(), json.len());
            Ok(sys::dosai_request_set_json(request, word(key)?.as_ptr(), text, length, error))
        })
    }
    /// Asks for an answer that follows a JSON schema. Neither the schema nor the answer is checked.
    pub fn set_json_schema(&mut self, name: &str, schema: &str, is_strict: bool) -> &mut Self {
        self.step(|request, error| unsafe {
            let (name, text, strict) = (word(name)?, schema.as_ptr().cast(), is_strict.into());
            Ok(sys::dosai_request_set_json_schema(request, name.as_ptr(), text, schema.len(), strict, error))
        })
    }
    /// The text of the request; empty after a step that failed.
    pub fn json(&self) -> &str {
        self.made.as_ref().ok().and_then(|handle| lent!(text dosai_request_json, handle.get())).unwrap_or("")
    }
    /// Why a step failed.
    pub fn error(&self) -> Option<&Error> {
        self.made.as_ref().err()
    }
    /// The tool_choice of the questions after the first: with a call that is forced, the model could only call again.
    /// `None`: it stays.
    pub(crate) fn unforced_choice(&self) -> Option<String> {
        let choice = field(self.json(), "tool_choice")?;
        if choice == "\"required\"" || field(&choice, "function").or_else(|| field(&choice, "custom")).is_some() {
            return Some("\"auto\"".into());
        }
        let allowed = field(&choice, "allowed_tools")?;
        field(&allowed, "mode").filter(|mode| mode == "\"required\"")?;
        let mut allowed = Request::parse(&allowed);
        let mut later = Request::parse(&choice);
        Some(later.set_json("allowed_tools", allowed.set("mode", "auto").json()).json().into())
    }
    pub(crate) fn get(&self) -> Result<*const sys::dosai_request> {
        self.made.as_ref().map(|handle| handle.get() as *const _).map_err(Error::clone)
    }
}

impl Clone for Request {
    fn clone(&self) -> Request {
        let copy = |request| make(|out, error| unsafe { sys::dosai_request_copy(request, out, error) });
        Request { made: self.get().and_then(copy) }
    }
}

/// The text of a field of an object: what changes once the library has set that field.
fn field(json: &str, key: &str) -> Option<String> {
    let mut marked = Request::parse(json);
    let marked = marked.set_json(key, "0").json();
    let at = json.bytes().zip(marked.bytes()).position(|(one, other)| one != other)?;
    let length = (json.len() + 1).checked_sub(marked.len())?;
    json.get(at..at + length).filter(|text| !text.is_empty()).map(String::from)
}
