"""Type hints as JSON schemas, and JSON as values of those types."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import types
import typing
from typing import Annotated, Any, Callable, Iterable, Literal, Union

Schema = dict[str, Any]
Convert = Callable[[Any], Any]  # makes a value of JSON, or raises ValueError
Shape = tuple[Schema, Convert]

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
LISTS = {list: list, set: set, frozenset: frozenset, collections.abc.Sequence: list, collections.abc.Iterable: list}
MAPS = (dict, collections.abc.Mapping)
UNIONS = (Union, getattr(types, "UnionType", Union))


def shape_of_function(function: Callable[..., Any], described: Any, given: Iterable[str]) -> Shape:
    """The schema of a function's arguments, without those that are given already, and what makes its keyword arguments of
    JSON. `described` has the type hints."""
    hints, parameters = typing.get_type_hints(described, include_extras=True), []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"the parameter {parameter} has no name for the model")
        if name in given:
            continue
        if name not in hints:
            raise TypeError(f"the parameter {name!r} has no type hint")
        parameters.append((name, hints[name], parameter.default is parameter.empty))
    definitions: Schema = {}
    schema, convert = shape_of_object(dict, parameters, definitions)
    return ({**schema, "$defs": definitions} if definitions else schema), convert


def parameters_of_dataclass(kind: Any) -> list[tuple[str, Any, bool]]:
    """The name and the type of what it takes, and whether it is required. An InitVar is not one of its fields()."""
    hints, missing, parameters = typing.get_type_hints(kind, include_extras=True), dataclasses.MISSING, []
    taken = {each.name for each in dataclasses.fields(kind) if each.init}
    for name, each in kind.__dataclass_fields__.items():
        hint = hints[name]
        if name in taken or isinstance(hint, dataclasses.InitVar) or hint is dataclasses.InitVar:
            parameters.append((name, hint.type if isinstance(hint, dataclasses.InitVar) else hint,
                               each.default is each.default_factory is missing))
    return parameters


def shape_of(hint: Any, definitions: Schema) -> Shape:
    """The schema of a type, and what makes a value of it. Schemas that have names are added to the definitions."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if hint is Any:
        return {}, lambda value: value
    if origin is Annotated:
        schema, convert = shape_of_pydantic(hint, definitions) if is_pydantic(hint) else shape_of(arguments[0], definitions)
        texts = [each for each in hint.__metadata__ if isinstance(each, str)]
        return ({**schema, "description": texts[0]} if texts else schema), convert
    if is_pydantic(hint):
        return shape_of_pydantic(hint, definitions)
    if kind in PLAIN:
        return {"type": PLAIN[kind]}, lambda value: plain(kind, value)
    if kind in UNIONS:
        shapes = [shape_of(each, definitions) for each in arguments]
        return {"anyOf": [each for each, _ in shapes]}, lambda value: first_of([each for _, each in shapes], value)
    if kind is Literal:
        values = [each.value if isinstance(each, enum.Enum) else each for each in arguments]
        return choices(values), lambda value: one_of(values, arguments, value)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return choices([each.value for each in kind]), lambda value: member_of(kind, value)
    if kind in LISTS:
        schema, convert = shape_of(arguments[0] if arguments else Any, definitions)
        unique = {"uniqueItems": True} if LISTS[kind] in (set, frozenset) else {}
        return {"type": "array", "items": schema, **unique}, lambda value: listed(kind, elements(convert, value))
    if kind in MAPS:
        key_hint, value_hint = arguments or (str, Any)
        names, convert_name = shape_of(key_hint, definitions)
        if names.get("type", "string") != "string":
            raise TypeError(f"there is no JSON schema for {hint!r}: the names of an object are strings")
        schema, convert = shape_of(value_hint, definitions)
        about = {} if names in ({}, {"type": "string"}) else {"propertyNames": names}
        return {"type": "object", **about, "additionalProperties": schema}, \
            lambda value: mapping(convert_name, convert, value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return shape_of_object(kind, parameters_of_dataclass(kind), definitions)
    raise TypeError(f"there is no JSON schema for {hint!r}")


def shape_of_object(
    make: Callable[..., Any], parameters: Iterable[tuple[str, Any, bool]], definitions: Schema
) -> Shape:
    """An object of fields with a name and a type, which may be required; `make` is called with their values."""
    parameters = list(parameters)
    shapes = {name: shape_of(hint, definitions) for name, hint, _ in parameters}
    required = [name for name, _, is_required in parameters if is_required]

    def convert(value: Any) -> Any:
        of_type(dict, value)
        for name in required:
            if name not in value:
                raise ValueError(f"{name} is missing")
        for name in value:
            if name not in shapes:
                raise ValueError(f"{name} is unknown")
        return make(**{name: at(name, shapes[name][1], one) for name, one in value.items()})

    properties = {name: schema for name, (schema, _) in shapes.items()}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}, convert


