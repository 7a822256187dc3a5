//! Loops, and functions of Rust as tools.
mod common;
use common::{completion, open, request, say, serve, stream, Reply};
use dosai::{CallOptions, Client, ClientOptions, EventKind, Loop, LoopOptions, Request, Status, Tools};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::unix::io::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_hundred_streams_at_once() {
    let server = serve(|_, _| Reply::Whole(stream(&["Hel", "lo"])));
    let client = server.client();
    let mut calls = Loop::new(LoopOptions { max_in_flight: 50, ..Default::default() }).unwrap();
    assert!(calls.as_raw_fd() >= 0);
    for tag in 0..100 {
        calls.stream(&client, &request(), tag).unwrap();
    }
    drop(client);
    let mut texts: HashMap<usize, String> = HashMap::new();
    let mut ended = 0;
    assert_eq!(calls.active(), 100);
    while let Some(event) = calls.next().unwrap() {
        match event.kind {
            EventKind::Chunk(chunk) => *texts.entry(event.tag).or_default() += chunk.content(),
            EventKind::Completion(answer) => {
                assert_eq!(answer.content(), texts[&event.tag]);
                ended += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((ended, texts.len(), calls.active()), (100, 100, 0));
    assert!(texts.values().all(|text| text == "Hello"));
}

#[test]
fn each_kind_of_call_ends_once() {
    let server = serve(|body, _| match body {
        "" => Reply::Whole(common::json(200, "", "[]")),
        _ if body.contains("fail") => Reply::Whole(common::json(404, "", "{}")),
        "{}" => Reply::Whole(common::json(200, "", "{}")),
        "[0]" => Reply::Whole(stream(&["A"])),
        _ => Reply::Whole(completion(r#"{"content":"A"}"#, "stop")),
    });
    let (client, mut calls) = (server.client(), Loop::new(LoopOptions::default()).unwrap());
    let call = calls.chat(&client, &request(), 0).unwrap();
    assert_eq!(calls.completion(&call).unwrap_err().status(), Status::INVALID_ARGUMENT);
    calls.chat(&client, request().user("fail"), 1).unwrap();
    calls.get_json(&client, "/models", 2).unwrap();
    calls.post_json(&client, "/any", "{}", 3).unwrap();
    calls
        .stream_post(
            &client.with(CallOptions { last_event: Some("[DONE]".into()), ..Default::default() }),
            "/s",
            "[0]",
            4,
        )
        .unwrap();
    let mut ends = vec![0; 5];
    while calls.active() > 0 {
        calls.step(calls.timeout()).unwrap();
        while let Some(event) = calls.try_next().unwrap() {
            ends[event.tag] += match event.kind {
                EventKind::Chunk(_) => 0,
                EventKind::Completion(_) => 1,
                EventKind::Error(error) => {
                    assert_eq!(error.status(), Status::NOT_FOUND);
                    10
                }
                EventKind::Response(response) => {
                    assert_eq!(response.http_status(), 200);
                    100
                }
            };
        }
    }
    assert_eq!(ends, [1, 10, 100, 100, 1]);
    assert_eq!(calls.completion(&call).unwrap().content(), "A");
    let other = Loop::new(LoopOptions::default()).unwrap();
    assert_eq!(other.completion(&call).unwrap_err().status(), Status::INVALID_ARGUMENT);
}

#[test]
fn calls_are_cancelled_one_by_one_and_with_their_loop() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let (client, mut calls) = (server.client(), Loop::new(LoopOptions::default()).unwrap());
    let first = calls.stream(&client, &request(), 1).unwrap();
    calls.stream(&client, &request(), 2).unwrap();
    first.pause();
    first.resume();
    let mut seen = 0;
    while seen < 2 {
        assert!(matches!(calls.next().unwrap().unwrap().kind, EventKind::Chunk(_)));
        seen += 1;
    }
    thread::scope(|scope| scope.spawn(|| first.cancel()).join().unwrap());
    let failed = calls.next().unwrap().unwrap();
    assert!(matches!((failed.tag, failed.kind), (1, EventKind::Error(error)) if error.status() == Status::CANCELLED));
    drop(calls);
    server.wait_for_left(2);
    first.cancel();
}

#[test]
fn wakers_end_a_wait_and_outlive_their_loop() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let mut calls = Loop::new(LoopOptions::default()).unwrap();
    calls.stream(&server.client(), &request(), 1).unwrap();
    let waker = calls.waker();
    let started = Instant::now();
    let waking = thread::spawn(move || {
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(20));
            waker.wake();
        }
        waker
    });
    while started.elapsed() < Duration::from_millis(60) {
        calls.step(Some(Duration::from_secs(20))).unwrap();
        while calls.try_next().unwrap().is_some() {}
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    drop(calls);
    waking.join().unwrap().wake();
}

/// Each client has descriptors.
#[test]
fn a_busy_loop_keeps_no_client() {
    let server = serve(|body, _| match body {
        "" => Reply::Whole(common::json(200, "", "[]")),
        _ => Reply::Hold(open(&say(&["A"]))),
    });
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut calls = Loop::new(LoopOptions::default()).unwrap();
    calls.stream(&server.client(), &request(), 1).unwrap();
    let before = descriptors();
    for _ in 0..1000 {
        calls.get_json(&server.client(), "/models", 2).unwrap();
        while !matches!(calls.next().unwrap().unwrap().kind, EventKind::Response(_)) {}
    }
    assert!(descriptors() < before + 1000);
}

/// A client whose key function panics each time that it is asked for one of these numbers, from 0.
fn asked(server: &common::Server, panics: &'static [usize], also: impl Fn() + Send + Sync + 'static) -> Client {
    let count = AtomicUsize::new(0);
    let key = move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        also();
        assert!(!panics.contains(&number), "in key_fn");
        "sk-1".to_string()
    };
    server.client_with(ClientOptions { key_fn: Some(Arc::new(key)), max_retries: 1, ..Default::default() })
}

fn panics<T>(run: impl FnOnce() -> T) -> bool {
    let panic = catch_unwind(AssertUnwindSafe(run)).err();
    panic.map_or(false, |panic| panic.downcast_ref::<&str>() == Some(&"in key_fn"))
}

/// The tags of the calls that succeed, and of those that are cancelled, until no call is left.
fn ends(calls: &mut Loop) -> [Vec<usize>; 2] {
    let mut ends = [vec![], vec![]];
    while let Some(event) = calls.next().unwrap() {
        match event.kind {
            EventKind::Completion(_) => ends[0].push(event.tag),
            EventKind::Error(error) if error.status() == Status::CANCELLED => ends[1].push(event.tag),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(calls.active(), 0);
    ends
}

#[test]
fn a_panic_in_a_submit_goes_on_in_the_next_step() {
    let hi = || Reply::Whole(completion(r#"{"content":"Hi"}"#, "stop"));
    let other = serve(move |_, _| hi());
    let server = serve(move |_, number| match number {
        0 => Reply::Whole(common::json(503, "retry-after-ms: 50\r\n", "{}")),
        _ => hi(),
    });
    struct Kept(Arc<AtomicBool>);
    impl Drop for Kept {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let is_dropped = Arc::new(AtomicBool::new(false));
    let kept = Kept(is_dropped.clone());
    let client = asked(&server, &[1], move || assert!(!kept.0.load(Ordering::SeqCst)));
    let mut calls = Loop::new(LoopOptions::default()).unwrap();
    calls.chat(&client, &request(), 1).unwrap();
    let failed = calls.chat(&client, &request(), 2).unwrap();
    drop(client);
    assert_eq!(calls.active(), 2);
    other.client().chat(&request()).unwrap(); // this has nothing to do with it
    assert!(panics(|| calls.step(None)));
    assert_eq!(calls.next().unwrap().unwrap().tag, 2);
    assert!(!is_dropped.load(Ordering::SeqCst)); // the other call asks for the key of its retry
    assert_eq!(ends(&mut calls), [vec![1], vec![]]);
    assert!(is_dropped.load(Ordering::SeqCst));
    assert!(calls.completion(&failed).is_err());

    // The only call; and to read is enough.
    let client = asked(&server, &[0, 1], || ());
    for read in [|calls: &mut Loop| calls.next().map(drop), |calls: &mut Loop| calls.try_next().map(drop)] {
        calls.chat(&client, &request(), 3).unwrap();
        assert!(panics(|| read(&mut calls)));
        assert_eq!(ends(&mut calls), [vec![], vec![3]]);
    }
}

/// To read the last event of a call lets the next one begin, which asks for its key.
#[test]
fn a_panic_loses_no_event_and_no_other_call() {
    let hi = || Reply::Whole(completion(r#"{"content":"Hi"}"#, "stop"));
    let other = serve(move |_, _| hi()).client();
    let server = serve(move |_, number| match number {
        0 => Reply::Whole(common::json(503, "retry-after-ms: 1\r\n", "{}")),
        _ => hi(),
    });
    let client = asked(&server, &[1, 3], move || drop(other.chat(&request()).unwrap()));
    let mut calls = Loop::new(LoopOptions { max_in_flight: 1, ..Default::default() }).unwrap();
    for tag in 1..4 {
        calls.chat(&client, &request(), tag).unwrap();
    }
    let (mut ends, mut panicked) = (Vec::new(), 0);
    while calls.active() > 0 {
        panicked += usize::from(panics(|| {
            let event = calls.next().unwrap().unwrap();
            ends.push((event.tag, matches!(event.kind, EventKind::Completion(_))));
        }));
    }
    assert_eq!((ends, panicked), (vec![(1, false), (2, true), (3, false)], 2));
}

fn wants(functions: &[&str]) -> String {
    let call = |(at, name): (usize, &&str)| {
        format!(
            r#"{{"id":"t-{at}","type":"function","function":{{"name":"{name}","arguments":"{{\"city\":\"Rome\"}}"}}}}"#
        )
    };
    let calls: Vec<_> = functions.iter().enumerate().map(call).collect();
    format!(r#"{{"role":"assistant","content":null,"tool_calls":[{}]}}"#, calls.join(","))
}

#[derive(Debug)]
struct WithoutText;

impl fmt::Display for WithoutText {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

impl std::error::Error for WithoutText {}

#[test]
fn tools_run_until_there_is_an_answer() {
    let server = serve(|body, _| match body.contains("\"tool\"") {
        true => Reply::Whole(completion(r#"{"role":"assistant","content":"sunny"}"#, "stop")),
        false => Reply::Whole(completion(&wants(&["weather", "fails", "none", "silent"]), "tool_calls")),
    });
    let mut tools = Tools::new();
    tools.add("weather", "of a city", r#"{"type":"object"}"#, |arguments| Ok(format!("sun for {arguments}")));
    tools.add("fails", "always", "{}", |_| Err(Box::new(io::Error::new(io::ErrorKind::Other, "no luck"))));
    tools.add("silent", "its error has no text", "{}", |_| Err(Box::new(WithoutText)));
    let (client, mut asked) = (server.client(), request());
    assert_eq!(client.run_tools(&mut asked, &tools).unwrap().content(), "sunny");
    let failed = "\"error: the function failed\"";
    let none = "error: there is no function \\\"none\\\"";
    for part in ["sun for {", "error: no luck", none, failed, "\"content\":\"sunny\""] {
        assert!(asked.json().contains(part), "{part} is not in {}", asked.json());
    }
}

/// It goes back whole.
#[test]
fn an_id_with_a_nul() {
    let wanted = wants(&["weather"]).replace("t-0", "t-0\\u0000");
    let server = serve(move |body, _| match body.contains("\"tool\"") {
        true => Reply::Whole(completion(r#"{"role":"assistant","content":"sunny"}"#, "stop")),
        false => Reply::Whole(completion(&wanted, "tool_calls")),
    });
    let mut tools = Tools::new();
    tools.add("weather", "of a city", "{}", |_| Ok("sun".into()));
    let mut asked = request();
    assert_eq!(server.client().run_tools(&mut asked, &tools).unwrap().content(), "sunny");
    assert!(asked.json().contains(r#""tool_call_id":"t-0\u0000""#), "{}", asked.json());
}

#[test]
fn a_forced_call_is_forced_once() {
    let server = serve(|body, _| match body.contains("\"tool\"") {
        true => Reply::Whole(completion(r#"{"content":"sunny"}"#, "stop")),
        false => Reply::Whole(completion(&wants(&["weather"]), "tool_calls")),
    });
    let mut tools = Tools::new();
    tools.add("weather", "of a city", "{}", |_| Ok("sun".into()));
    let choices = include_str!("../../../../Tests/Bindings/tool_choices.txt");
    for (choice, second) in choices.lines().map(|line| line.split_once('\t').unwrap()) {
        let text = r#"the \"tool_choice\": \"required\""#;
        let mut asked = Request::parse(&format!(
            r#" {{"own":{{"tool_choice":"required"}}, "messages":[{{"role":"user","content":"{text}"}}], "tool_choice" : {choice} }}"#
        ));
        server.client().run_tools(&mut asked, &tools).unwrap();
        let compact: Vec<_> = server.bodies.lock().unwrap().drain(..).map(|body| body.replace(' ', "")).collect();
        for (body, choice) in compact.iter().zip([choice, second]) {
            assert!(body.contains(&format!(r#""tool_choice":{choice},"tools":["#)), "{body} {choice}");
            assert!(body.contains(r#""own":{"tool_choice":"required"}"#), "{body}");
        }
        // The tools would come again with the next question.
        assert!(asked.json().ends_with(&format!(r#""tool_choice" : {choice} }}"#)), "{}", asked.json());
    }
    server.client().run_tools(request().set("own", "tool_choice"), &tools).unwrap();
    assert!(!server.bodies.lock().unwrap()[1].contains("auto"));
}

#[test]
fn tools_run_side_by_side() {
    let server = serve(|body, _| match body.contains("\"tool\"") {
        true => Reply::Whole(stream(&["done"])),
        false => {
            let calls = wants(&["meet", "meet"]).replace(r#"{"id":"t-"#, r#"{"index":X,"id":"t-"#);
            let calls = calls.replacen('X', "0", 1).replacen('X', "1", 1);
            Reply::Whole(open(&[common::piece(&calls), common::end("tool_calls"), "[DONE]".into()]) + "0\r\n\r\n")
        }
    });
    let both = Arc::new(Barrier::new(2));
    let mut tools = Tools::new();
    tools.is_parallel = true;
    tools.add("meet", "the other", "{}", move |_| {
        both.wait();
        Ok("met".into())
    });
    let mut said = String::new();
    let answer = server.client().run_tools_stream(&mut request(), &tools, |chunk| {
        said += chunk.content();
        true
    });
    assert_eq!((answer.unwrap().content(), said.as_str()), ("done", "done"));
    let stopped = server.client().run_tools_stream(&mut request(), &tools, |_| false).unwrap_err();
    assert_eq!(stopped.status(), Status::CANCELLED);
}

#[test]
fn rounds_are_capped_and_cut_calls_do_not_run() {
    let endless = serve(|_, _| Reply::Whole(completion(&wants(&["f"]), "tool_calls")));
    let mut tools = Tools::new();
    tools.max_rounds = 3;
    tools.add("f", "", "{}", |_| Ok("again".into()));
    let error = endless.client().run_tools(&mut request(), &tools).unwrap_err();
    assert_eq!((error.status(), endless.bodies.lock().unwrap().len()), (Status::TOO_LARGE, 3));
    assert_eq!(error.completion().unwrap().choices().next().unwrap().tool_calls().count(), 1);
    let cut = serve(|_, _| Reply::Whole(completion(&wants(&["f"]), "length")));
    tools.add("f", "", "{}", |_| panic!("it ran"));
    assert_eq!(cut.client().run_tools(&mut request(), &tools).unwrap_err().status(), Status::TRUNCATED);
}
