"""Passes answers on to the browser, with Flask: flask --app flask_app run"""
import os
import pathlib

from dosai import Client, DosaiError, Stream
from flask import Flask, Response, request, send_file

MODEL = os.environ.get("DOSAI_MODEL", "dos-ai")
app = Flask(__name__)
client = Client()


@app.get("/")
def page():
    return send_file(pathlib.Path(__file__).with_name("page.html"))


@app.get("/chat")
def chat():
    messages = [{"role": "user", "content": request.args["prompt"]}]
    stream = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
    return Response(texts_of(stream), mimetype="text/plain")


def texts_of(stream: Stream):
    with stream:
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


@app.errorhandler(DosaiError)
def failed(error: DosaiError):
    return str(error), 502, {"Content-Type": "text/plain"}
