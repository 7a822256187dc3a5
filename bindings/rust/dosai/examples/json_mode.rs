//! An answer that follows a JSON schema.
use dosai::{Client, ClientOptions, FinishReason, Request};

const CITY: &str = r#"{
  "type": "object",
  "properties": {
    "name": {"type": "string"}, "country": {"type": "string"}, "is_capital": {"type": "boolean"}
  },
  "required": ["name", "country", "is_capital"],
  "additionalProperties": false
}"#;

fn main() -> dosai::Result<()> {
    let client = Client::new(&ClientOptions::from_env())?;
    let mut request = Request::new("dos-ai");
    request.user("Describe the city of Paris.").set_json_schema("city", CITY, true);
    let answer = client.chat(&request)?;
    let is_whole = answer.choices().any(|choice| choice.finish_reason() == FinishReason::STOP);
    println!("{}", if is_whole { answer.content() } else { "the answer was cut" });
    Ok(())
}
