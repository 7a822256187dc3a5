//! Streams of futures, on one loop.
mod common;
use common::{open, request, say, serve, stream, Reply};
use dosai::{AsyncLoop, AsyncStream, ClientOptions, LoopOptions, Status};
use futures_core::Stream;
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

fn calls() -> AsyncLoop {
    AsyncLoop::new(LoopOptions::default()).unwrap()
}

async fn text(mut stream: AsyncStream) -> dosai::Result<String> {
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text += chunk?.content();
    }
    assert!(stream.next().await.is_none());
    assert_eq!(stream.completion()?.content(), text);
    Ok(text)
}

/// All streams in one task, as `futures::stream::select_all` would poll them.
struct All<S>(Vec<S>, Vec<String>);

impl<S: Stream<Item = dosai::Result<dosai::OwnedChunk>> + Unpin> Future for All<S> {
    type Output = Vec<String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<String>> {
        let All(streams, texts) = &mut *self;
        let mut open = 0;
        for (stream, text) in streams.iter_mut().zip(texts.iter_mut()) {
            loop {
                match Pin::new(&mut *stream).poll_next(context) {
                    Poll::Ready(Some(chunk)) => *text += chunk.unwrap().content(),
                    Poll::Ready(None) => break,
                    Poll::Pending => break open += 1,
                }
            }
        }
        if open == 0 {
            Poll::Ready(std::mem::take(texts))
        } else {
            Poll::Pending
        }
    }
}

/// The server answers none before it has seen all.
#[test]
fn a_hundred_streams_at_once() {
    let all = Arc::new(std::sync::Barrier::new(100));
    let server = serve(move |_, _| {
        all.wait();
        Reply::Whole(stream(&["Hel", "lo"]))
    });
    let (calls, client) = (calls(), server.client());
    let streams: Vec<_> = (0..100).map(|_| calls.stream(&client, &request()).unwrap()).collect();
    let texts = calls.block_on(All(streams, vec![String::new(); 100])).unwrap();
    assert!(texts.iter().all(|text| text == "Hello"), "{texts:?}");
}

#[test]
fn dropping_cancels() {
    let server = serve(|_, _| Reply::Hold(open(&say(&["A"]))));
    let (calls, client) = (calls(), server.client());
    let mut streams = [(); 2].map(|_| calls.stream(&client, &request()).unwrap());
    for stream in &mut streams {
        let chunk = calls.block_on(stream.next()).unwrap().unwrap().unwrap();
        assert_eq!((chunk.content(), stream.completion().unwrap().content()), ("A", "A"));
    }
    let [first, second] = streams;
    drop(first); // and nobody steps
    server.wait_for_left(1);
    drop(calls);
    assert_eq!(server.left.load(Ordering::SeqCst), 1);
    drop(second); // with the last copy of its loop
    server.wait_for_left(2);
}

#[test]
fn failures_end_a_stream_once() {
    let server = serve(|_, _| Reply::Cut(open(&say(&["A"]))));
    let calls = calls();
    let mut stream = calls.stream(&server.client(), &request()).unwrap();
    assert!(calls.block_on(stream.next()).unwrap().unwrap().is_ok());
    let error = calls.block_on(stream.next()).unwrap().unwrap().unwrap_err();
    assert_eq!((error.status(), error.completion().unwrap().content()), (Status::TRUNCATED, "A"));
    assert!(calls.block_on(stream.next()).unwrap().is_none());
}

/// Each thread waits for its own stream, and any of them may find the chunks of all.
#[test]
fn threads_share_a_loop() {
    fn shared<T: Send + Sync>(value: T) -> T {
        value
    }
    let server = serve(|_, _| Reply::Whole(stream(&["Hel", "lo"])));
    let (calls, client) = (shared(calls()), server.client());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let stream = calls.stream(&client, &request()).unwrap();
                    assert_eq!(calls.block_on(text(stream)).unwrap().unwrap(), "Hello");
                }
            });
        }
    });
}

/// It is polled again at once, as one that yields to other tasks.
struct Restless<F>(F);

impl<F: Future + Unpin> Future for Restless<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        context.waker().wake_by_ref();
        Pin::new(&mut self.0).poll(context)
    }
}

