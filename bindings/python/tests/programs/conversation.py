import openai

client = openai.OpenAI()
messages = [{"role": "user", "content": "What is the capital of France?"}]
for question in ("How many people live there?", "And in Grüßen 東京 \U0001f600?"):
    message = client.chat.completions.create(model="dos-ai", messages=messages).choices[0].message
    print(f"{message.role}: {message.content}")
    messages.append(message)
    messages.append({"role": "user", "content": question})
parts = [{"type": "text", "text": "Describe "}, {"type": "text", "text": "this."}]
messages.append({"role": "user", "content": parts, "name": "anna"})
message = client.chat.completions.create(model="dos-ai", messages=messages, seed=1).choices[0].message
print(sorted(message.model_dump(exclude_none=True).items()))
