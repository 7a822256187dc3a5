"""Lets the model call a function, and answer with what it gave: python3 tools.py"""

from __future__ import annotations

import json
import os

from dosai import ChatCompletionMessageParam, Client


def get_weather(location: str) -> dict[str, object]:
    return {"location": location, "celsius": 21, "sky": "clear"}


TOOLS = [{"type": "function", "function": {
    "name": "get_weather",
    "description": "Get the current weather for a location.",
    "parameters": {"type": "object", "required": ["location"], "properties": {
        "location": {"type": "string", "description": "City name, e.g. San Francisco, CA"}}}}}]

client = Client()
model = os.environ.get("DOSAI_MODEL", "dos-ai")
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Tokyo?"}]
message = client.chat.completions.create(
    model=model, messages=messages, tools=TOOLS, tool_choice="required", temperature=0
).choices[0].message
messages.append(message)
for call in message.tool_calls or []:
    print(f"{call.function.name}({call.function.arguments})")
    result = get_weather(**json.loads(call.function.arguments))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS, tool_choice="none", max_tokens=100)
print(answer.choices[0].message.content)
