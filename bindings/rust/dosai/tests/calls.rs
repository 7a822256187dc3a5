//! Whole answers and streams, options, and what becomes of callbacks.
mod common;
use common::{completion, json, open, piece, request, say, serve, stream, Reply};
use dosai::{CallOptions, ChunkKind, Client, ClientOptions, Error, FinishReason, LogLevel, Quirks, Request, Status};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

const BOTH: [&str; 2] = ["Hel", "lo"];

#[test]
fn threads_are_as_the_documents_say() {
    fn any_at_once<T: Send + Sync>() {}
    fn one_at_a_time<T: Send>() {}
    any_at_once::<Client>();
    any_at_once::<dosai::Completion>();
    any_at_once::<dosai::Response>();
    any_at_once::<Error>();
    any_at_once::<dosai::CancelToken>();
    any_at_once::<dosai::Call>();
    any_at_once::<dosai::Waker>();
    any_at_once::<Request>();
    one_at_a_time::<dosai::Stream>();
    one_at_a_time::<dosai::Loop>();
}

#[test]
fn chat_gives_all_of_the_answer() {
    let message = r#"{"role":"assistant","content":"Hi","reasoning_content":"hm","odd":true}"#;
    let server = serve(move |_, _| Reply::Whole(completion(message, "stop")));
    let answer = server.client().chat(&request()).unwrap();
    let choice = answer.choices().next().unwrap();
    assert_eq!((answer.id(), answer.model(), answer.created()), (Some("c-1"), Some("m-1"), Some(7)));
    assert_eq!((answer.content(), choice.role(), choice.reasoning()), ("Hi", Some("assistant"), Some("hm")));
    assert_eq!((choice.refusal(), choice.index()), (None, 0));
    assert_eq!((choice.finish_reason(), choice.finish_reason_text()), (FinishReason::STOP, Some("stop")));
    assert!(answer.json().contains("\"odd\":[1]") && choice.message_json().contains("\"odd\":true"));
    assert_eq!((answer.usage().total_tokens, answer.usage().cached_tokens), (Some(5), None));
    assert_eq!((answer.http_status(), answer.attempts().len()), (200, 1));
    assert_eq!(answer.request_id().as_deref(), Some("r-1"));
    assert_eq!(answer.header("X-REQUEST-ID").as_deref(), Some("r-1"));
    assert_eq!((answer.header("none"), answer.header("n\0ne")), (None, None));
    assert!(answer.timings().total.unwrap() >= answer.timings().first_byte.unwrap());
    assert_eq!(answer.quirks(), Quirks(0));
}

#[test]
fn streams_lend_and_copy() {
    let server = serve(|_, _| Reply::Whole(stream(&BOTH)));
    let client = server.client();
    let (mut lent, mut kinds) = (String::new(), Vec::new());
    let mut one = client.stream(&request()).unwrap();
    while let Some(chunk) = one.next().unwrap() {
        lent += chunk.content();
        kinds.push(chunk.kind());
    }
    assert_eq!(kinds, [ChunkKind::CONTENT, ChunkKind::CONTENT, ChunkKind::FINISH]);
    assert!(one.next().unwrap().is_none());
    assert_eq!(one.completion().unwrap().content(), "Hello");

    let mut two = client.stream(&request()).unwrap();
    let copied: Vec<_> = two.into_iter().map(Result::unwrap).collect();
    assert_eq!(copied.iter().map(|chunk| chunk.content()).collect::<String>(), lent);
    assert!(copied[0].json.contains("chat.completion.chunk"));
    two = client.stream(&request()).unwrap();
    assert_eq!((&mut two).into_iter().take(1).count(), 1);
    assert_eq!(two.next().unwrap().unwrap().content(), "lo");
    assert_eq!(server.bodies.lock().unwrap()[0].matches("\"stream\":true").count(), 1);
}

