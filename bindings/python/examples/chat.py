"""Asks a question, and another about the answer: python3 chat.py"""

from __future__ import annotations

import os

from dosai import APIError, ChatCompletionMessageParam, Client

client = Client()
model = os.environ.get("DOSAI_MODEL", "dos-ai")
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the capital of France?"}]
try:
    message = client.chat.completions.create(model=model, messages=messages).choices[0].message
    print(message.content)
    messages.append(message)
    messages.append({"role": "user", "content": "How many people live there?"})
    completion = client.chat.completions.create(model=model, messages=messages, max_tokens=100)
    print(completion.choices[0].message.content)
    if completion.usage:
        print(f"({completion.usage.total_tokens} tokens)")
except APIError as error:
    raise SystemExit(f"{error.status}: {error}")
