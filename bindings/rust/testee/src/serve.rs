//! `--serve`: a JSON object a line, the call, and a JSON object a line.
use crate::calls::{run, Ended, Next};
use crate::json::{list, maybe, object, text, Kind, Value};
use dosai::{
    Attempt, CallOptions, CancelToken, Choice, Chunk, ChunkKind, Client, ClientOptions, Clock, Completion, Error,
    Request, Status, Timeout, Usage,
};
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

fn usage(usage: Usage) -> String {
    let count = |count: Option<u64>| count.map_or("-1".into(), |count| count.to_string());
    object(&[
        ("prompt_tokens", count(usage.prompt_tokens)),
        ("completion_tokens", count(usage.completion_tokens)),
        ("total_tokens", count(usage.total_tokens)),
        ("cached_tokens", count(usage.cached_tokens)),
        ("reasoning_tokens", count(usage.reasoning_tokens)),
    ])
}

fn attempts(attempts: &[Attempt]) -> String {
    list(attempts.iter().map(|one| {
        let (status, delay) = (text(name(one.status)), one.delay.as_millis().to_string());
        object(&[("status", status), ("http_status", one.http_status.to_string()), ("delay_ms", delay)])
    }))
}

pub fn name(status: Status) -> &'static str {
    status.name().unwrap_or("UNKNOWN")
}

fn members(members: &[(&str, String)]) -> String {
    format!("{{{}}}", members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect::<Vec<_>>().join(", "))
}

fn choice(choice: Choice) -> String {
    let call = |id, name, arguments| members(&[("id", id), ("name", name), ("arguments", arguments)]);
    let calls = choice.tool_calls().map(|one| call(maybe(one.id), maybe(one.name), maybe(one.arguments)));
    members(&[
        ("index", choice.index().to_string()),
        ("role", maybe(choice.role())),
        ("content", maybe(choice.content())),
        ("refusal", maybe(choice.refusal())),
        ("reasoning", maybe(choice.reasoning())),
        ("finish_reason", maybe(choice.finish_reason_text())),
        ("tool_calls", list(calls)),
    ])
}

fn completion(completion: &Completion) -> String {
    members(&[
        ("json", text(&completion.json())),
        ("id", maybe(completion.id())),
        ("object", maybe(completion.object())),
        ("created", completion.created().unwrap_or(-1).to_string()),
        ("model", maybe(completion.model())),
        ("choices", list(completion.choices().map(choice))),
        ("usage", usage(completion.usage())),
        ("quirks", list(completion.quirks().iter().filter_map(|bit| bit.name()).map(text))),
        ("http_status", completion.http_status().to_string()),
        ("attempts", attempts(&completion.attempts())),
    ])
}

fn error(error: &Error) -> String {
    let hex = |body: &[u8]| body.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let clock = Some(error.clock()).filter(|&clock| clock != Clock::NONE);
    members(&[
        ("status", text(name(error.status()))),
        ("message", text(&error.message())),
        ("http_status", error.http_status().to_string()),
        ("code", maybe(error.code())),
        ("type", maybe(error.kind())),
        ("param", maybe(error.param())),
        ("body", maybe(error.body().map(hex))),
        ("clock", maybe(clock.and_then(|clock| clock.name()).map(str::to_lowercase))),
        ("retry_after_ms", error.retry_after().map_or("-1".into(), |wait| wait.as_millis().to_string())),
        ("request_id", maybe(error.request_id())),
        ("attempts", attempts(&error.attempts())),
        ("completion", error.completion().map_or("null".into(), |part| completion(&part))),
    ])
}

