import json

from openai import OpenAI

client = OpenAI()

stream = client.chat.completions.create(
    model="dos-ai",
    messages=[{"role": "user", "content": "Write a haiku about programming."}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    if not chunk.choices:
        print("\nusage:", chunk.usage.total_tokens)
        continue
    print(chunk.choices[0].delta.content or "", end="")
    if chunk.choices[0].finish_reason:
        print("\nfinished:", chunk.choices[0].finish_reason)

with client.chat.completions.create(
    model="dos-ai", messages=[{"role": "user", "content": "Count."}], stream=True
) as stream:
    for chunk in stream:
        print(repr(chunk.choices[0].delta.content), chunk.id, chunk.object, chunk.model)
        print(json.dumps(chunk.to_dict(), sort_keys=True))
        if chunk.choices[0].delta.content:
            break

texts = {}
for chunk in client.chat.completions.create(
    model="dos-ai", messages=[{"role": "user", "content": "Count."}], n=2, stream=True
):
    for choice in chunk.choices:
        texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
print(texts)
