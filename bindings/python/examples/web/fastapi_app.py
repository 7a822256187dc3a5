"""Passes answers on to the browser, with FastAPI: uvicorn fastapi_app:app"""
import os
import pathlib

from dosai import AsyncClient, AsyncStream, DosaiError
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

MODEL = os.environ.get("DOSAI_MODEL", "dos-ai")
app = FastAPI()
client = AsyncClient()


@app.get("/")
async def page():
    return FileResponse(pathlib.Path(__file__).with_name("page.html"))


@app.get("/chat")
async def chat(prompt: str):
    messages = [{"role": "user", "content": prompt}]
    return StreamingResponse(
        texts_of(await client.chat.completions.create(model=MODEL, messages=messages, stream=True)),
        media_type="text/plain; charset=utf-8",
    )


async def texts_of(stream: AsyncStream):
    async with stream:
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


@app.exception_handler(DosaiError)
async def failed(request: Request, error: DosaiError):
    return PlainTextResponse(str(error), status_code=502)
