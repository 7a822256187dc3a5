"""It makes its client itself, and always streams."""
import json

from guidance import assistant, gen, models, user
from guidance import json as json_of

from given import ASK, PARIS, TEXT, City

MAKES_ITS_CLIENT = True


def ask(given, what):
    model = models.OpenAI("m", echo=False, **given.options)
    with user():
        model += ASK
    with assistant():
        model += what
    return model["answer"]


def stream(given):
    given.says_hello()
    assert ask(given, gen("answer")) == TEXT


def structured(given):
    given.says_city()
    assert json.loads(ask(given, json_of("answer", schema=City))) == json.loads(PARIS)


def error(given):
    given.fails()
    try:
        ask(given, gen("answer"))
    except Exception as error:
        return [type(error).__name__, str(error)]
