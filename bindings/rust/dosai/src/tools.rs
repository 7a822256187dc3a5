use crate::{Chunk, Client, Completion, Error, FinishReason, Request, Result, Status, ToolCall};
use std::fmt::Write;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

type Answer = Result<String, Box<dyn std::error::Error + Send + Sync>>;
type Function = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

/// Functions that the model may call.
#[derive(Clone)]
pub struct Tools {
    /// The most answers; 10, unless it is set.
    pub max_rounds: usize,
    /// Whether the calls of one answer run at once, on threads of their own.
    pub is_parallel: bool,
    functions: Vec<(String, String, String, Function)>,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools { max_rounds: 10, is_parallel: false, functions: Vec::new() }
    }
}

impl Tools {
    /// Without functions.
    pub fn new() -> Tools {
        Tools::default()
    }
    /// Adds a function. `parameters` is a JSON schema; the function gets the arguments as the model wrote them, and
    /// the model is told the text that it returns, or its error.
    pub fn add<F>(&mut self, name: &str, description: &str, parameters: &str, function: F) -> &mut Self
    where
        F: Fn(&str) -> Answer + Send + Sync + 'static,
    {
        self.functions.push((name.into(), description.into(), parameters.into(), Arc::new(function)));
        self
    }
    fn run(&self, call: &ToolCall<'_>) -> String {
        let (name, arguments) = (call.name.unwrap_or(""), call.arguments.unwrap_or(""));
        match self.functions.iter().find(|function| function.0 == name) {
            Some(function) => function.3(arguments).unwrap_or_else(|error| told(&*error)),
            None => format!("error: there is no function {name:?}"),
        }
    }
    fn run_all(&self, calls: &[ToolCall<'_>], client: &Client) -> Result<Vec<String>> {
        if self.is_parallel && calls.len() > 1 {
            return Ok(thread::scope(|scope| {
                let running: Vec<_> = calls.iter().map(|call| scope.spawn(move || self.run(call))).collect();
                running.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
            }));
        }
        let run = |call| client.options.cancel.as_ref().map_or(Ok(()), |token| token.check()).map(|()| self.run(call));
        calls.iter().map(run).collect()
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    match write!(text, "error: {error}") {
        Ok(()) => text,
        Err(_) => "error: the function failed".into(),
    }
}

impl Client {
    /// Sends the request, runs the functions that the model calls, adds the answer and their results to the request,
    /// and repeats this until an answer has no calls. Fails with `TOO_LARGE` if the last answer of `max_rounds` still
    /// has calls, and with `TRUNCATED` if one with calls was cut; these calls do not run, and the error has the answer.
    /// A `tool_choice` that forces a call holds for the first question. The tools are not added to the request.
    pub fn run_tools(&self, request: &mut Request, tools: &Tools) -> Result<Completion> {
        self.run_rounds(request, tools, |request| self.chat(request))
    }
    /// The same, with streams, whose chunks are lent to `on_chunk`. `false` cancels.
    pub fn run_tools_stream(
        &self,
        request: &mut Request,
        tools: &Tools,
        mut on_chunk: impl FnMut(Chunk<'_>) -> bool,
    ) -> Result<Completion> {
        self.run_rounds(request, tools, |request| {
            let mut stream = self.stream(request)?;
            while let Some(chunk) = stream.next()? {
                if !on_chunk(chunk) {
                    return Err(Error::about(stream.completion()?, Status::CANCELLED, "on_chunk cancelled the call"));
                }
            }
            stream.completion()
        })
    }
    fn run_rounds(
        &self,
        request: &mut Request,
        tools: &Tools,
        mut ask: impl FnMut(&Request) -> Result<Completion>,
    ) -> Result<Completion> {
        let mut sent = request.clone(); // in the request itself, the tools would come again with the next question
        for (name, description, parameters, _) in &tools.functions {
            sent.add_tool(name, description, Some(parameters));
        }
        for round in 1.. {
            let answer = ask(&sent)?;
            let choice = match answer.choices().next() {
                Some(choice) => choice,
                None => return Ok(answer.clone()),
            };
            let calls: Vec<_> = choice.tool_calls().collect();
            if !calls.is_empty() {
                let wrong = match choice.finish_reason() {
                    FinishReason::LENGTH | FinishReason::CONTENT_FILTER => {
                        Some((Status::TRUNCATED, "the answer was cut: its tool calls did not run"))
                    }
                    _ if round >= tools.max_rounds => {
                        Some((Status::TOO_LARGE, "max_rounds: the model still calls tools"))
                    }
                    _ => None,
                };
                if let Some((status, note)) = wrong {
                    return Err(Error::about(answer, status, note));
                }
            }
            let results = tools.run_all(&calls, self).map_err(|error| error.with(&answer))?;
            for each in [&mut sent, &mut *request] {
                each.add_choice(choice);
                for (call, result) in calls.iter().zip(&results) {
                    each.add_tool_result(call.id.unwrap_or(""), result);
                }
                each.get().map_err(|error| error.with(&answer))?; // the caller's has not changed
            }
            if let Some(later) = sent.unforced_choice() {
                sent.set_json("tool_choice", &later);
            }
            if calls.is_empty() {
                return Ok(answer);
            }
        }
        unreachable!("rounds do not end")
    }
}
