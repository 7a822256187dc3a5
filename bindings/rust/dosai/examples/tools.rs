//! Functions that the model calls.
use dosai::{Client, ClientOptions, Request, Tools};

const CITY: &str = r#"{"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}"#;

fn main() -> dosai::Result<()> {
    let mut tools = Tools::new();
    tools.add("get_weather", "The weather of a city, now", CITY, |arguments| {
        if !arguments.contains("location") {
            return Err("location is missing".into()); // the model is told
        }
        Ok("18 degrees, light rain".into())
    });
    let client = Client::new(&ClientOptions::from_env())?;
    let mut request = Request::new("dos-ai");
    request.user("What is the weather in Tokyo?");
    println!("{}", client.run_tools(&mut request, &tools)?.content());
    Ok(())
}
