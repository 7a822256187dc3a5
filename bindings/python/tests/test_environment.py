import pytest
from dosai._client import from_environment

OURS = {"DOSAI_API_KEY": "our key", "DOSAI_BASE_URL": "our url"}
THEIRS = {"OPENAI_API_KEY": "their key", "OPENAI_BASE_URL": "their url"}


@pytest.mark.parametrize("variables, given, result", [
    ({}, (None, None), (None, None)),
    (OURS, (None, None), ("our key", "our url")),
    (OURS, ("key", None), ("key", "our url")),
    (OURS, (None, "url"), ("our key", "url")),
    (THEIRS, (None, None), ("their key", "their url")),
    ({"OPENAI_API_KEY": "their key"}, (None, None), (None, None)),
    ({"OPENAI_BASE_URL": "their url"}, (None, None), (None, None)),
    (THEIRS, ("key", None), ("key", None)),
    (THEIRS, (None, "url"), (None, "url")),
    ({**THEIRS, "DOSAI_API_KEY": "our key"}, (None, None), ("our key", None)),
    ({**THEIRS, "DOSAI_BASE_URL": "our url"}, (None, None), (None, "our url")),
    ({**THEIRS, "DOSAI_BASE_URL": ""}, (None, None), ("their key", "their url")),
])
def test_a_key_goes_to_its_own_server(monkeypatch, variables, given, result):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert from_environment(*given) == result