def is_pydantic(hint: Any) -> bool:
    if typing.get_origin(hint) is Annotated:
        modules = [type(each).__module__.partition(".")[0] for each in hint.__metadata__]
        return bool({"pydantic", "annotated_types"}.intersection(modules))
    return isinstance(hint, type) and hasattr(hint, "model_json_schema")


def shape_of_pydantic(hint: Any, definitions: Schema) -> Shape:
    from pydantic import TypeAdapter

    from ._json import encode

    adapter = TypeAdapter(hint)
    schema = adapter.json_schema()
    for name, one in schema.pop("$defs", {}).items():
        if definitions.setdefault(name, one) != one:
            raise TypeError(f"two types have the name {name}")
    return schema, lambda value: adapter.validate_json(encode(value))


def choices(values: Iterable[Any]) -> Schema:
    for each in values:
        if not isinstance(each, tuple(PLAIN)):
            raise TypeError(f"there is no JSON schema for the value {each!r}")
    kinds = {PLAIN.get(type(each)) for each in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {**({"type": kind} if kind else {}), "enum": list(values)}


def of_type(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        name = {**PLAIN, list: "array", dict: "object"}[kind]
        raise ValueError(f"not of type {name}")
    return value


def plain(kind: type, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and type(value) is float and value.is_integer():
        return int(value)  # 3.0 is an integer in JSON
    return of_type(kind, value)


def one_of(values: Iterable[Any], meant: Iterable[Any], value: Any) -> Any:
    """What is meant by one of the values."""
    for each, member in zip(values, meant):
        if type(each) is type(value) and each == value:
            return member
    raise ValueError(f"not one of {', '.join(map(repr, values))}")


def member_of(kind: Any, value: Any) -> Any:
    """The member of an Enum. To Python, True is the same value as 1; in JSON it is not."""
    member = kind(value)
    if isinstance(member.value, bool) is not isinstance(value, bool):
        raise ValueError(f"{value!r} is not a valid {kind.__name__}")
    return member


def first_of(converts: Iterable[Convert], value: Any) -> Any:
    problems = []
    for convert in converts:
        try:
            return convert(value)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError(", ".join(problems))


def elements(convert: Convert, value: Any) -> list[Any]:
    return [at(index, convert, one) for index, one in enumerate(of_type(list, value))]


def listed(kind: Any, values: list[Any]) -> Any:
    try:
        return LISTS[kind](values)
    except TypeError as error:  # a list in a set
        raise ValueError(str(error)) from error


def mapping(convert_name: Convert, convert: Convert, value: Any) -> dict[Any, Any]:
    return {at(name, convert_name, name): at(name, convert, one) for name, one in of_type(dict, value).items()}


def at(place: Any, convert: Convert, value: Any) -> Any:
    """Converts a part, and says which one it was if it cannot be converted."""
    try:
        return convert(value)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
