//! Errors, cancelling, and letting go.
mod common;
use common::{json, late, open, request, say, serve, stream, Reply};
use dosai::{CallOptions, CancelToken, ClientOptions, Clock, Quirks, Status, Timeout};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn errors_have_all_that_the_server_said() {
    let server = serve(|_, _| {
        let body = r#"{"error":{"message":"no credit","code":"c-9","type":"t-9","param":"model"}}"#;
        Reply::Whole(json(402, "X-Request-Id: r-9\r\nRetry-After: 3\r\n", body))
    });
    let error = server.client().chat(&request()).unwrap_err();
    assert_eq!((error.status(), error.http_status()), (Status::INSUFFICIENT_CREDITS, 402));
    assert_eq!(
        (error.code(), error.kind(), error.param()),
        (Some("c-9".into()), Some("t-9".into()), Some("model".into()))
    );
    assert_eq!((error.request_id(), error.header("retry-after")), (Some("r-9".into()), Some("3".into())));
    assert_eq!((error.retry_after(), error.is_retryable()), (Some(Duration::from_secs(3)), false));
    assert!(error.message().contains("no credit") && error.body().unwrap().starts_with(b"{\"error\""));
    assert_eq!((error.clock(), error.attempts().len(), error.quirks()), (Clock::NONE, 1, Quirks(0)));
    assert!(error.completion().is_none() && error.timings().total.is_some());
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.clone().into();
    assert!(boxed.to_string().starts_with("INSUFFICIENT_CREDITS: ") && boxed.downcast_ref::<dosai::Error>().is_some());
}

#[test]
fn attempts_are_counted() {
    let server = serve(|_, number| match number {
        0 => Reply::Whole(json(503, "Retry-After-Ms: 20\r\n", "{}")),
        _ => Reply::Whole(common::completion(r#"{"content":"x"}"#, "stop")),
    });
    let client = server.client_with(ClientOptions::default());
    let attempts = client.chat(&request()).unwrap().attempts();
    assert_eq!(attempts.iter().map(|one| one.http_status).collect::<Vec<_>>(), [503, 200]);
    assert_eq!((attempts[0].status, attempts[0].delay), (Status::UNAVAILABLE, Duration::from_millis(20)));
}

#[test]
fn what_had_arrived_is_kept() {
    let server = serve(|_, _| Reply::Cut(open(&say(&["A", "B"]))));
    let mut chunks = server.client().stream(&request()).unwrap().into_iter();
    assert_eq!(chunks.by_ref().take(2).map(|chunk| chunk.unwrap().content().to_owned()).collect::<String>(), "AB");
    let error = chunks.next().unwrap().unwrap_err();
    assert!(chunks.next().is_none());
    drop(chunks);
    let part = error.completion().unwrap();
    drop(error);
    assert_eq!((part.content(), part.choices().count()), ("AB", 1));
}

#[test]
fn clocks_are_named() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let client = server.client().with(CallOptions {
        idle_timeout: Duration::from_millis(30).into(),
        total_timeout: Timeout::Never,
        ..Default::default()
    });
    let error = client.stream(&request()).unwrap().into_iter().last().unwrap().unwrap_err();
    assert_eq!((error.status(), error.clock()), (Status::TIMEOUT, Clock::IDLE));
}

#[test]
fn a_token_cancels_from_any_thread() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let token = CancelToken::new().unwrap();
    let client = server.client().with(CallOptions { cancel: Some(token.clone()), ..Default::default() });
    let mut stream = client.stream(&request()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().content(), "A");
    late();
    let other = token.clone();
    let canceller = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        let then = (Instant::now(), late());
        other.cancel();
        then
    });
    let error = stream.next().unwrap_err();
    let (then, before) = canceller.join().unwrap();
    let took = then.elapsed();
    thread::sleep(Duration::from_millis(10)); // then it is known how late the machine was
    assert_eq!((error.status(), error.completion().unwrap().content()), (Status::CANCELLED, "A"));
    assert!(token.is_cancelled() && took < Duration::from_millis(50) + late() - before, "it took {took:?}");
    assert_eq!(client.chat(&request()).unwrap_err().status(), Status::CANCELLED);
    server.wait_for_left(1);
}

#[test]
fn on_wait_cancels() {
    let server = serve(|_, _| Reply::Hold(String::new()));
    let client = server.client().with(CallOptions { on_wait: Some(Arc::new(|| false)), ..Default::default() });
    assert_eq!(client.chat(&request()).unwrap_err().status(), Status::CANCELLED);
}

#[test]
fn to_drop_a_stream_stops_it() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A", "B"]))));
    let client = server.client();
    for chunk in client.stream(&request()).unwrap() {
        assert_eq!(chunk.unwrap().content(), "A");
        break;
    }
    server.wait_for_left(1);
    let mut moved = client.stream(&request()).unwrap();
    drop(client);
    thread::spawn(move || assert_eq!(moved.next().unwrap().unwrap().content(), "A")).join().unwrap();
    server.wait_for_left(2);
}

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Whole, streamed to the end, dropped, failed, in a loop, by turns.
fn calls_keep_nothing(count: usize) {
    let server = serve(|body, _| match body {
        _ if body.contains("fail") => Reply::Whole(json(400, "", r#"{"error":{"message":"no"}}"#)),
        _ if body.contains("\"stream\":true") => Reply::Whole(stream(&["A", "B"])),
        _ => Reply::Whole(common::completion(r#"{"content":"A"}"#, "stop")),
    });
    let client = server.client();
    let bodies = server.bodies.clone();
    let call = |number: usize| {
        let mut request = request();
        match number % 5 {
            0 => assert_eq!(client.chat(&request).unwrap().content(), "A"),
            1 => assert_eq!(client.stream(&request).unwrap().into_iter().map(Result::unwrap).count(), 3),
            2 => assert!(client.stream(&request).unwrap().next().unwrap().is_some()),
            3 => assert!(client.chat(request.user("fail")).unwrap_err().body().is_some()),
            _ => {
                let mut calls = dosai::Loop::new(Default::default()).unwrap();
                calls.stream(&client, &request, 1).unwrap();
                while calls.next().unwrap().is_some() {}
            }
        }
        bodies.lock().unwrap().clear();
    };
    (0..count / 10).for_each(call);
    let before = resident_bytes();
    (0..count).for_each(call);
    let grown = resident_bytes().saturating_sub(before);
    println!("{count} calls: {before} bytes, and {grown} more after them");
    assert!(grown < 2 << 20, "{grown} bytes more after {count} calls");
}

#[test]
fn a_thousand_calls_keep_nothing() {
    calls_keep_nothing(1_000);
}

/// `cargo test --release --test ends -- --ignored --nocapture`
#[test]
#[ignore = "takes a minute"]
fn a_hundred_thousand_calls_keep_nothing() {
    calls_keep_nothing(100_000);
}
