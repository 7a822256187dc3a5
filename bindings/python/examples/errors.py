"""Streams an answer, stops it when it takes too long, and keeps what had arrived: python3 errors.py"""

import os

import dosai

client = dosai.Client(timeout=dosai.Timeout(connect=5, first_token=60, idle=10, total=120), max_retries=3)
messages: list[dosai.ChatCompletionMessageParam] = [{"role": "user", "content": "Tell me a long story."}]
try:
    with client.chat.completions.create(
        model=os.environ.get("DOSAI_MODEL", "dos-ai"), messages=messages, max_tokens=200, stream=True
    ) as stream:
        print(stream.get_final_text())
except dosai.RateLimitError as error:
    print(f"too many requests; again in {error.retry_after or 1} s")
except dosai.APIStatusError as error:
    print(f"refused with {error.status_code} (request {error.request_id}): {error}")
except dosai.APIError as error:  # cut, stalled, not understood: `completion` is what had arrived
    print(error.completion.choices[0].message.content if error.completion else "")
    print(f"[{error.status}: {error}]")
