#!/usr/bin/env python3
"""Writes docs/wire.md from the corpus of Tests/Wire. Each case is in one row, and what the row says of its status and its
quirks is taken from its cases, so that the page cannot say what the tests do not.

    wire_page.py [--check]     --check: fails where the page is not what it would write
"""
import fnmatch
import importlib
import pathlib
import sys
import textwrap

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Wire"))
from corpus import CASES

PAGE = ROOT / "docs/wire.md"
HEAD = """# What is accepted, and what is reported

Servers differ in how they implement the Chat Completions API. This page says what libdosai accepts as an answer, and
what it reports as a failure. `Tests/Docs/wire_page.py` generates it from the cases in `Tests/Wire`, and `make test-docs`
fails if the two differ: edit the cases, not this page.

There are %d cases. Each is sent over plain TCP, TLS and a Unix socket, whole, byte by byte and split at random, and is
read through the interfaces that `Tests/Wire/wire.py` names. All must give the same result.

- **Quirks** are the bits of `dosai_completion_quirks`: deviations from the documented format that the library accepts.
  A row without quirks follows the documentation.
- **Seen on** names the servers that do this, according to the corpus. Its cases were written from the servers' sources
  and documentation, and shortened; they were not recorded. A row without a name comes from no particular server.
- To run cases, give a pattern of their names: `python3 -m pytest Tests/Wire/test_corpus.py -k empty-data`.
"""

