"""The JSON schemas of type hints, and the values that a function gets."""

import dataclasses
import enum
import functools
import json
import sys
import typing
from typing import Annotated, Any, Dict, List, Literal, Optional, Union

import dosai
import pytest
from dosai._tools import WrongCallError


class Unit(enum.Enum):
    CELSIUS = "c"
    KELVIN = "k"


class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Share(enum.Enum):
    HALF = 0.5
    WHOLE = 1.0


class Switch(enum.Enum):
    ON = True


@dataclasses.dataclass
class Place:
    city: Annotated[str, "Its name"]
    height: float = 0.0
    tags: List[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Area:
    size: float = dataclasses.field(init=False)
    width: dataclasses.InitVar[float]
    height: dataclasses.InitVar[float] = 1.0

    def __post_init__(self, width, height):
        self.size = width * height


@dataclasses.dataclass
class Made:
    city: str

    def __new__(cls, *arguments, **named):
        return super().__new__(cls)


@dataclasses.dataclass
class Untyped:
    x: dataclasses.InitVar


def call(hint, json, default=...):
    """The schema of a parameter, and the value that it gets."""

    def function(x):
        return x

    function.__annotations__["x"] = hint
    function.__defaults__ = None if default is ... else (default,)
    tool = dosai.Tool(function)
    return tool.parameters["properties"]["x"], tool.bind(json)


ROWS = [
    (str, {"type": "string"}, '"a"', "a"),
    (int, {"type": "integer"}, "3", 3),
    (int, {"type": "integer"}, "3.0", 3),
    (float, {"type": "number"}, "3", 3.0),
    (bool, {"type": "boolean"}, "true", True),
    (None, {"type": "null"}, "null", None),
    (Any, {}, '[{"a": null}]', [{"a": None}]),
    (list, {"type": "array", "items": {}}, "[1, null]", [1, None]),
    (List[int], {"type": "array", "items": {"type": "integer"}}, "[1, 2]", [1, 2]),
    (typing.Sequence[int], {"type": "array", "items": {"type": "integer"}}, "[]", []),
    (typing.Set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "[1, 1]", {1}),
    (dict, {"type": "object", "additionalProperties": {}}, '{"a": 1}', {"a": 1}),
    (Dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}, '{"a": 1}', {"a": 1.0}),
    (Dict[Any, int], {"type": "object", "additionalProperties": {"type": "integer"}}, '{"a": 1}', {"a": 1}),
    (Dict[Unit, int], {"type": "object", "propertyNames": {"type": "string", "enum": ["c", "k"]},
                       "additionalProperties": {"type": "integer"}}, '{"k": 1}', {Unit.KELVIN: 1}),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
    (Union[int, List[str]], {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]},
     '["a"]', ["a"]),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}, '"b"', "b"),
    (Literal["a", 1], {"enum": ["a", 1]}, "1", 1),
    (Literal["a", 1, True], {"enum": ["a", 1, True]}, "true", True),
    (Unit, {"type": "string", "enum": ["c", "k"]}, '"k"', Unit.KELVIN),
    (Level, {"type": "integer", "enum": [1, 2]}, "2", Level.HIGH),
    (Level, {"type": "integer", "enum": [1, 2]}, "2.0", Level.HIGH),
    (Share, {"type": "number", "enum": [0.5, 1.0]}, "1", Share.WHOLE),
    (Switch, {"type": "boolean", "enum": [True]}, "true", Switch.ON),
    (Literal[Unit.KELVIN, "f"], {"type": "string", "enum": ["k", "f"]}, '"k"', Unit.KELVIN),
    (Literal[Color.RED], {"type": "string", "enum": ["red"]}, '"red"', Color.RED),
    (Annotated[int, "How many"], {"type": "integer", "description": "How many"}, "1", 1),
    (Place, {"type": "object", "required": ["city"], "additionalProperties": False, "properties": {
        "city": {"type": "string", "description": "Its name"}, "height": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}}}}, '{"city": "Rome", "height": 3}', Place("Rome", 3.0)),
    (Made, {"type": "object", "required": ["city"], "additionalProperties": False, "properties": {
        "city": {"type": "string"}}}, '{"city": "Rome"}', Made("Rome")),
    (Area, {"type": "object", "required": ["width"], "additionalProperties": False, "properties": {
        "width": {"type": "number"}, "height": {"type": "number"}}}, '{"width": 3, "height": 2}', Area(3.0, 2.0)),
]


