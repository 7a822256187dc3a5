from smolagents import ChatMessage, OpenAIModel, ToolCallingAgent, tool

from given import ASK, MESSAGES, PARIS, TEXT, City

MESSAGES = [ChatMessage.from_dict({"role": "user", "content": [{"type": "text", "text": ASK}]})]


class Model(OpenAIModel):
    def __init__(self, given):
        self.given = given
        super().__init__("m")

    def create_client(self):
        return self.given.client()


@tool
def get_weather(city: str) -> str:
    """The weather.

    Args:
        city: its name
    """
    return "sunny"


def sync(given):
    given.says_hello()
    answer = Model(given).generate(MESSAGES)
    assert answer.content == TEXT
    return answer.token_usage.dict()


def stream(given):
    given.says_hello()
    pieces = [delta.content for delta in Model(given).generate_stream(MESSAGES)]
    assert "".join(piece or "" for piece in pieces) == TEXT
    return pieces


def tools(given):
    for name, arguments in (("get_weather", '{"city": "Paris"}'), ("final_answer", '{"answer": "sunny"}')):
        given.says_tool(name, arguments)
    assert ToolCallingAgent(tools=[get_weather], model=Model(given), verbosity_level=0).run(ASK) == "sunny"


def structured(given):
    given.says_city()
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": City.model_json_schema()}}
    assert Model(given).generate(MESSAGES, response_format=wanted).content == PARIS


def error(given):
    given.fails()
    try:
        Model(given).generate(MESSAGES)
    except Exception as error:
        return [type(error).__name__, str(error)]
