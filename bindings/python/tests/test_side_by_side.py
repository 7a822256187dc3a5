"""openai-python and dosai, asked the same of the same server: what a program sees is the same, but for DIFFERENCES."""

import asyncio
import collections
import json
import time

import dosai
import pytest
from lateness import allowance

openai = pytest.importorskip("openai")
BEFORE_3 = {"ReadTimeout": "APITimeoutError", "ReadError": "APIConnectionError",
            "RemoteProtocolError": "APIConnectionError"}  # it passed on httpx's errors, and codes that are numbers

# Where they differ, by section of the design, and why. A difference that is none fails too.
DIFFERENCES = {
    "7: an answer that stops before its end is an error; openai-python takes it for whole": """
        clean-no-done.stream eof-body.stream tls-trunc.stream cl-long.stream whole-unfinished.stream""",
    "7: an error inside an answer is an error; openai-python takes it for a completion without choices": """
        error-200.whole error-200.stream detail-200.whole detail-200.stream mid-error-event.stream""",
    "7: JSON that is no completion is an error; openai-python gives an object without choices, or no chunks": """
        bare.whole bare.stream models.whole models.stream null.whole null.stream 204.whole 204.stream whole-html.whole
        whole-html.stream whole-cut-json.stream whole-eof.stream gzip.stream gzip-bomb.stream""",
    "7: what cannot be read is APIResponseValidationError; openai-python lets a JSONDecodeError through": """
        mid-garbage.stream whole-cut-json.whole whole-eof.whole""",
    "7: a whole answer to a stream call comes as chunks; openai-python gives none": """
        slow.stream big.stream deep.stream keys.stream whole-eof-good.stream""",
    "7: a code inside an array body is read": "error-array.whole error-array.stream",
    "9: a body is None where there was none; openai-python has an empty text": """
        error-empty.whole error-empty.stream odd-id.whole odd-id.stream""",
    "9: a body has at most 64 KiB": "error-long.whole error-long.stream",
    "9: the key is hidden where the server echoes it": "error-key.whole error-key.stream",
    "10: a redirect is an error that has the Location; openai-python follows it": """
        redirect.whole redirect.stream redirect-away.whole redirect-away.stream redirect-query.whole redirect-query.stream
        redirect-key.whole redirect-key.stream""",
    "10: headers have a limit: APIError; APIConnectionError in openai-python": """
        hdr-flood.whole hdr-flood.stream hdr-one.whole hdr-one.stream""",
    "A: what is not HTTP is APIResponseValidationError; APIConnectionError in openai-python": """
        not-http.whole not-http.stream bad-status.whole bad-status.stream bad-chunk.stream enc-stack.whole
        error-503-header.whole error-503-header.stream""",
    "10: streams are never decompressed": "enc-stack.stream",
    "6: comments do not feed the idle clock; openai-python waits as long as they come": "keepalive.stream",
}

LEFT_OUT = {
    "endless", "comments", "chunk-comments", "empty-events",  # openai-python would never end
    "100-flood",  # takes it seconds
    "error-503-garbled",  # lets the error of httpx through while it streams
    "echo",  # answers with the body, whose blanks differ
    # made for the C programs: without end, slow, or with answers that nobody asked for
    "endless-blast", "endless-events", "interim", "comment-flood", "drip", "gapped", "late", "late-big", "late-blast", "blanks",
    "hello-silent", "refused-silent", "cut-silent", "comment-untyped", "comment-plain", "behind-answer",
    "behind-late-answer", "behind-byte", "behind-fin", "behind-notice", "behind-nothing",
    # hostile: openai-python takes a list for an answer, and fails at texts that are objects
    "deepest", "deepest-list", "deepest-400", "deepest-error", "deepest-error-400", "deepest-mid-error",
}
STREAMS = set("""big-event many-choices many-tools deep-event late-end fast paced silent-headers silent-chunk mid-error
    mid-error-text mid-error-event mid-garbage hdr-fin hdr-rst body0-fin-chunked body0-rst mid-fin-chunked mid-rst
    in-chunk bad-chunk clean-no-done clean-finish-no-done eof-body eof-done tls-trunc tls-trunc-chunked cl-short cl-long
    stall-mid rst-after-done keepalive after-done-hold blast reset-soon overlapped token-name token-content
    token-reasoning_content token-refusal token-tool_calls""".split())  # answers with a stream, whatever was asked for

