from openai import NOT_GIVEN, OpenAI

with OpenAI(timeout=20.0, max_retries=2, default_headers={"X-One": "1"}) as client:
    messages = [{"role": "user", "content": "Hi"}]
    print(client.chat.completions.create(model="fail-then-hello", messages=messages).choices[0].message.content)
    raw = client.chat.completions.with_raw_response.create(model="dos-ai", messages=messages)
    print(raw.status_code, raw.headers["x-ratelimit-remaining-tokens"], raw.headers.get("X-REQUEST-ID"))
    print(raw.headers.get("x-none"), "x-none" in raw.headers, raw.parse().choices[0].message.content)
    other = client.with_options(max_retries=0, default_headers={"X-Two": "2"})
    print(other.chat.completions.create(
        model="dos-ai", messages=messages, timeout=5, temperature=NOT_GIVEN, extra_headers={"x-one": "3"},
        extra_body={"top_k": 4, "max_tokens": 7}, max_tokens=5,
    ).choices[0].message.content)
    print(client.copy(timeout=3).chat.completions.create(model="dos-ai", messages=messages).choices[0].message.content)
    print([model.id for model in client.models.list()], client.models.list().data[0].object)
    completion = client.chat.completions.create(model="rich", messages=messages)
    message = completion.choices[0].message
    print(message.reasoning_content, message.x_unknown, completion.usage.prompt_tokens_details.cached_tokens)
    print(hasattr(message, "nonsense"), message.refusal)
