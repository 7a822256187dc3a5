//! A server on the loopback, which says what a test wants.
#![allow(dead_code)]
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

pub enum Reply {
    /// And the connection stays open for the next request.
    Whole(String),
    /// And the connection is closed.
    Cut(String),
    /// And nothing more, until the client leaves.
    Hold(String),
}

pub struct Server {
    pub url: String,
    pub bodies: Arc<Mutex<Vec<String>>>,
    pub left: Arc<AtomicUsize>,
}

impl Server {
    pub fn client(&self) -> dosai::Client {
        self.client_with(dosai::ClientOptions { max_retries: -1, ..Default::default() })
    }
    pub fn client_with(&self, options: dosai::ClientOptions) -> dosai::Client {
        dosai::Client::new(&dosai::ClientOptions { base_url: Some(self.url.clone()), ..options }).unwrap()
    }
    /// Waits until so many clients have left a stream that was held.
    pub fn wait_for_left(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.left.load(Ordering::SeqCst) < count {
            assert!(Instant::now() < end, "the connection stays open");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// `answer` gets the body of each request, and its number from 0.
pub fn serve(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = Server { url, bodies: Default::default(), left: Default::default() };
    let (bodies, left, answer) = (server.bodies.clone(), server.left.clone(), Arc::new(answer));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (bodies, left, answer) = (bodies.clone(), left.clone(), answer.clone());
            thread::spawn(move || talk(connection, &bodies, &left, &*answer));
        }
    });
    server
}

fn talk(
    mut connection: TcpStream,
    bodies: &Mutex<Vec<String>>,
    left: &AtomicUsize,
    answer: &dyn Fn(&str, usize) -> Reply,
) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    loop {
        let body = read_request(&mut reader)?;
        let number = {
            let mut bodies = bodies.lock().unwrap();
            bodies.push(body.clone());
            bodies.len() - 1
        };
        match answer(&body, number) {
            Reply::Whole(text) => connection.write_all(text.as_bytes()).ok()?,
            Reply::Cut(text) => return connection.write_all(text.as_bytes()).ok(),
            Reply::Hold(text) => {
                connection.write_all(text.as_bytes()).ok()?;
                let _ = reader.read(&mut [0]);
                left.fetch_add(1, Ordering::SeqCst);
                return None;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

pub fn json(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

pub fn completion(message: &str, finish_reason: &str) -> String {
    json(
        200,
        "X-Request-Id: r-1\r\n",
        &format!(
            r#"{{"id":"c-1","object":"chat.completion","created":7,"model":"m-1","odd":[1],"choices":[{{"index":0,
        "message":{message},"finish_reason":"{finish_reason}"}}],
        "usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}}"#
        ),
    )
}

/// An open stream of events, each in an HTTP chunk.
pub fn open<S: AsRef<str>>(events: &[S]) -> String {
    let mut made =
        String::from("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for event in events {
        let text = format!("data: {}\n\n", event.as_ref());
        made += &format!("{:x}\r\n{text}\r\n", text.len());
    }
    made
}

pub fn piece(delta: &str) -> String {
    format!(
        r#"{{"id":"c-1","object":"chat.completion.chunk","created":7,"model":"m-1","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#
    )
}

pub fn end(finish_reason: &str) -> String {
    format!(r#"{{"id":"c-1","model":"m-1","choices":[{{"index":0,"delta":{{}},"finish_reason":"{finish_reason}"}}]}}"#)
}

pub fn say(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| piece(&format!(r#"{{"content":"{text}"}}"#))).collect()
}

/// A whole stream.
pub fn stream(texts: &[&str]) -> String {
    let mut events = say(texts);
    events.extend([end("stop"), "[DONE]".into()]);
    open(&events) + "0\r\n\r\n"
}

/// How late the machine has been since this was asked first: what a thread that only sleeps sees.
pub fn late() -> Duration {
    static SLEEPER: Once = Once::new();
    static LATE: AtomicU64 = AtomicU64::new(0); // nanoseconds
    SLEEPER.call_once(|| {
        thread::spawn(|| loop {
            let begun = Instant::now();
            thread::sleep(Duration::from_millis(2));
            let more = begun.elapsed().saturating_sub(Duration::from_micros(3500));
            LATE.fetch_add(more.as_nanos() as u64, Ordering::SeqCst);
        });
    });
    Duration::from_nanos(LATE.load(Ordering::SeqCst))
}

pub fn request() -> dosai::Request {
    let mut request = dosai::Request::new("m");
    request.user("hi");
    request
}
