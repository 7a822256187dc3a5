"""One library, as its own documents show it: comparison_client.py LIBRARY

Imports it, and makes one streaming call for each line of its input, which is a base URL and options: retries=N (else
the library's own), timeout=SECONDS, ca=FILE, key_header=NAME. It prints a line for each: {"ok", "text", "error"}; "ok" is null, and it ends, where the call did not.
"""
import json
import os
import sys
import threading

PATIENCE = 6  # seconds

MESSAGES = [{"role": "user", "content": "a private question"}]
KEY = "sk-canary-0123456789"


def openai_like(library, url, options):
    arguments = {"api_key": KEY, "base_url": url, "timeout": float(options.get("timeout", 5))}
    if "retries" in options:
        arguments["max_retries"] = int(options["retries"])
    if "key_header" in options:
        arguments["default_headers"] = {options["key_header"]: KEY}
    if "ca" in options and library.__name__ == "dosai":
        arguments["ca_file"] = options["ca"]
    answer = library.OpenAI(**arguments).chat.completions.create(model="m", messages=MESSAGES, stream=True)
    for chunk in answer:
        for choice in chunk.choices:
            yield choice.delta.content or ""


def litellm_own(library, url, options):
    library.suppress_debug_info = True
    arguments = {"api_key": KEY, "api_base": url, "timeout": float(options.get("timeout", 5))}
    if "retries" in options:
        arguments["max_retries"] = int(options["retries"])
    if "key_header" in options:
        arguments["extra_headers"] = {options["key_header"]: KEY}
    answer = library.completion(model="openai/m", messages=MESSAGES, stream=True, **arguments)
    for chunk in answer:
        for choice in chunk.choices:
            yield choice.delta.content or ""


def liter_llm_own(library, url, options):
    import asyncio

    more = {"max_retries": int(options["retries"])} if "retries" in options else {}
    client = library.create_client(
        api_key=KEY, base_url=url, timeout_secs=int(float(options.get("timeout", 5))) or 1, model_hint="openai", **more)
    request = library.ChatCompletionRequest(model="m", messages=MESSAGES)
    texts = []

    async def run():
        async for chunk in library.chat_stream(client, request):
            for choice in chunk.choices:
                texts.append(choice.delta.content or "")

    try:
        asyncio.run(run())
    finally:
        yield from texts


def call(how, library, url, options):
    seen, texts = {"ok": True, "error": None}, []
    try:
        for text in how(library, url, options):
            texts.append(text)
    except Exception as error:
        seen = {"ok": False, "error": type(error).__name__}
    return {**seen, "text": "".join(texts)}


def give_up():
    print(json.dumps({"ok": None}), flush=True)
    os._exit(0)


def main():
    module = {"dosai": "dosai", "openai-python": "openai", "litellm": "litellm", "liter-llm": "liter_llm"}[sys.argv[1]]
    library = __import__(module)
    how = {"litellm": litellm_own, "liter-llm": liter_llm_own}.get(sys.argv[1], openai_like)
    for line in sys.stdin:
        url, *words = line.split()
        timer = threading.Timer(PATIENCE, give_up)
        timer.daemon = True
        timer.start()
        print(json.dumps(call(how, library, url, dict(word.split("=", 1) for word in words))), flush=True)
        timer.cancel()


main()
