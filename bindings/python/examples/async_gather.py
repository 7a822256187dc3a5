"""Asks several prompts at once, in one thread: python3 async_gather.py "The sea." "The sky." "The road." """
import asyncio
import os
import sys

from dosai import AsyncClient, ChatCompletionMessageParam, DosaiError

MODEL = os.environ.get("DOSAI_MODEL", "dos-ai")


async def ask(client: AsyncClient, prompt: str) -> str:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": prompt}]
    async with await client.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
        return await stream.get_final_text()


async def main() -> None:
    prompts = sys.argv[1:] or ["A line about the sea.", "A line about the sky.", "A line about the road."]
    async with AsyncClient() as client:
        answers = await asyncio.gather(*(ask(client, prompt) for prompt in prompts), return_exceptions=True)
    for prompt, answer in zip(prompts, answers):
        print(f"{prompt} {answer}")
    if any(isinstance(answer, DosaiError) for answer in answers):
        sys.exit(1)


asyncio.run(main())
