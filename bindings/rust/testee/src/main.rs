//! The testee of Rust: Tests/Bindings/README.md.
mod calls;
mod chat;
mod json;
mod serve;

use std::io::{self, BufRead, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("chat") => std::process::exit(chat::main(&arguments[1..])),
        Some("--serve") => {
            let mut clients = Vec::new();
            for line in io::stdin().lock().lines() {
                let told = line.map_err(|error| error.to_string()).and_then(|line| serve::answer(&line, &mut clients));
                let told = told.unwrap_or_else(|why| format!("{{\"failed\": {}}}", json::text(&why)));
                writeln!(io::stdout(), "{told}").and_then(|()| io::stdout().flush()).expect("standard output");
            }
        }
        _ => {
            eprintln!("usage: rust --serve | chat [OPTION]... PROMPT");
            std::process::exit(2);
        }
    }
}