#[test]
fn a_future_that_wakes_itself_holds_up_no_stream() {
    let server = serve(|_, _| Reply::Whole(stream(&["Hel", "lo"])));
    let calls = calls();
    let stream = calls.stream(&server.client(), &request()).unwrap();
    assert_eq!(calls.block_on(Restless(Box::pin(text(stream)))).unwrap().unwrap(), "Hello");
}

/// Gives its waker to a thread that uses it when nobody waits any more.
struct WokenLate;

impl Future for WokenLate {
    type Output = thread::JoinHandle<()>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<thread::JoinHandle<()>> {
        let waker = context.waker().clone();
        Poll::Ready(thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            waker.wake()
        }))
    }
}

extern "C" {
    fn signal(number: i32, action: usize) -> usize;
}

/// Command line tools let SIGPIPE end them.
#[test]
fn a_waker_that_is_late_sends_no_signal() {
    let before = unsafe { signal(13, 0) };
    calls().block_on(WokenLate).unwrap().join().unwrap();
    unsafe { signal(13, before) };
}

/// As a runtime does it: one thread steps when the descriptor is readable, others wait for what it wakes.
#[test]
fn a_runtime_may_step() {
    let server = serve(|_, _| Reply::Whole(stream(&["Hel", "lo"])));
    let (driven, client) = (calls(), server.client());
    let (texts, all) = channel();
    let other = calls();
    thread::spawn({
        let driven = driven.clone();
        move || driven.block_on(std::future::pending::<()>())
    });
    for _ in 0..20 {
        let (stream, texts) = (driven.stream(&client, &request()).unwrap(), texts.clone());
        texts.send(other.block_on(text(stream)).unwrap().unwrap()).unwrap();
    }
    drop(texts);
    assert!(all.iter().eq(std::iter::repeat("Hello".to_string()).take(20)));
}

/// It sends the text "x" so many times, and counts.
fn send(listener: &TcpListener, count: usize, sent: &AtomicUsize) {
    let rest = |events: &[String]| open(events).split_once("\r\n\r\n").unwrap().1.to_string();
    let mut connection = listener.accept().unwrap().0;
    assert!(connection.read(&mut [0; 65536]).unwrap() > 0);
    connection.write_all(open::<&str>(&[]).as_bytes()).unwrap();
    let event = rest(&say(&["x"]));
    for _ in 0..count {
        connection.write_all(event.as_bytes()).unwrap();
        sent.fetch_add(1, Ordering::SeqCst);
    }
    connection.write_all((rest(&[common::end("stop"), "[DONE]".into()]) + "0\r\n\r\n").as_bytes()).unwrap();
}

#[test]
fn what_is_not_read_waits_at_the_server() {
    const COUNT: usize = 100_000; // 17 MB
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let sending = sent.clone();
    thread::spawn(move || send(&listener, COUNT, &sending));
    let options = dosai::ClientOptions { base_url: Some(url), ..Default::default() };
    let calls = calls();
    let mut stream = calls.stream(&dosai::Client::new(&options).unwrap(), &request()).unwrap();
    calls.block_on(stream.next()).unwrap().unwrap().unwrap();
    let mut before = usize::MAX;
    while before != sent.load(Ordering::SeqCst) {
        before = sent.load(Ordering::SeqCst);
        for _ in 0..20 {
            while calls.step().unwrap() {}
            thread::sleep(Duration::from_millis(10));
        }
    }
    assert!(before < COUNT, "all were taken");
    let mut rest = 1;
    calls
        .block_on(async {
            while let Some(chunk) = stream.next().await {
                rest += chunk.unwrap().content().len()
            }
        })
        .unwrap();
    assert_eq!(rest, COUNT);
}

#[test]
fn a_panic_of_a_key_function_ends_its_stream_alone() {
    let server = serve(|_, _| Reply::Whole(stream(&["A"])));
    let panics = ClientOptions { key_fn: Some(Arc::new(|| panic!("in key_fn"))), ..Default::default() };
    let calls = calls();
    let failed = calls.stream(&server.client_with(panics), &request()).unwrap();
    let good = calls.stream(&server.client(), &request()).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| calls.step())).is_err());
    assert_eq!(calls.block_on(text(good)).unwrap().unwrap(), "A");
    assert_eq!(calls.block_on(text(failed)).unwrap().unwrap_err().status(), Status::CANCELLED);
}