SECTIONS = [
    ("Accepted: events", "", [
        ("LF, CRLF or CR as line ends, even mixed; a byte order mark at the start", "lf crlf cr mixed-line-ends bom bom-crlf bom-comment", ""),
        ("comments, before, between and inside events", "comments comment-in-event long-comment invalid-comment", "openrouter deepseek"),
        ("data on several lines; `id`, `retry`, named events, unknown fields, blank lines",
         "multi-line-data id-and-retry named-events name-behind-data unknown-fields blank-before-field blank-lines dataless-events", ""),
        ("spaces, or none, after `data:` and in the JSON", "no-space more-spaces json-with-blanks", ""),
        ("an event with empty data", "empty-data-[cbst]* empty-data-first", ""),
        ("an event with empty data at the end, instead of `[DONE]`", "empty-data-last", ""),
        ("text that looks like an event; escapes; any UTF-8, split anywhere", "utf8 escapes crlf-in-text", ""),
        ("a wrong `Content-Type`, or none", "type-* answer-as-events-type answer-plain-type answer-no-type", ""),
    ]),
    ("Accepted: the end of a stream", "The answer is complete if the server sent `[DONE]`, or if the response ends normally and each choice "
     "has a finish reason.", [
        ("`[DONE]` with spaces around it, or without a blank line after it", "done-space-* done-tab done-nothing done-newline", ""),
        ("`[DONE]` with other line ends, or in a named event", "done-crlf done-named", ""),
        ("`[DONE]`, although a choice has no finish reason, or there was no choice", "done-without-finish done-alone", ""),
        ("no `[DONE]`, and each choice has its finish reason", "done-missing*", ""),
        ("anything after `[DONE]`: it is ignored", "after-done-[eagcn]* error-behind-done", ""),
        ("blank lines after `[DONE]`", "after-done-blank", ""),
        ("the last event without a blank line after it, if its JSON is complete", "open-event open-event-newline open-event-cr", ""),
        ("a whole completion instead of a stream: it is delivered as chunks, with the quirk WHOLE_ANSWER",
         "answer answer-documented-tools answer-pretty answer-to-the-end answer-tools", "openrouter-unary-waits"),
    ]),
    ("Accepted: choices and finish reasons", "", [
        ("a stream as documented", "documented", ""),
        ("`choices` empty, first or last", "choices-empty-*", "azure"),
        ("`choices` absent or null", "choices-absent choices-null", ""),
        ("`choices` as the first member; several choices in one event, in any order, with gaps",
         "choices-first-member choices-two choices-sparse answer-choices-reversed", ""),
        ("`delta` absent or null, or a whole `message` in its place", "delta-null delta-absent whole-message-in-event", "azure-async-filter"),
        ("a `message` in addition to the `delta`", "message-beside-delta", "perplexity"),
        ("`index` missing, null or -1: treated as 0, in a whole answer as the position",
         "index-* answer-index-* answer-two-without-index", ""),
        ("`role` in an event of its own, or in each event", "role-*", "mistral gemini"),
        ("`finish_reason` empty, twice, changed, or an unknown word, which is kept",
         "finish-empty finish-empty-behind finish-unknown finish-twice finish-changed answer-finish-unknown", "deepseek-exhausted bedrock-proxy-tools"),
        ("`finish_reason` absent, null after the last one, or together with content",
         "finish-absent finish-null-behind finish-with-content", "mistral gemini"),
        ("the documented reasons, and the older `function_call`",
         "finish-length finish-tool_calls finish-content_filter finish-function_call answer-finish-function-call", ""),
    ]),
    ("Accepted: content and reasoning", "", [
        ("`content` null, empty, or absent", "content-null content-empty content-never answer-content-null answer-content-absent", "llama.cpp deepseek"),
        ("`content` as a list of parts: their text is used; thinking parts are reasoning", "content-parts* answer-content-parts answer-content-thinking", "mistral"),
        ("reasoning as `reasoning_content`, `reasoning` or `thinking`; two of them at once count once",
         "reasoning_content reasoning thinking reasoning-twice answer-reasoning* answer-thinking", "deepseek openrouter ollama-thinking vllm-continuous-usage"),
        ("`refusal`", "refusal answer-refusal", ""),
        ("U+0000 and surrogate pairs in text: kept", "nul nul-alone pair surrogate-text replacement-sent answer-nul", ""),
        ("lone surrogates and invalid UTF-8: each becomes U+FFFD; the text around it is kept",
         "surrogate-[hler]* surrogate-then-escape surrogate-behind-backslash surrogate-across-events utf8-* answer-surrogate answer-utf8", ""),
    ]),
    ("Accepted: usage and the other fields", "", [
        ("`usage` in the last event, with details", "usage-last usage-details*", "openrouter llama.cpp"),
        ("`usage` null or `{}`", "usage-null usage-empty usage-then-empty answer-usage-null answer-usage-empty", ""),
        ("`usage` more than once: the last one with values counts; they are not added up", "usage-each*", "vllm-continuous-usage gemini perplexity"),
        ("`usage` in `x_groq`", "usage-x-groq answer-usage-x-groq answer-usage-empty-x-groq", "groq"),
        ("`usage` in `x_groq` in addition to a regular one, or empty", "usage-x-groq-and-own usage-x-groq-null", ""),
        ("`created` as a fraction", "created-real answer-created-real", ""),
        ("`created` null or missing", "created-missing created-null answer-created-missing", ""),
        ("a new `id` in each chunk", "id-each", "bedrock-proxy-ids"),
        ("`id`, `model`, `object` empty, late, missing or changing", "id-late id-null id-missing id-empty-behind model-changes", "azure"),
        ("an integer beyond 64 bits: kept as it is written", "number-uint64 number-minus number-30-digits answer-big-number", ""),
        ("other numbers, kept as they are written: `0.70` stays `0.70`", "number-int64 number-real number-exponent number-tiny number-minus-zero number-long answer-real", ""),
        ("a key twice: the last counts; a key written with escapes", "key-* answer-key-twice", ""),
        ("`\"error\": null` or `\"\"` next to a good answer", "error-null error-empty-text answer-error-null", ""),
        ("undocumented fields: they are in the completion's JSON; lists are merged by `index`; pieces of texts and of `audio` are joined; of other values, the last one that is not null counts",
         "top-last-counts top-changes-back kind-changes delta-unknown audio delta-list-by-index logprobs annotations choice-unknown choice-object-merges function-call null-first answer-unknown",
         "openrouter azure llama.cpp gemini-signature-with-text gemini-tools vllm-tools perplexity"),
    ]),
    ("Accepted: tool calls", "", [
        ("in pieces, interleaved, out of order, in several choices, after text, none",
         "tools tools-one-event tools-interleaved tools-out-of-order tools-behind-text tools-of-two-choices tools-none tool-index-from-one", "vllm-tools"),
        ("without `index`, or all with 0 and different ids: a new id starts a new call, unless only more arguments are beside it",
         "tool-index-missing tool-index-null tool-index-minus-one tool-index-all-* tool-index-lost tools-whole-without-index", "ollama-tools mistral-tools gemini-tools bedrock-proxy-tools"),
        ("`tool_calls` as one call instead of a list: it is read as a list of one; `{}` is an empty list",
         "tool-alone* answer-tool-alone", ""),
        ("without `index` and without an id", "tools-whole-without-index-or-id", ""),
        ("all with 0 and without an id: another name after arguments starts a new call; so does any name in the event that began the call",
         "tools-all-zero-without-id*", ""),
        ("`id` or `name` empty or repeated, or another `id` in later pieces: the first value stays",
         "tool-id-empty tool-id-repeated tool-id-changed tool-name-empty tool-name-repeated tool-id-empty-first", "poolside-tools"),
        ("`name` in pieces, which are joined, or growing: a value that begins with what had arrived replaces it",
         "tool-name-pieces* tool-name-grows", ""),
        ("`id` or `name` late or null, or `function` an empty list or text at first",
         "tool-nulls tool-id-late tool-id-only tool-function-*", ""),
        ("`arguments` as an object: its JSON is used as the text", "tool-arguments-object tool-arguments-empty-object answer-arguments-object", ""),
        ("`arguments` null, absent, or not JSON: passed on unchanged", "tool-arguments-null tool-arguments-never tool-arguments-surrogates tool-arguments-not-json", ""),
        ("additional fields, which survive the round trip; custom tools", "tool-unknown-fields tool-custom", "gemini-tools"),
    ]),
    ("Reported: an incomplete answer", "`dosai_error_completion` returns what had arrived.", [
        ("the end without `[DONE]`, with a choice that has no finish reason", "unfinished unfinished-choice finish-empty-only", ""),
        ("such an end in the middle of an event", "open-event-unfinished open-event-cut", ""),
        ("a whole completion without a finish reason or choices, in a stream call; in a unary call, it is returned unchanged",
         "answer-unfinished answer-choices-empty", ""),
        ("no choice at all, nothing, or only comments", "no-choice nothing blanks-only comments-only name-only", ""),
        ("a gateway's page or JSON in mid-stream, outside of an event", "html-in-mid-stream json-in-mid-stream", "llama.cpp-error"),
    ]),
    ("Reported: an error after a successful start", "The error has the server's own message, code, type and parameter.", [
        ("`{\"error\": {...}}`, with or without `[DONE]` after it, at the start or after a comment",
         "error-object* error-code-text error-message-only error-empty-message error-first error-behind-* error-long-message error-lines", "vllm-error-then-done"),
        ("`{\"error\": \"text\"}`", "error-text", "ollama-mid-stream-error"),
        ("an error next to choices, or inside one or inside `x_groq`", "error-with-choices error-in-choice ok-error-in-choice ok-error-with-choices*", "openrouter-mid-stream-error groq-error"),
        ("`event: error`, whatever it contains", "error-named-*", "lm-studio-error"),
        ("`{\"type\": \"error\"}`, a flat object, a list, `detail`, `message`", "error-typed error-list error-flat-object error-detail error-message-object", "vllm-flat-error-then-done"),
        ("an error with a lone surrogate, or in an event without a blank line after it", "error-surrogate open-error", ""),
        ("HTTP 200 with an error in JSON, in any call", "ok-error-object* ok-error-text* ok-error-list* ok-error-flat* ok-error-detail* ok-error-message*", ""),
    ]),
    ("Reported: an invalid answer", "", [
        ("an event that is not the JSON object of a completion chunk", "bad-event-* glued-* html-in-data text-in-data", ""),
        ("`[DONE]` with anything more, or spelled differently", "not-done-*", ""),
        ("members of the wrong type, an index below -1 or beyond any array", "bad-shape-*", ""),
        ("numbers that are not valid JSON, or too large for a double", "not-a-number-* ok-1e999 ok-nan", ""),
        ("HTTP 200 with HTML, text, cut JSON, JSON that is not a completion, or nothing",
         "ok-html ok-blank-html ok-cut-json ok-number ok-empty-object ok-empty ok-blank ok-null ok-choices-null text-for-events", ""),
        ("a stream that was not requested; a compressed stream", "ok-events-unasked gzip-for-events", ""),
        ("a whole answer with broken compression", "ok-bad-gzip", ""),
    ]),
    ("Reported: by HTTP status", "The body is JSON, HTML or empty.", [
        ("400, 405, 409, 410, 413, 418, 422, 451, 499", "http-400* http-405* http-409* http-41* http-422* http-451* http-499*", "azure-filtered mistral-invalid gemini-invalid"),
        ("401", "http-401*", "azure-unauthorized"), ("402", "http-402*", "deepseek-balance"), ("403", "http-403*", "bedrock-denied"),
        ("404", "http-404*", ""), ("407", "http-407*", ""), ("429", "http-429 http-429-empty http-429-html", ""),
        ("429 with `insufficient_quota` as its code or type", "http-429-quota-*", ""),
        ("408, 500, 501, 502, 504, 520, 524, 599", "http-408* http-50[0124]* http-52[04]* http-599*", ""),
        ("503, 529", "http-503* http-529*", "llama.cpp-loading"), ("300, 301, 304, 399", "http-3*", ""),
    ]),
    ("Reported: forms of error bodies", "Shown for HTTP 400. `dosai_error_body` returns even a body that could not be parsed.", [
        ("`{\"error\": {...}}` cut, invalid, very long, or with codes that are not text",
         "refusal-cut refusal-invalid refusal-long refusal-code-object refusal-error-null refusal-error-number refusal-bom", ""),
        ("`{\"error\": \"text\"}`; a list; `{\"detail\": ...}`; `{\"message\": ...}`; a flat object; a JSON text",
         "refusal-text refusal-list refusal-detail* refusal-message* refusal-flat refusal-string", "mistral-invalid gemini-invalid"),
        ("plain text, null, `{}`, `[]`, events", "refusal-plain refusal-null refusal-empty-* refusal-events", ""),
        ("the key, echoed in the message, code, type or parameter: it is replaced", "refusal-echoes-key", ""),
    ]),
]
SERVERS = {"openrouter": "OpenRouter", "azure": "Azure OpenAI", "vllm": "vLLM", "llama.cpp": "llama.cpp", "ollama": "Ollama", "mistral": "Mistral",
           "gemini": "Gemini", "deepseek": "DeepSeek", "poolside": "Poolside", "groq": "Groq", "lm-studio": "LM Studio", "bedrock": "Bedrock proxies", "perplexity": "Perplexity"}


