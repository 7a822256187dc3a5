"""dosai.types has its types where openai-python has them."""

import subprocess
import sys

import dosai
import pytest

openai = pytest.importorskip("openai")
EVENTS = {name for name in dosai.types.chat.__all__ if name.endswith("Event")}


def test_names_are_those_of_openai():
    import openai.lib.streaming.chat as streaming

    assert {name for name in dosai.types.__all__ if not hasattr(openai.types, name)} == set()
    assert {name for name in dosai.types.chat.__all__ if not hasattr(openai.types.chat, name)} <= EVENTS
    assert {name for name in EVENTS if not hasattr(streaming, name)} == set() and len(EVENTS) == 12


def test_they_are_loaded_when_asked_for():
    program = "import dosai, sys; assert 'dosai.types' not in sys.modules; print(dosai.types.chat.ChatCompletion.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "ChatCompletion\n", done.stderr
    from dosai.types.chat import ChatCompletion, ChatCompletionUserMessageParam

    assert ChatCompletion is dosai.ChatCompletion
    assert ChatCompletionUserMessageParam(role="user", content="Hi") == {"role": "user", "content": "Hi"}
