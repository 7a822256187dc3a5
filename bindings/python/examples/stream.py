"""Streams an answer to the terminal: python3 stream.py "What is the capital of France?" """
import os
import sys

from dosai import ChatCompletionMessageParam, Client

client = Client()
prompt = " ".join(sys.argv[1:]) or "Write a haiku about programming."
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": prompt}]
model = os.environ.get("DOSAI_MODEL", "dos-ai")
with client.chat.completions.create(model=model, messages=messages, max_tokens=200, stream=True) as stream:
    for chunk in stream:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
