import json

from openai import OpenAI

client = OpenAI()

completion = client.chat.completions.create(
    model="dos-ai",
    messages=[
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is the capital of France?"},
    ],
    temperature=0.7,
    max_tokens=256,
    stop=None,
)
print(completion.choices[0].message.content)
print(completion.choices[0].finish_reason, completion.choices[0].message.role, completion.choices[0].message.tool_calls)
print(completion.usage.prompt_tokens, completion.usage.completion_tokens, completion.usage.total_tokens)
print(completion.id, completion.model, completion.object, completion.created, completion._request_id)
print(json.dumps(completion.to_dict(), sort_keys=True))
print(sorted(completion.model_dump_json(exclude_unset=True)))
print(sorted(completion.to_json()))
print(sorted(completion.usage.model_dump().items())[:1])
