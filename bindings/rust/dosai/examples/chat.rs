//! One question, one answer: `cargo run --example chat`, with DOSAI_API_KEY set.
use dosai::{Client, ClientOptions, Request};

fn main() -> dosai::Result<()> {
    let client = Client::new(&ClientOptions::from_env())?;
    let mut request = Request::new("dos-ai");
    request.add_message("system", "Answer in one sentence.").user("Why is the sky blue?").set("max_tokens", 100);
    let answer = client.chat(&request)?;
    println!("{}", answer.content());
    if let Some(tokens) = answer.usage().total_tokens {
        println!("{tokens} tokens, after {:?}", answer.timings().total.unwrap_or_default());
    }
    Ok(())
}
