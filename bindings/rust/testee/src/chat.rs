//! `chat --json`: writes what the tool writes.
use crate::calls::{run, Ended, Next};
use crate::json::{list, maybe, text};
use crate::serve::name;
use dosai::{CallOptions, Chunk, ChunkKind, Client, ClientOptions, Clock, Request, Status, Timeout, Usage};
use std::io::{self, Write};
use std::time::Duration;

fn count(count: Option<u64>) -> String {
    count.map_or("null".into(), |count| count.to_string())
}

fn usage(usage: Usage) -> String {
    format!(
        "{{\"prompt_tokens\": {}, \"completion_tokens\": {}, \"total_tokens\": {}, \"cached_tokens\": {}, \
         \"reasoning_tokens\": {}}}",
        count(usage.prompt_tokens),
        count(usage.completion_tokens),
        count(usage.total_tokens),
        count(usage.cached_tokens),
        count(usage.reasoning_tokens)
    )
}

fn show(chunk: Chunk) -> Next {
    let said = || maybe(chunk.text());
    let (kind, rest) = match chunk.kind() {
        ChunkKind::CONTENT => ("content", format!("\"text\": {}", said())),
        ChunkKind::REASONING => ("reasoning", format!("\"text\": {}", said())),
        ChunkKind::REFUSAL => ("refusal", format!("\"text\": {}", said())),
        ChunkKind::TOOL_CALL => (
            "tool_call",
            format!(
                "\"tool_call\": {}, \"id\": {}, \"name\": {}, \"text\": {}",
                chunk.tool_call(),
                maybe(chunk.tool_call_id()),
                maybe(chunk.tool_call_name()),
                said()
            ),
        ),
        ChunkKind::FINISH => ("finish", format!("\"finish_reason\": {}", said())),
        ChunkKind::USAGE => ("usage", format!("\"usage\": {}", usage(chunk.usage().unwrap_or_default()))),
        _ => ("other", format!("\"json\": {}", one_line(&chunk.json()))),
    };
    let line = format!("{{\"chunk\": {{\"kind\": \"{kind}\", \"choice\": {}, {rest}}}}}", chunk.choice());
    if writeln!(io::stdout(), "{line}").is_ok() {
        Next::GoOn
    } else {
        Next::End
    }
}

/// JSON between whose values there may be line ends.
fn one_line(json: &str) -> String {
    json.replace(['\r', '\n'], " ")
}

fn exit_status(status: Status) -> i32 {
    match status {
        Status::OK => 0,
        Status::INVALID_ARGUMENT => 2,
        Status::CONNECTION | Status::PROXY | Status::TLS | Status::TIMEOUT | Status::REDIRECTED => 3,
        Status::TRUNCATED | Status::PROTOCOL | Status::TOO_LARGE => 4,
        Status::CANCELLED => 130,
        Status(-28..=-20) => 1,
        _ => 5,
    }
}

fn chat(arguments: &[String]) -> Result<i32, String> {
    let (mut options, mut call) = (ClientOptions::from_env(), CallOptions::default());
    let (mut model, mut file, mut prompt, mut is_async, mut is_whole) = (None, None, None, false, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument}: a value is missing"));
        match argument.as_str() {
            "-m" => model = Some(value()?),
            "--json" => {}
            "--no-stream" => is_whole = true,
            "--async" => is_async = true,
            "--timeout" => {
                let seconds: f64 = value()?.parse().map_err(|_| "--timeout: not a number")?;
                let time = Duration::from_secs_f64(seconds);
                call.total_timeout = if seconds == 0.0 { Timeout::Never } else { time.into() };
            }
            "--max-retries" => {
                let retries: i32 = value()?.parse().map_err(|_| "--max-retries: not a number")?;
                call.max_retries = if retries == 0 { -1 } else { retries };
            }
            "--base-url" => options.base_url = Some(value()?.clone()),
            "--request" => file = Some(value()?),
            other if other.starts_with('-') => return Err(format!("unknown option {other}")),
            other => prompt = Some(other.to_owned()),
        }
    }
    let mut request = match file {
        Some(path) => Request::parse(&std::fs::read_to_string(path).map_err(|error| error.to_string())?),
        None => Request::new(model.map_or("dos-ai", String::as_str)),
    };
    if let (Some(model), Some(_)) = (model, file) {
        request.set("model", model.as_str());
    }
    if let Some(prompt) = prompt {
        request.user(&prompt);
    }
    let face = format!("{}{}", if is_async { "async_" } else { "" }, if is_whole { "whole" } else { "stream" });
    let ended = match Client::new(&options) {
        Ok(client) => run(&client.with(call), &request, &face, show).expect("a face"),
        Err(error) => Ended::Failed(error),
    };
    Ok(show_end(ended))
}

fn show_end(ended: Ended) -> i32 {
    let (status, error, completion, attempts, timings) = match ended {
        Ended::Answered(answer) => {
            let (attempts, timings) = (answer.attempts().len(), answer.timings());
            (Status::OK, None, Some(answer), attempts, timings)
        }
        Ended::Failed(error) => {
            let (status, part) = (error.status(), error.completion());
            let (attempts, timings) = (error.attempts().len(), error.timings());
            (status, Some(error), part, attempts, timings)
        }
        Ended::Dropped => return 5,
    };
    let why = error.map_or("null".into(), |error| {
        let http = Some(error.http_status() as u64).filter(|&status| status > 0);
        let clock = Some(error.clock()).filter(|&clock| clock != Clock::NONE).and_then(|clock| clock.name());
        format!(
            "{{\"message\": {}, \"http_status\": {}, \"code\": {}, \"type\": {}, \"param\": {}, \"request_id\": {}, \
             \"retry_after_ms\": {}, \"body\": {}, \"timeout\": {}}}",
            text(&error.message()),
            count(http),
            maybe(error.code()),
            maybe(error.kind()),
            maybe(error.param()),
            maybe(error.request_id()),
            count(error.retry_after().map(|wait| wait.as_millis() as u64)),
            maybe(error.body().map(String::from_utf8_lossy)),
            maybe(clock.map(str::to_lowercase))
        )
    });
    let ms = |time: Option<Duration>| time.map_or("null".into(), |time| format!("{:.3}", time.as_secs_f64() * 1e3));
    println!(
        "{{\"status\": \"{}\", \"error\": {why}, \"completion\": {}, \"quirks\": {}, \"attempts\": {attempts}, \
         \"timings\": {{\"connect_ms\": {}, \"first_byte_ms\": {}, \"first_token_ms\": {}, \"total_ms\": {}}}}}",
        name(status),
        completion.as_ref().map_or("null".into(), |completion| one_line(&completion.json())),
        list(completion.iter().flat_map(|answer| answer.quirks().iter()).filter_map(|bit| bit.name()).map(text)),
        ms(timings.connect),
        ms(timings.first_byte),
        ms(timings.first_token),
        ms(timings.total)
    );
    exit_status(status)
}

pub fn main(arguments: &[String]) -> i32 {
    chat(arguments).unwrap_or_else(|why| {
        eprintln!("rust: {why}");
        2
    })
}