#[test]
fn tool_calls_arrive_in_pieces() {
    let server = serve(|_, _| {
        let start = piece(
            r#"{"tool_calls":[{"index":0,"id":"t-1","type":"function","function":{"name":"f","arguments":"{"}}]}"#,
        );
        let rest = piece(r#"{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"#);
        Reply::Whole(open(&[start, rest, common::end("tool_calls"), "[DONE]".into()]) + "0\r\n\r\n")
    });
    let mut stream = server.client().stream(&request()).unwrap();
    let first = stream.next().unwrap().unwrap().to_owned();
    assert_eq!((first.kind, first.tool_call, first.tool_call_id.as_deref()), (ChunkKind::TOOL_CALL, 0, Some("t-1")));
    assert_eq!((first.tool_call_name.as_deref(), first.text.as_deref()), (Some("f"), Some("{")));
    while stream.next().unwrap().is_some() {}
    let answer = stream.completion().unwrap();
    let call = answer.choices().next().unwrap().tool_calls().next().unwrap();
    assert_eq!((call.id, call.name, call.arguments), (Some("t-1"), Some("f"), Some("{}")));
}

#[test]
fn next_within_gives_up_waiting_alone() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let mut stream = server.client().stream(&request()).unwrap();
    assert!(
        matches!(stream.next_within(Duration::from_secs(10)), Ok(Poll::Ready(Some(chunk))) if chunk.content() == "A")
    );
    assert!(matches!(stream.next_within(Duration::ZERO), Ok(Poll::Pending)));
    assert!(matches!(stream.next_within(Duration::from_millis(5)), Ok(Poll::Pending)));
    drop(stream);
    server.wait_for_left(1);
}

#[test]
fn other_endpoints_answer_json_and_events() {
    let server = serve(|body, _| {
        let end = if body.contains("whole") { "event: done\ndata: 2\n\n" } else { "" };
        let event = format!("event: odd\nid: 7\ndata: {{\"a\": 1}}\n\n{end}");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        Reply::Whole(match body {
            "" => json(200, "X-Request-Id: r-2\r\n", "{\"data\": []}"),
            _ if body.contains("stream") => format!("{head}Content-Length: {}\r\n\r\n{event}", event.len()),
            _ => json(200, "", body),
        })
    });
    let client = server.client();
    let models = client.get_json("/models").unwrap();
    assert_eq!((models.json(), models.http_status()), ("{\"data\": []}".into(), 200));
    assert_eq!((models.request_id(), models.attempts().len()), (Some("r-2".into()), 1));
    assert_eq!(client.post_json("/echo", "[1]").unwrap().json(), "[1]");
    assert_eq!(client.get_json("/a\0b").unwrap_err().status(), Status::INVALID_ARGUMENT);
    let client = client.with(CallOptions { last_event: Some("done".into()), ..Default::default() });
    let mut events = client.stream_post("/events", "{\"stream\": \"whole\"}").unwrap();
    let event = events.next().unwrap().unwrap();
    assert_eq!((event.kind(), event.text().as_deref()), (ChunkKind::EVENT, Some("{\"a\": 1}")));
    assert_eq!((event.event_type().as_deref(), event.event_id().as_deref()), (Some("odd"), Some("7")));
    let kept: Vec<_> = events.into_iter().map(Result::unwrap).map(|event| (event.event_type, event.event_id)).collect();
    assert_eq!(kept, [(Some("done".into()), Some("7".into()))]);
    let cut = client.stream_post("/events", "{\"stream\": 1}").unwrap().into_iter().last().unwrap();
    assert_eq!(cut.unwrap_err().status(), Status::TRUNCATED);
    client.warm(1).unwrap();
}

