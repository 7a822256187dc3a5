import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def say(prompt, **more):
    stream = await client.chat.completions.create(
        model="dos-ai", messages=[{"role": "user", "content": prompt}], stream=True, **more
    )
    texts = {}
    async for chunk in stream:
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    return texts


async def main():
    stream = await client.chat.completions.create(
        model="dos-ai",
        messages=[{"role": "user", "content": "Write a haiku about programming."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if not chunk.choices:
            print("\nusage:", chunk.usage.total_tokens)
            continue
        print(chunk.choices[0].delta.content or "", end="")
        if chunk.choices[0].finish_reason:
            print("\nfinished:", chunk.choices[0].finish_reason)
    print(await say("Count.", n=2))

    async with await client.chat.completions.create(
        model="dos-ai", messages=[{"role": "user", "content": "Count."}], stream=True
    ) as stream:
        async for chunk in stream:
            print(json.dumps(chunk.to_dict(), sort_keys=True))
            if chunk.choices[0].delta.content:
                break


asyncio.run(main())
