//! The ways to make a call.
use dosai::{Chunk, Client, Completion, Error, EventKind, Loop, LoopOptions, Request};
use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(300);

pub enum Next {
    GoOn,
    Pause,
    End,
}

pub enum Ended {
    Answered(Completion),
    Failed(Error),
    Dropped,
}

/// Reads until `on_chunk` gives an end.
pub fn run(client: &Client, request: &Request, face: &str, on_chunk: impl FnMut(Chunk) -> Next) -> Option<Ended> {
    let ended = match face {
        "whole" => client.chat(request).map(Ended::Answered),
        "stream" => stream(client, request, on_chunk),
        "async_whole" => looped(client, request, false, on_chunk),
        "async_stream" => looped(client, request, true, on_chunk),
        _ => return None,
    };
    Some(ended.unwrap_or_else(Ended::Failed))
}

fn stream(client: &Client, request: &Request, mut on_chunk: impl FnMut(Chunk) -> Next) -> dosai::Result<Ended> {
    let mut stream = client.stream(request)?;
    while let Some(chunk) = stream.next()? {
        match on_chunk(chunk) {
            Next::GoOn => {}
            Next::Pause => thread::sleep(PAUSE),
            Next::End => return Ok(Ended::Dropped),
        }
    }
    stream.completion().map(Ended::Answered)
}

fn looped(
    client: &Client,
    request: &Request,
    is_stream: bool,
    mut on_chunk: impl FnMut(Chunk) -> Next,
) -> dosai::Result<Ended> {
    let mut calls = Loop::new(LoopOptions::default())?;
    let call = if is_stream { calls.stream(client, request, 1)? } else { calls.chat(client, request, 1)? };
    while let Some(event) = calls.next()? {
        match event.kind {
            EventKind::Chunk(chunk) => match on_chunk(chunk) {
                Next::GoOn => {}
                Next::Pause => {
                    call.pause();
                    let begun = Instant::now();
                    while let Some(left) = PAUSE.checked_sub(begun.elapsed()) {
                        calls.step(Some(left))?;
                    }
                    call.resume();
                }
                Next::End => return Ok(Ended::Dropped),
            },
            EventKind::Completion(completion) => return Ok(Ended::Answered(completion)),
            EventKind::Error(error) => return Err(error),
            EventKind::Response(_) => break,
        }
    }
    unreachable!("each chat ends with one of these")
}