@pytest.mark.parametrize("hint, schema, json, value", ROWS, ids=lambda row: None)
def test_hints(hint, schema, json, value):
    made, function = call(hint, '{"x": %s}' % json)
    assert made == schema
    got = function()
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize("hint, json, problem", [
    (str, "1", "x: not of type string"), (int, "true", "x: not of type integer"), (int, "1.5", "not of type integer"),
    (float, '"1"', "not of type number"), (float, "1" + "0" * 400, "too large"), (bool, "1", "not of type boolean"),
    (List[int], "[1, null]", "x: 1: not of type integer"), (list, "{}", "not of type array"),
    (Dict[str, int], '{"a": "b"}', "x: a: not of type integer"), (dict, "[]", "not of type object"),
    (Dict[Unit, int], '{"x": 1}', "x: x: 'x' is not a valid Unit"), (set, "[[1]]", "x: unhashable"),
    (typing.FrozenSet[Any], '[{"a": 1}]', "x: .*unhashable"),
    (Optional[int], '"a"', "x: not of type integer, not of type null"),
    (Literal["a", 1], "true", "x: not one of 'a', 1"), (Literal[Color.RED], '"blue"', "x: not one of 'red'"),
    (Unit, '"x"', "not a valid Unit"), (Unit, "[]", "not a valid Unit"), (Level, "true", "True is not a valid Level"),
    (Level, "1.5", "not a valid Level"), (Switch, "1", "1 is not a valid Switch"),
    (Area, '{"size": 3}', "x: width is missing"), (Area, '{"width": 3, "size": 3}', "x: size is unknown"),
    (Place, '{"city": 3}', "x: city: not of type string"), (Place, "{}", "x: city is missing"),
    (Place, '{"city": "a", "x": 1}', "x: x is unknown"), (list, "[" * 100000, "Stack overflow" if sys.version_info >= (3, 14) else "recursion"),
])
def test_values_that_do_not_fit(hint, json, problem):
    with pytest.raises(WrongCallError, match=problem):
        call(hint, '{"x": %s}' % json)


def test_defaults():
    _, function = call(int, "{}", default=7)
    assert function() == 7
    assert dosai.Tool(function.func).parameters["required"] == []


def test_pydantic():
    pydantic = pytest.importorskip("pydantic")

    class City(pydantic.BaseModel):
        name: str
        twins: List["City"] = []

    city, text = City(name="Rome", twins=[City(name="Paris")]), '{"name": "Rome", "twins": [{"name": "Paris"}]}'
    schema, function = call(Optional[City], '{"x": %s}' % text)
    assert schema == {"anyOf": [{"$ref": "#/$defs/City"}, {"type": "null"}]} and function() == city
    definitions = dosai.Tool(function.func).parameters["$defs"]
    assert set(definitions) == {"City"} and definitions["City"]["properties"]["name"]["type"] == "string"
    with pytest.raises(WrongCallError, match="name"):
        call(City, '{"x": {}}')
    schema, function = call(Annotated[int, pydantic.Field(ge=3, description="How many")], '{"x": 3}')
    assert schema == {"type": "integer", "minimum": 3, "description": "How many"} and function() == 3
    with pytest.raises(WrongCallError, match="greater than or equal"):
        call(Annotated[int, pydantic.Field(ge=3)], '{"x": 2}')
    schema, _ = call(Annotated[int, "How many", pydantic.Field(ge=3)], '{"x": 3}')
    assert schema == {"type": "integer", "minimum": 3, "description": "How many"}
    other = type("City", (pydantic.BaseModel,), {"__annotations__": {"size": int, "twins": List["City"]}})

    def two(a: City, b: other) -> None: ...

    with pytest.raises(TypeError, match=r"two\(\): two types have the name City"):
        dosai.Tool(two)


def test_results_of_pydantic_and_dataclasses():
    pydantic = pytest.importorskip("pydantic")
    from dosai._tools import content_of

    model = type("Model", (pydantic.BaseModel,), {"__annotations__": {"n": int}})
    assert content_of([model(n=1), {"p": Place("x")}]) == '[{"n": 1}, {"p": {"city": "x", "height": 0.0, "tags": []}}]'


@pytest.mark.parametrize("hint, value", [(row[0], row[3]) for row in ROWS if row[0] is not Area], ids=lambda row: None)
def test_what_a_function_takes_it_may_return(hint, value):
    from dosai._tools import content_of

    assert call(hint, '{"x": %s}' % content_of([value])[1:-1])[1]() == value


@dataclasses.dataclass
class Endless:
    other: "Endless"


def no_hint(x): ...
def many(*x: int): ...
def positional(x: int, /): ...
def unknown(x: object): ...
def endless(x: "Endless"): ...
def numbers(x: Dict[int, float]): ...
def not_there(x: "Nowhere"): ...  # noqa: F821
def untyped(x: Untyped): ...
class Point(enum.Enum): ORIGIN = (0, 0)
def of_tuples(x: Point): ...
def of_bytes(x: Literal[b"a"]): ...