def load():
    for path in sorted((ROOT / "Tests/Wire").glob("corpus_*.py")):
        importlib.import_module(path.stem)


def server_of(id):
    return next((key for key in SERVERS if id == key or id.startswith(key + "-")), None)



def outcome(cases):
    """The status of these cases; one where the server broke HTTP's own coding may have several."""
    found = sorted({status for case in cases for status in getattr(case, "stream_status", case.status).split()})
    return " or ".join(found)


def quirks(cases):
    found = {frozenset(case.quirks.split()) for case in cases}
    return " ".join(sorted(set().union(*found)))


def page():
    load()
    cases = {case.id: case for case in CASES}
    free = {id for id in cases if not server_of(id)}
    problems, lines = [], [HEAD % len(cases)]
    for title, note, rows in SECTIONS:
        reported = title.startswith("Reported")
        lines += ["## %s\n" % title] + ([textwrap.fill(note, 118, break_on_hyphens=False) + "\n"] if note else [])
        lines += ["| what the server sends | status | quirks | seen on | cases |", "|---|---|---|---|---|"]
        for what, patterns, servers in rows:
            mine = []
            for pattern in patterns.split():
                found = [id for id in cases if id in free and fnmatch.fnmatchcase(id, pattern)]
                if not found:
                    problems.append("%s: no free case is like %s" % (what, pattern))
                free -= set(found)
                mine += [cases[id] for id in found]
            if any((status == "OK") == reported for case in mine for status in getattr(case, "stream_status", case.status).split()):
                problems.append("%s: is in the wrong section: %s" % (what, [(case.id, case.status) for case in mine]))
            if not reported and len({frozenset(case.quirks.split()) for case in mine}) > 1:
                problems.append("%s: quirks differ: %s" % (what, [(case.id, case.quirks) for case in mine]))
            for id in servers.split():
                if id not in cases or not server_of(id):
                    problems.append("%s: no server's case is %s" % (what, id))
                elif not reported and not set(quirks(mine).split()) <= set(cases[id].quirks.split()):
                    problems.append("%s: %s has no %s" % (what, id, quirks(mine)))
                elif reported and cases[id].status not in outcome(mine).split():
                    problems.append("%s: %s is %s" % (what, id, cases[id].status))
            names = ", ".join(dict.fromkeys(SERVERS[server_of(id)] for id in servers.split() if server_of(id)))
            lines.append("| %s | %s | %s | %s | %d |" % (what, outcome(mine), quirks(mine), names, len(mine)))
        lines.append("")
    problems += ["%s is in no row" % id for id in sorted(free)]
    lines += ["## By server\n", "The cases of one server only: each is a stream or an error as that server sends it, shortened.\n",
              "| server | case | status | quirks |", "|---|---|---|---|"]
    for id, case in cases.items():
        if server_of(id):
            lines.append("| %s | `%s` | %s | %s |" % (SERVERS[server_of(id)], id, case.status, case.quirks))
    return "\n".join(lines) + "\n", problems


def main():
    text, problems = page()
    if problems:
        sys.exit("\n".join("wire.md: %s" % problem for problem in problems))
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/wire.md is not what the corpus says: run Tests/Docs/wire_page.py")


if __name__ == "__main__":
    main()
