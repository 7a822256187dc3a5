import json

import outlines

from given import ASK, PARIS, TEXT, City


def sync(given):
    given.says_hello()
    assert outlines.from_openai(given.client(), "m")(ASK) == TEXT


def stream(given):
    given.says_hello()
    pieces = list(outlines.from_openai(given.client(), "m").stream(ASK))
    assert "".join(pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    assert await outlines.from_openai(given.async_client(), "m")(ASK) == TEXT


async def async_stream(given):
    given.says_hello()
    pieces = [piece async for piece in outlines.from_openai(given.async_client(), "m").stream(ASK)]
    assert "".join(pieces) == TEXT
    return pieces


def structured(given):
    given.says_city()
    assert json.loads(outlines.from_openai(given.client(), "m")(ASK, City)) == json.loads(PARIS)


async def async_structured(given):
    given.says_city()
    assert json.loads(await outlines.from_openai(given.async_client(), "m")(ASK, City)) == json.loads(PARIS)


def error(given):
    given.fails()
    try:
        outlines.from_openai(given.client(), "m")(ASK)
    except Exception as error:
        return [type(error).__name__, str(error)]