@pytest.mark.parametrize("function, problem", [
    (no_hint, "the parameter 'x' has no type hint"), (many, r"the parameter \*x: int has no name"),
    (positional, "has no name"), (endless, "recursion"), (unknown, "no JSON schema for <class 'object'>"),
    (not_there, "Nowhere"), (untyped, "no JSON schema for <class 'dataclasses.InitVar'>"), (numbers, "the names of an object are strings"),
    (of_tuples, r"no JSON schema for the value \(0, 0\)"), (of_bytes, "no JSON schema for the value b'a'"),
])
def test_functions_without_a_schema(function, problem):
    with pytest.raises(TypeError, match=r"%s\(\): .*%s" % (function.__name__, problem)):
        dosai.Tool(function)
    assert dosai.Tool(function, parameters={}).parameters == {}


def book(city: str, nights: int = 1, guest: str = "") -> str:
    """Books a room"""
    return f"{city} {nights} {guest}"


class Booking:
    guest: int = 0

    def __call__(self, city: str) -> str:
        """Books a room"""
        return city

    def book(self, city: str) -> str:
        """Books a room"""
        return city


CITY, NIGHTS, GUEST = {"city": {"type": "string"}}, {"nights": {"type": "integer"}}, {"guest": {"type": "string"}}


@pytest.mark.parametrize("function, name, properties, arguments, result", [
    (functools.partial(book, guest="me"), "book", {**CITY, **NIGHTS}, {"city": "Rome"}, "Rome 1 me"),
    (functools.partial(book, "Rome", guest="me"), "book", NIGHTS, {"nights": 2}, "Rome 2 me"),
    (functools.partial(functools.partial(book, guest="me"), "Rome"), "book", NIGHTS, {"nights": 2}, "Rome 2 me"),
    (functools.update_wrapper(functools.partial(book, guest="me"), book), "book", {**CITY, **NIGHTS}, {"city": "Rome"},
     "Rome 1 me"),
    (functools.partial(Booking().book), "book", CITY, {"city": "Rome"}, "Rome"),
    (functools.lru_cache(book), "book", {**CITY, **NIGHTS, **GUEST}, {"city": "Rome"}, "Rome 1 "),
    (Booking().book, "book", CITY, {"city": "Rome"}, "Rome"),
    (Booking(), None, CITY, {"city": "Rome"}, "Rome"),
    (functools.partial(Booking(), city="Rome"), None, {}, {}, "Rome"),
], ids=lambda row: None)
def test_callables(function, name, properties, arguments, result):
    if name is None:
        with pytest.raises(TypeError, match="needs a name"):
            dosai.Tool(function)
    tool = dosai.Tool(function, name=None if name else "book")
    assert tool.definition["function"] == {
        "name": "book", "description": "Books a room", "parameters": {
            "type": "object", "properties": properties, "additionalProperties": False,
            "required": ["city"] if "city" in properties else []}}
    assert tool.bind(json.dumps(arguments))() == result
    with pytest.raises(WrongCallError, match="x is unknown"):
        tool.bind(json.dumps({**arguments, "x": 1}))


@pytest.mark.parametrize("parameters", [None, {"type": "object"}])
def test_an_argument_that_is_given_is_not_the_models(parameters):
    tool = dosai.Tool(functools.partial(book, guest="me"), parameters=parameters)
    assert tool.bind('{"city": "Rome"}')() == "Rome 1 me"
    with pytest.raises(WrongCallError, match="guest is unknown"):
        tool.bind('{"city": "Rome", "guest": "you"}')


def test_what_is_no_function():
    with pytest.raises(TypeError, match="3 is not a function"):
        dosai.Tool(3, name="three", parameters={})


@dataclasses.dataclass
class Keyed:
    key: str = "sk-secret"

    def __call__(self, city: str) -> str:
        return city


class Described(Keyed):
    """Books a room"""


class Told(Keyed):
    """Keeps a key"""

    def __call__(self, city: str) -> str:
        """Books a room"""
        return city


@pytest.mark.parametrize("function, description", [(Keyed(), ""), (Described(), "Books a room"), (Told(), "Books a room"),
                                                   (functools.partial(Keyed()), ""), (functools.partial(Told()), "Books a room")])
def test_the_description_of_an_object(function, description):
    assert dosai.Tool(function, name="book").description == description


def test_a_description_that_is_given():
    assert dosai.Tool(book, description="Books").description == "Books"
    assert "description" not in dosai.Tool(book, description="").definition["function"]
    renamed = functools.partial(book, guest="me")
    renamed.__name__, renamed.__doc__ = "book_for_me", "Books a room for me"
    assert (dosai.Tool(renamed).name, dosai.Tool(renamed).description) == ("book_for_me", "Books a room for me")
