from openai import OpenAI

client = OpenAI()
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
messages = [{"role": "user", "content": "What is the weather in Tokyo and Paris?"}]
final_tool_calls = {}
for chunk in client.chat.completions.create(model="dos-ai", messages=messages, tools=tools, stream=True):
    for tool_call in chunk.choices[0].delta.tool_calls or []:
        index = tool_call.index
        if index not in final_tool_calls:
            final_tool_calls[index] = tool_call
        else:
            final_tool_calls[index].function.arguments += tool_call.function.arguments
    if chunk.choices[0].finish_reason:
        print(chunk.choices[0].finish_reason)
for index, tool_call in final_tool_calls.items():
    print(index, tool_call.id, tool_call.function.name, tool_call.function.arguments)
messages.append({"role": "assistant", "content": None, "tool_calls": list(final_tool_calls.values())})
for tool_call in final_tool_calls.values():
    messages.append({"role": "tool", "tool_call_id": tool_call.id, "content": "21"})
for chunk in client.chat.completions.create(model="dos-ai", messages=messages, tools=tools, stream=True):
    print(chunk.choices[0].delta.content or "", end="")
