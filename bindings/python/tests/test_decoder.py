"""The reader without the network: what a stream gives, from bytes that come by other means."""
import json

import pytest

import dosai


def event(delta=None, **more):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": None, **more}
    return b"data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


CALL = {"index": 0, "id": "call", "type": "function", "function": {"name": "f", "arguments": "{}"}}
BODY = (event({"role": "assistant", "content": "Hel"}) + event({"content": "lo\u0000\u20ac!"})
        + event({"content": "x", "tool_calls": [CALL]}) + event(finish_reason="tool_calls") + b"data: [DONE]\n\n")


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_bytes_in_chunks_out(size):
    decoder, chunks = dosai.Decoder(), []
    for start in range(0, len(BODY), size):
        decoder.feed(bytearray(BODY[start:start + size]))
        chunks += decoder
    decoder.finish()
    chunks += decoder
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello\0\u20ac!x"
    assert chunks[2].choices[0].delta.tool_calls[0].function.name == "f"
    message = decoder.get_final_completion().choices[0].message
    assert message.content == "Hello\0\u20ac!x" and message.tool_calls[0].id == "call"


def test_a_body_that_was_cut_off():
    decoder = dosai.Decoder()
    decoder.feed(BODY[:len(BODY) // 2])
    assert list(decoder) and decoder.current_completion_snapshot.choices[0].message.content.startswith("Hello")
    with pytest.raises(dosai.DosaiError) as caught:
        decoder.get_final_completion()
    assert caught.value.status == "TRUNCATED"
    with pytest.raises(dosai.DosaiError):
        next(decoder)


def test_limits_errors_and_the_key():
    with pytest.raises(dosai.DosaiError) as caught:
        decoder = dosai.Decoder(max_event_bytes=100)
        decoder.feed(event({"content": "x" * 200}))
        list(decoder)
    assert caught.value.status == "TOO_LARGE"
    decoder = dosai.Decoder(api_key="sk-canary-1234567890")
    decoder.feed(b'data: {"error":{"message":"bad key sk-canary-1234567890"}}\n\n')
    with pytest.raises(dosai.DosaiError) as caught:
        list(decoder)
    assert caught.value.status == "PROVIDER" and "bad key" in str(caught.value) and "canary" not in str(caught.value)
    with pytest.raises(TypeError):
        dosai.Decoder(nothing=1)
    with pytest.raises(TypeError):
        dosai.Decoder().feed(7)