#[test]
fn requests_say_what_was_wrong() {
    let mut request = request();
    request.add_message("system", "be brief").add_message_json(r#"{"role":"user","content":[]}"#);
    request.set_message_text("name", "Ann").add_stop("END").set_tool_choice("f").add_tool("f", "about", None);
    request
        .add_tool_result("t-1", "sunny")
        .set("temperature", 0.5)
        .set("n", 2)
        .set("odd", "text")
        .set("logprobs", true);
    request.set_json("seed_of", "[1]").set_json_schema("city", "{}", true);
    let text = request.clone().json().to_owned();
    for part in
        ["\"odd\":\"text\"", "\"temperature\":0.5", "\"n\":2", "\"logprobs\":true", "\"seed_of\":[1]", "\"Ann\""]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(request.error().is_none());
    request.set("temperature", 9.0).set("top_p", 0.5);
    assert_eq!((request.json(), request.error().unwrap().status()), ("", Status::INVALID_ARGUMENT));
    let client = Client::new(&ClientOptions::default()).unwrap();
    assert!(client.chat(&request).unwrap_err().message().contains("temperature"));
    assert!(client.stream(&request.clone()).is_err());
    let mut nul = common::request();
    assert_eq!(nul.set("a\0b", 1).error().unwrap().status(), Status::INVALID_ARGUMENT);
    assert!(Request::parse("[]").error().is_some() && Request::parse("{\"model\": 1}").error().is_none());
}

#[test]
fn results_are_added_in_linear_time() {
    let took = |count| {
        let (mut request, started) = (request(), Instant::now());
        for _ in 0..count {
            request.add_tool_result("t-1", &"x".repeat(1000));
        }
        assert!(request.error().is_none());
        started.elapsed()
    };
    let least = |count| (0..3).map(|_| took(count)).min().unwrap();
    assert!(least(4000) < 20 * least(500).max(Duration::from_millis(20)));
}

#[test]
fn options_reach_the_library() {
    let wrong = ClientOptions { base_url: Some("ftp://x".into()), ..Default::default() };
    assert_eq!(Client::new(&wrong).err().unwrap().status(), Status::INVALID_ARGUMENT);
    let nul = ClientOptions { user_agent: Some("a\0b".into()), ..Default::default() };
    assert_eq!(Client::new(&nul).err().unwrap().status(), Status::INVALID_ARGUMENT);
    let pem = ClientOptions { ca_pem: Some("no PEM".into()), ..Default::default() };
    let secret = ClientOptions { base_url: Some("http://h/v1?key=sk-1".into()), api_key: Some("sk-1".into()), ..pem };
    assert_eq!(format!("{secret:?}"), "ClientOptions { base_url: Some(\"http://h/v1\"), .. }");

    let lines = Arc::new(Mutex::new(Vec::new()));
    let keep = lines.clone();
    let server = serve(|_, _| Reply::Whole(completion("{}", "stop")));
    let client = server.client_with(ClientOptions {
        key_fn: Some(Arc::new(|| "sk-2".to_string())),
        log_level: LogLevel::DEBUG,
        on_log: Some(Arc::new(move |level, line| keep.lock().unwrap().push((level, line.to_owned())))),
        ..Default::default()
    });
    client.chat(&request()).unwrap();
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|line| line.0 == LogLevel::INFO) && lines.iter().all(|line| !line.1.contains("sk-2")));
    let bad = server.client_with(ClientOptions { key_fn: Some(Arc::new(|| "a\0b".into())), ..Default::default() });
    assert_eq!(bad.chat(&request()).unwrap_err().status(), Status::CANCELLED);
}

