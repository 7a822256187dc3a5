"""Passes answers on to the browser, with Django: uvicorn django_app:app"""
import os
import pathlib

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path
from dosai import AsyncClient, AsyncStream, DosaiError

MODEL = os.environ.get("DOSAI_MODEL", "dos-ai")
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1", "localhost"], SECRET_KEY=os.urandom(32).hex())
client = AsyncClient()


def page(request):
    return FileResponse(pathlib.Path(__file__).with_name("page.html").open("rb"))


async def chat(request):
    messages = [{"role": "user", "content": request.GET["prompt"]}]
    try:
        stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
    except DosaiError as error:
        return HttpResponse(str(error), content_type="text/plain", status=502)
    return StreamingHttpResponse(texts_of(stream), content_type="text/plain; charset=utf-8")


async def texts_of(stream: AsyncStream):
    async with stream:
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


urlpatterns = [path("", page), path("chat", chat)]
app = get_asgi_application()
