import instructor

from given import MESSAGES, PARIS, TEXT, City

FOUND = {"name": "Paris", "country": "France"}
ASKED = {"model": "m", "messages": MESSAGES}
MODES = [instructor.Mode.TOOLS, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA]


def sync(given):
    given.says_hello()
    answer = instructor.from_openai(given.client()).chat.completions.create(**ASKED, response_model=None)
    assert answer.choices[0].message.content == TEXT


def stream(given):
    given.says_tool("City")
    parts = list(instructor.from_openai(given.client()).chat.completions.create_partial(**ASKED, response_model=City))
    assert parts[-1].name == "Paris"
    return [part.model_dump() for part in parts]


async def async_(given):
    given.says_hello()
    answer = await instructor.from_openai(given.async_client()).chat.completions.create(**ASKED, response_model=None)
    assert answer.choices[0].message.content == TEXT


async def async_stream(given):
    given.says_tool("City")
    made = instructor.from_openai(given.async_client()).chat.completions.create_partial(**ASKED, response_model=City)
    parts = [part async for part in made]
    assert parts[-1].country == "France"
    return [part.model_dump() for part in parts]


def tools(given):
    given.says_tool("Cities", '{"tasks": [%s, %s]}' % (PARIS, PARIS))
    found = instructor.from_openai(given.client()).chat.completions.create_iterable(**ASKED, response_model=City)
    assert [one.model_dump() for one in found] == [FOUND, FOUND]


async def async_tools(given):
    given.says_tool("City", '{"name": 5}')
    given.says_tool("City")
    client = instructor.from_openai(given.async_client())
    found = await client.chat.completions.create(**ASKED, response_model=City, max_retries=2)
    assert found.model_dump() == FOUND


def structured(given):
    for mode in MODES:
        given.says_tool("City") if mode is instructor.Mode.TOOLS else given.says_city()
        client = instructor.from_openai(given.client(), mode=mode)
        found, whole = client.chat.completions.create_with_completion(**ASKED, response_model=City)
        assert found.model_dump() == FOUND and whole.choices, mode


async def async_structured(given):
    for mode in MODES:
        given.says_tool("City") if mode is instructor.Mode.TOOLS else given.says_city()
        client = instructor.from_openai(given.async_client(), mode=mode)
        found = await client.chat.completions.create(**ASKED, response_model=City)
        assert found.model_dump() == FOUND, mode


def error(given):
    given.fails(401)
    try:
        instructor.from_openai(given.client()).chat.completions.create(**ASKED, response_model=City, max_retries=1)
    except Exception as error:
        return [type(error).__name__, str(error)]
