import json

from openai import OpenAI

client = OpenAI()


def get_weather(location):
    return {"location": location, "celsius": 21}


tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the current weather for a location",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string", "description": "City name"}},
                "required": ["location"],
            },
        },
    }
]
messages = [{"role": "user", "content": "What is the weather in Tokyo and Paris?"}]
response = client.chat.completions.create(model="dos-ai", messages=messages, tools=tools, tool_choice="auto")
message = response.choices[0].message
print(response.choices[0].finish_reason, message.content)
messages.append(message)
for tool_call in message.tool_calls:
    arguments = json.loads(tool_call.function.arguments)
    print(tool_call.id, tool_call.type, tool_call.function.name, arguments)
    messages.append(
        {"role": "tool", "tool_call_id": tool_call.id, "content": json.dumps(get_weather(**arguments))}
    )
final = client.chat.completions.create(model="dos-ai", messages=messages, tools=tools)
print(final.choices[0].message.content)