#[test]
fn an_observer_is_told_each_point() {
    let server = serve(|_, number| {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
        let mut events = say(&BOTH);
        events.push(usage.into());
        events.push("[DONE]".into());
        Reply::Whole(if number == 0 { json(503, "Retry-After-Ms: 1\r\n", "{}") } else { open(&events) + "0\r\n\r\n" })
    });
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = told.clone();
    let observer = move |event: &dosai::CallEvent<'_>| {
        assert_eq!((event.method, event.path, event.is_stream), ("POST", "/v1/chat/completions", true));
        assert!(event.host.starts_with("127.0.0.1:") && event.model == Some("m") && event.sent_bytes > 20);
        assert_eq!(event.timings.first_token.is_some(), event.event_count > 0);
        let tokens = (event.usage.prompt_tokens, event.usage.completion_tokens, event.usage.cached_tokens);
        let now = (event.attempt, event.http_status, event.status);
        keep.lock().unwrap().push((event.kind, now, event.delay, event.received_bytes, tokens, event.call));
    };
    let client = server.client_with(ClientOptions { on_event: Some(Arc::new(observer)), ..Default::default() });
    let mut calls = dosai::Loop::new(Default::default()).unwrap();
    calls.stream(&client, &request(), 0).unwrap();
    drop(client); // the loop keeps the observer
    while calls.next().unwrap().is_some() {}
    let told = told.lock().unwrap();
    let kinds: Vec<_> = told.iter().map(|one| (format!("{:?}", one.0), (one.1).0)).collect();
    let named = |names: &[&str], attempt| names.iter().map(|name| (name.to_string(), attempt)).collect::<Vec<_>>();
    let attempt = ["ATTEMPT", "CONNECTED", "HEADERS"];
    let expected = [
        named(&["STARTED"], 0),
        named(&attempt, 1),
        named(&["RETRY"], 1),
        named(&attempt, 2),
        named(&["FIRST_TOKEN", "ENDED"], 2),
    ];
    assert_eq!(kinds, expected.concat());
    assert!(told.iter().all(|one| one.5 == told[0].5));
    assert_eq!((told[4].1, told[4].2, told[4].3), ((1, 503, Status::UNAVAILABLE), Duration::from_millis(1), 2));
    let last = told.last().unwrap();
    assert_eq!((last.1, last.4), ((2, 200, Status::OK), (Some(3), Some(2), None)));
}

#[test]
fn panics_of_callbacks_go_on() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let panics = CallOptions {
        on_wait: Some(Arc::new(|| panic!("in on_wait"))),
        wait_interval: Duration::from_millis(1).into(),
        ..Default::default()
    };
    let client = server.client().with(panics);
    let said = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<&str>().map(|text| text.to_string());
    let wait = || client.stream(&request()).map(|mut stream| while stream.next().unwrap().is_some() {});
    assert_eq!(said(catch_unwind(AssertUnwindSafe(wait)).unwrap_err()).as_deref(), Some("in on_wait"));
    let key =
        server.client_with(ClientOptions { key_fn: Some(Arc::new(|| panic!("in key_fn"))), ..Default::default() });
    let ask = || key.chat(&request()).map(drop);
    assert_eq!(said(catch_unwind(AssertUnwindSafe(ask)).unwrap_err()).as_deref(), Some("in key_fn"));
    let observed =
        server.client_with(ClientOptions { on_event: Some(Arc::new(|_| panic!("in on_event"))), ..Default::default() });
    let ask = || observed.stream(&request()).map(drop);
    assert_eq!(said(catch_unwind(AssertUnwindSafe(ask)).unwrap_err()).as_deref(), Some("in on_event"));
}

#[test]
fn panics_go_on_from_a_drop() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let client = server.client_with(ClientOptions {
        log_level: LogLevel::ERROR,
        on_log: Some(Arc::new(|_, _| panic!("in on_log"))),
        ..Default::default()
    });
    let said = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<&str>().map(|text| text.to_string());
    let stream = client.stream(&request()).unwrap();
    assert_eq!(said(catch_unwind(AssertUnwindSafe(|| drop(stream))).unwrap_err()).as_deref(), Some("in on_log"));
    // A thread that panics already goes on with that.
    let stream = client.stream(&request()).unwrap();
    let fails = || {
        let _dropped = stream;
        panic!("in the test");
    };
    assert_eq!(said(catch_unwind(AssertUnwindSafe(fails)).unwrap_err()).as_deref(), Some("in the test"));
    assert!(Request::new("another").error().is_none());
    server.wait_for_left(2);
}

/// Its thread's other variables, such as what a callback has panicked with, are gone then.
#[test]
fn a_client_may_live_as_long_as_its_thread() {
    thread_local! {
        static CLIENT: std::cell::RefCell<Option<Client>> = std::cell::RefCell::new(None);
    }
    let server = serve(|_, _| Reply::Whole(completion("{}", "stop")));
    let client = server.client();
    let thread = std::thread::spawn(move || {
        CLIENT.with(|kept| *kept.borrow_mut() = Some(client.clone()));
        CLIENT.with(|kept| kept.borrow().as_ref().unwrap().chat(&request()).map(drop)).unwrap();
        drop(client);
    });
    thread.join().unwrap();
}