/// The chunks of one event, put together.
#[derive(Default)]
struct Event {
    usage: Option<Usage>,
    choices: BTreeMap<i32, (BTreeMap<&'static str, String>, BTreeMap<i32, [String; 3]>)>,
}

impl Event {
    fn take(&mut self, chunk: Chunk) {
        self.usage = self.usage.or_else(|| chunk.usage());
        if chunk.choice() < 0 {
            return;
        }
        let (texts, calls) = self.choices.entry(chunk.choice()).or_default();
        let said = chunk.text().unwrap_or_default();
        let key = match chunk.kind() {
            ChunkKind::CONTENT => "content",
            ChunkKind::REASONING => "reasoning",
            ChunkKind::REFUSAL => "refusal",
            ChunkKind::FINISH => "finish_reason",
            ChunkKind::TOOL_CALL => {
                let [id, name, arguments] = calls.entry(chunk.tool_call()).or_default();
                *id += chunk.tool_call_id().unwrap_or("");
                *name += chunk.tool_call_name().unwrap_or("");
                *arguments += &said;
                return;
            }
            _ => return,
        };
        *texts.entry(key).or_default() += &said;
    }
    fn form(&self, json: &str) -> String {
        let choices = self.choices.iter().map(|(index, (texts, calls))| {
            let calls = calls.iter().map(|(index, [id, name, arguments])| {
                let (id, name, arguments) = (text(id), text(name), text(arguments));
                object(&[("index", index.to_string()), ("id", id), ("name", name), ("arguments", arguments)])
            });
            let mut members = vec![("index", index.to_string()), ("tool_calls", list(calls))];
            members.extend(texts.iter().map(|(&key, value)| (key, text(value))));
            object(&members)
        });
        object(&[("json", text(json)), ("choices", list(choices)), ("usage", self.usage.map_or("null".into(), usage))])
    }
}

fn options(url: &str, given: Option<&Value>) -> Result<ClientOptions, String> {
    let mut made = ClientOptions { base_url: Some(url.into()), ..Default::default() };
    let members = match given.map(|value| &value.kind) {
        Some(Kind::Object(members)) => members,
        _ => return Ok(made),
    };
    for (key, value) in members {
        let (words, number) = (value.text().map(String::from), value.number().unwrap_or(0.0));
        macro_rules! set {
            ($($text:ident)*; $($long:ident)*; $($int:ident)*; $($flag:ident)*; $($time:ident $ms:literal)*) => {
                match key.as_str() {
                    $(stringify!($text) => made.$text = words,)*
                    $(stringify!($long) => made.$long = number as i64,)*
                    $(stringify!($int) => made.$int = number as i32,)*
                    $(stringify!($flag) => made.$flag = number != 0.0,)*
                    $($ms => made.$time = timeout(number),)*
                    "headers" => made.headers = value.list().iter().filter_map(Value::text).map(String::from).collect(),
                    _ => return Err(format!("an unknown option: {key}")),
                }
            };
        }
        set!(api_key api_key_header organization project user_agent ca_file ca_pem client_certificate_file
             client_key_file client_key_password proxy unix_socket;
             max_event_bytes max_response_bytes max_text_bytes max_header_bytes;
             max_retries max_json_nodes max_json_depth max_choices max_tool_calls max_redirects;
             allow_insecure_http proxy_from_environment http1_only;
             connect_timeout "connect_timeout_ms" first_token_timeout "first_token_timeout_ms"
             idle_timeout "idle_timeout_ms" total_timeout "total_timeout_ms"
             keep_alive_timeout "keep_alive_timeout_ms");
    }
    Ok(made)
}

fn timeout(ms: f64) -> Timeout {
    match ms as i64 {
        0 => Timeout::Default,
        -1 => Timeout::Never,
        ms => Duration::from_millis(ms as u64).into(),
    }
}

pub fn answer(line: &str, clients: &mut Vec<(String, Client)>) -> Result<String, String> {
    let asked = Value::parse(line).ok_or("not a JSON object")?;
    let member = |key| asked.get(key).ok_or_else(|| format!("{key} is missing"));
    let count = |key| asked.get(key).and_then(Value::number).map(|number| number as usize);
    let (face, url) = (member("face")?.text().ok_or("no face")?, member("url")?.text().ok_or("no url")?);
    let identity = format!("{url} {}", asked.get("options").map_or("", |value| &value.raw));
    let token = CancelToken::new().map_err(|error| error.to_string())?;
    let known = clients.iter().find(|known| known.0 == identity).map(|known| known.1.clone());
    let client = match known {
        Some(client) => Ok(client),
        None => Client::new(&options(url, asked.get("options"))?),
    };
    let mut events = Vec::new();
    let ended = match client {
        Err(error) => Some(Ended::Failed(error)),
        Ok(client) => {
            if clients.iter().all(|known| known.0 != identity) {
                clients.push((identity, client.clone()));
            }
            let client = client.with(CallOptions { cancel: Some(token.clone()), ..Default::default() });
            let request = Request::parse(&member("request")?.raw);
            let (cancel_after, drop_after, pause_after) =
                (count("cancel_after"), count("drop_after"), count("pause_after"));
            if cancel_after == Some(0) || count("cancel_after_ms") == Some(0) {
                token.cancel();
            }
            let timer = count("cancel_after_ms").map(|ms| {
                let token = token.clone();
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(ms as u64));
                    token.cancel();
                })
            });
            let mut event = Event::default();
            let ended = run(&client, &request, face, |chunk| {
                event.take(chunk);
                if !chunk.is_last_in_event() {
                    return Next::GoOn;
                }
                events.push(std::mem::take(&mut event).form(&chunk.json()));
                if cancel_after == Some(events.len()) {
                    token.cancel();
                }
                match Some(events.len()) {
                    now if now == drop_after => Next::End,
                    now if now == pause_after => Next::Pause,
                    _ => Next::GoOn,
                }
            });
            if let Some(timer) = timer {
                timer.join().map_err(|_| "the timer")?;
            }
            ended
        }
    };
    let (status, whole, failure) = match ended.ok_or("an unknown face")? {
        Ended::Answered(answer) => (Status::OK, completion(&answer), "null".into()),
        Ended::Failed(failed) => (failed.status(), "null".into(), error(&failed)),
        Ended::Dropped => (Status::OK, "null".into(), "null".into()),
    };
    let status = text(name(status));
    Ok(members(&[("status", status), ("chunks", list(events)), ("completion", whole), ("error", failure)]))
}
