//! A hundred streams on one thread.
use dosai::{Client, ClientOptions, EventKind, Loop, LoopOptions, Request};

fn main() -> dosai::Result<()> {
    let client = Client::new(&ClientOptions::from_env())?;
    let mut calls = Loop::new(LoopOptions { max_in_flight: 20, ..Default::default() })?;
    for number in 0..100 {
        let mut request = Request::new("dos-ai");
        request.user(&format!("Name a word with {} letters.", number % 10 + 1));
        calls.stream(&client, &request, number)?;
    }
    let (mut chunks, mut good) = (0, 0);
    while let Some(event) = calls.next()? {
        match event.kind {
            EventKind::Chunk(_) => chunks += 1,
            EventKind::Completion(_) => good += 1,
            EventKind::Error(error) => eprintln!("call {}: {error}", event.tag),
            EventKind::Response(_) => {}
        }
    }
    println!("{good} of 100 answers, in {chunks} chunks");
    Ok(())
}
