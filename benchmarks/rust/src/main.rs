//! Streams in Rust: the CPU of the process a chunk, by the binding, and by ureq with serde_json.
//! usage: MODE BASE CALLS   MODE: dosai or ureq; the calls are one behind the other, on one connection.
//! Prints nanoseconds of CPU, chunks, and bytes of text.
use serde::Deserialize;
use std::borrow::Cow;
use std::error::Error;
use std::io::{BufRead, BufReader};

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hello!"}],"stream":true}"#;

/// What programs read of a chunk; text without escapes is borrowed from the line.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Event<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    created: Option<i64>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Choice<'a> {
    index: i32,
    #[serde(borrow)]
    delta: Delta<'a>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Delta<'a> {
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool_calls: Vec<ToolCall<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct ToolCall<'a> {
    index: i32,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arguments: Option<Cow<'a, str>>,
}

#[derive(Default)]
struct Seen {
    chunks: usize,
    text: String,
}

fn with_ureq(agent: &ureq::Agent, url: &str, line: &mut Vec<u8>) -> Result<Seen, Box<dyn Error>> {
    let mut seen = Seen::default();
    let response = agent.post(url).set("Content-Type", "application/json").send_string(BODY)?;
    let mut reader = BufReader::with_capacity(1 << 16, response.into_reader());
    let mut is_done = false;
    loop {
        line.clear();
        if reader.read_until(b'\n', line)? == 0 {
            return if is_done { Ok(seen) } else { Err("the stream was cut".into()) };
        }
        let data = match line.strip_prefix(b"data: ") {
            Some(data) => data,
            None => continue,
        };
        if data == b"[DONE]\n" {
            is_done = true;
            continue;
        }
        let event: Event = serde_json::from_slice(data)?;
        seen.chunks += 1;
        for choice in &event.choices {
            seen.text += choice.delta.content.as_deref().unwrap_or("");
            for call in &choice.delta.tool_calls {
                seen.text += call.function.arguments.as_deref().unwrap_or("");
            }
        }
    }
}

fn with_dosai(client: &dosai::Client, request: &dosai::Request) -> Result<Seen, Box<dyn Error>> {
    let mut seen = Seen::default();
    let mut stream = client.stream(request)?;
    while let Some(chunk) = stream.next()? {
        seen.chunks += usize::from(chunk.is_last_in_event());
        match chunk.kind() {
            dosai::ChunkKind::CONTENT => seen.text += chunk.content(),
            dosai::ChunkKind::TOOL_CALL => seen.text += &chunk.text().unwrap_or_default(),
            _ => {}
        }
    }
    Ok(seen)
}

#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Time) -> i32;
}

fn cpu() -> i64 {
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(2, &mut time) }; // CLOCK_PROCESS_CPUTIME_ID
    time.seconds * 1_000_000_000 + time.nanoseconds
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (base, calls) = (&arguments[2], arguments[3].parse::<usize>()?);
    let options = dosai::ClientOptions { base_url: Some(base.clone()), ..Default::default() };
    let (client, agent) = (dosai::Client::new(&options)?, ureq::agent());
    let (url, request, mut line) = (format!("{base}/chat/completions"), dosai::Request::parse(BODY), Vec::new());
    let (mut chunks, mut text) = (0, 0);
    let started = cpu();
    for _ in 0..calls {
        let seen = match arguments[1].as_str() {
            "dosai" => with_dosai(&client, &request)?,
            _ => with_ureq(&agent, &url, &mut line)?,
        };
        chunks += seen.chunks;
        text += seen.text.len();
    }
    println!("{} {chunks} {text}", cpu() - started);
    Ok(())
}
