"""What a case is given: a server that says what the case scripts, and clients of the library under test for it."""
from pydantic import BaseModel

from dosai.testing import Server, completion, error, tool_call

ASK = "How is the weather in Paris?"
MESSAGES = [{"role": "user", "content": ASK}]
TEXT = "Hello, world!"
WEATHER = "It is sunny in Paris."
USES = completion(tool_calls=[tool_call("get_weather", {"city": "Paris"})])
PARIS = '{"name": "Paris", "country": "France"}'
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather.", "parameters": SCHEMA}}


class City(BaseModel):
    name: str
    country: str


class Given:
    def __init__(self, library, server: Server) -> None:
        self.library, self.server = library, server
        self.options = {"base_url": server.base_url, "api_key": "sk-test", "max_retries": 0}

    def client(self):
        return self.library.OpenAI(**self.options)

    def async_client(self):
        return self.library.AsyncOpenAI(**self.options)

    def says_hello(self) -> None:
        self.server.reply(completion("Hello", ", ", "world!"))

    def says_weather(self) -> None:
        """Calls the tool, and answers once it has the result."""
        self.server.reply(USES, completion("It is sunny", " in Paris."))

    def says_city(self) -> None:
        self.server.reply(completion(PARIS[:10], PARIS[10:]))

    def says_tool(self, name: str, arguments: str = PARIS) -> None:
        self.server.reply(completion(tool_calls=[tool_call(name, arguments)]))

    def fails(self, status: int = 400) -> None:
        self.server.reply(error(status, "No good."))