SILENT = "silent silent-headers silent-chunk stall-0 stall-mid whole-stall keepalive after-done-hold".split()


def cases():
    from scripts import SCRIPTS, STREAM_POSTS

    for name in SCRIPTS:
        if name not in LEFT_OUT and name not in STREAM_POSTS:
            yield from [f"{name}.stream"] if name in STREAMS else [f"{name}.whole", f"{name}.stream"]


def reason_of(case):
    return next((reason for reason, cases in DIFFERENCES.items() if case in cases.split()), None)


class Seen:
    """What a program sees of one call."""

    def __init__(self, library, base_url, timeout, ask, **parameters):
        self.answers, self.texts, self.tool_calls = [], collections.defaultdict(str), {}
        self.finish_reasons, self.usage, self.error = {}, None, None
        try:
            options = {"api_key": "sk-test", "base_url": base_url, "max_retries": 0, "timeout": timeout}
            ask(self, library, options, model="m", messages=[{"role": "user", "content": "Hi"}], **parameters)
        except Exception as error:
            self.error = [type(error).__name__]
            is_old = library is openai and int(openai.VERSION.partition(".")[0]) < 3
            if is_old and not isinstance(error, openai.OpenAIError):
                self.error = [BEFORE_3.get(self.error[0], self.error[0])]
            if isinstance(error, library.APIError) and not isinstance(error, library.APIConnectionError):
                code = str(error.code) if is_old and isinstance(error.code, int) else error.code
                self.error += [code, error.type, error.param, error.body]
            if isinstance(error, library.APIStatusError):
                self.error += [error.status_code, error.request_id, error.response.headers.get("X-Request-ID")]

    def ask(self, library, options, **parameters):
        answer = library.OpenAI(**options).chat.completions.create(**parameters)
        for part in answer if "stream" in parameters else [answer]:
            self.take(part)

    def ask_async(self, library, options, **parameters):
        async def main():
            async with library.AsyncOpenAI(**options) as client:
                answer = await client.chat.completions.create(**parameters)
                if "stream" not in parameters:
                    return self.take(answer)
                async for part in answer:
                    self.take(part)

        asyncio.run(main())

    def take(self, part):
        self.answers.append(part.to_dict())
        for choice in part.choices or []:
            message = choice.delta if hasattr(choice, "delta") else choice.message
            self.texts[choice.index] += message.content or ""
            for position, call in enumerate(message.tool_calls or []):
                key = choice.index, getattr(call, "index", position)
                parts = self.tool_calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
                parts["id"] += call.id or ""
                parts["name"] += call.function.name or ""
                parts["arguments"] += call.function.arguments or ""
            if choice.finish_reason:
                self.finish_reasons[choice.index] = choice.finish_reason
        self.usage = part.usage and part.usage.to_dict() or self.usage


def test_the_tables_name_cases():
    listed = [case for cases in DIFFERENCES.values() for case in cases.split()]
    assert len(set(listed)) == len(listed) and set(listed) <= set(cases())


@pytest.mark.parametrize("ask", [Seen.ask, Seen.ask_async])
@pytest.mark.parametrize("case", list(cases()))
def test_answers(server, case, ask):
    script, _, face = case.rpartition(".")
    timeout = 0.3 if script in SILENT else 10
    parameters = {"timeout": timeout, **({"stream": True} if face == "stream" else {})}
    for turn in range(20):
        begun = time.monotonic()
        places = [f"{script}~{library.__name__}-{face}-{ask.__name__}-{turn}" for library in (openai, dosai)]
        theirs, ours = (Seen(library, server.base(place), ask=ask, **parameters)
                        for library, place in zip((openai, dosai), places))
        their_bodies, our_bodies = (list(map(read, server.stats(place)["bodies"])) for place in places)
        is_known = our_bodies == their_bodies and (vars(ours) != vars(theirs)) == bool(reason_of(case))
        if is_known or allowance(begun) < timeout:
            break  # else on so late a machine either may have had its timeout too early
    assert our_bodies == their_bodies
    if reason_of(case):
        assert vars(ours) != vars(theirs), "no longer a difference"
    else:
        assert vars(ours) == vars(theirs)


def read(body):
    return json.loads(body) if body else None
