//! An answer as it arrives; Enter cancels it.
use dosai::{CallOptions, CancelToken, Client, ClientOptions, Request, Status};
use std::io::{self, BufRead, Write};
use std::thread;

fn main() -> dosai::Result<()> {
    let token = CancelToken::new()?;
    let on_enter = token.clone();
    thread::spawn(move || {
        if matches!(io::stdin().lock().lines().next(), Some(Ok(_))) {
            on_enter.cancel();
        }
    });
    let client = Client::new(&ClientOptions::from_env())?;
    let client = client.with(CallOptions { cancel: Some(token), ..Default::default() });
    let mut request = Request::new("dos-ai");
    request.user("Tell a long story about a lighthouse.");
    let mut stream = client.stream(&request)?;
    loop {
        match stream.next() {
            Ok(Some(chunk)) => print!("{}", chunk.content()),
            Ok(None) => break,
            Err(error) if error.status() == Status::CANCELLED => {
                let said = error.completion().map_or(0, |part| part.content().len());
                println!("\n(cancelled after {said} bytes)");
                break;
            }
            Err(error) => return Err(error),
        }
        let _ = io::stdout().flush();
    }
    Ok(())
}
