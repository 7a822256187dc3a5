import asyncio

import openai
from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI(max_retries=0) as client:
        completion = await client.chat.completions.create(
            model="dos-ai",
            messages=[{"role": "user", "content": "Say this is a test."}],
            temperature=0.5,
        )
        print(completion.choices[0].message.content, completion.usage.total_tokens)
        raw = await client.with_options(timeout=20).chat.completions.with_raw_response.create(
            model="dos-ai", messages=[{"role": "user", "content": "Again."}]
        )
        print(raw.status_code, raw.headers.get("x-request-id"), raw.parse().choices[0].message.role)
        async for model in client.models.list():
            print(model.id)
        print([model.id for model in (await client.models.list()).data])
        for name in ("error-429", "error-404", "mid-error"):
            try:
                stream = await client.chat.completions.create(model=name, messages=[], stream=True)
                async for chunk in stream:
                    print(chunk.choices[0].delta.content)
            except openai.RateLimitError as error:
                print("slow down:", error.status_code, error.code, error.response.headers["retry-after"])
            except openai.APIError as error:
                print(type(error).__name__, error.code, error.body)
        try:
            await asyncio.wait_for(client.chat.completions.create(model="silent", messages=[]), 0.2)
        except asyncio.TimeoutError:
            print("too late")


asyncio.run(main())
