//! The ways to make a call.
use dosai::{Chunk, Client, Completion, Error, EventKind, Loop, LoopOptions, Request};

pub enum Ended {
    Answered(Completion),
    Failed(Error),
    Dropped,
}

/// Reads until `on_chunk` gives false.
pub fn run(client: &Client, request: &Request, face: &str, on_chunk: impl FnMut(Chunk) -> bool) -> Option<Ended> {
    let ended = match face {
        "whole" => client.chat(request).map(Ended::Answered),
        "stream" => stream(client, request, on_chunk),
        "async_whole" => looped(client, request, false, on_chunk),
        "async_stream" => looped(client, request, true, on_chunk),
        _ => return None,
    };
    Some(ended.unwrap_or_else(Ended::Failed))
}

fn stream(client: &Client, request: &Request, mut on_chunk: impl FnMut(Chunk) -> bool) -> dosai::Result<Ended> {
    let mut stream = client.stream(request)?;
    while let Some(chunk) = stream.next()? {
        if !on_chunk(chunk) {
            return Ok(Ended::Dropped);
        }
    }
    stream.completion().map(Ended::Answered)
}

fn looped(
    client: &Client,
    request: &Request,
    is_stream: bool,
    mut on_chunk: impl FnMut(Chunk) -> bool,
) -> dosai::Result<Ended> {
    let mut calls = Loop::new(LoopOptions::default())?;
    if is_stream {
        calls.stream(client, request, 1)?;
    } else {
        calls.chat(client, request, 1)?;
    }
    while let Some(event) = calls.next()? {
        match event.kind {
            EventKind::Chunk(chunk) if on_chunk(chunk) => {}
            EventKind::Chunk(_) => return Ok(Ended::Dropped),
            EventKind::Completion(completion) => return Ok(Ended::Answered(completion)),
            EventKind::Error(error) => return Err(error),
            EventKind::Response(_) => break,
        }
    }
    unreachable!("each chat ends with one of these")
}
