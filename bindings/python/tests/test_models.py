"""Answers have each field that openai-python documents: None, or what the server sent."""

import typing

import dosai
import pytest
from dosai._models import AvailableModel, CreateEmbeddingResponse

openai = pytest.importorskip("openai")
PAIRS = [
    (dosai.ChatCompletion, openai.types.chat.ChatCompletion),
    (dosai.ChatCompletionChunk, openai.types.chat.ChatCompletionChunk),
    (AvailableModel, openai.types.Model),
    (CreateEmbeddingResponse, openai.types.CreateEmbeddingResponse),
]


def models_in(annotation):
    """The models that a value of this type is made of."""
    if hasattr(annotation, "model_fields") and isinstance(annotation, type):
        return {annotation}
    return {model for part in typing.get_args(annotation) for model in models_in(part)}


@pytest.mark.parametrize("ours, theirs", PAIRS, ids=lambda kind: kind.__name__)
def test_documented_fields(ours, theirs):
    pairs = [(ours, theirs)]
    for mine, other in pairs:  # it grows during the loop
        for name, field in other.model_fields.items():
            assert name in mine.__annotations__, f"{mine.__name__}.{name}"
            assert mine._of({}).__getattr__(name) is None
            for model in models_in(field.annotation):
                assert name in mine._nested, f"{mine.__name__}.{name} is a model"
                if (mine._nested[name], model) not in pairs:
                    pairs.append((mine._nested[name], model))
    assert len(pairs) > 10 or ours not in (dosai.ChatCompletion, dosai.ChatCompletionChunk)
