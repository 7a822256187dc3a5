"""Answers have each field that openai-python documents: None, or what the server sent."""

import pathlib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

pytest.importorskip("openai")
SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts/openai-fields"  # which has written the fields


def pairs():
    loader = SourceFileLoader("openai_fields", str(SCRIPT))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module.pairs()


def test_documented_fields():
    found = pairs()
    assert len(found) > 20
    for ours, all_theirs in found.items():
        for name in (name for theirs in all_theirs for name in theirs.model_fields):
            assert name in ours.__annotations__, f"{ours.__name__}.{name}"
            assert ours._of({}).__getattr__(name) is None
