"""Tool calls in streams. docs/design.md, 7: accept, assembly."""
from corpus import *

END = [fin("tool_calls")]
LAST = [[F("tool_calls")]]
ROME, OSLO = '{"city":"Rome"}', '{"city":"Oslo"}'
PIECES = ['{"ci', 'ty"', ':"Ro', 'me"}']  # so many alike that all but the first two could be read by a template


def tools(id, law, parts, chunks, calls, quirks="", message={}, **more):
    said = message if calls is DROP else {**message, "tool_calls": calls}
    stream(id, law, parts + END, chunks + LAST, whole(said, "tool_calls"), quirks, **more)


TWO = [made("a", "f", ROME), made("b", "g", OSLO)]

tools("tools", "assembly", [
    tool(call(0, "a", "f", "", type="function"), role="assistant", content=None),
    tool(call(0, arguments='{"city"')), tool(call(0, arguments=':"Rome"}')),
    tool(call(1, "b", "g", "", type="function")), tool(call(1, arguments=OSLO))],
      [[T(0, "", "a", "f")], [T(0, '{"city"')], [T(0, ':"Rome"}')], [T(1, "", "b", "g")], [T(1, OSLO)]], TWO)
tools("tools-one-event", "assembly", [tool(call(0, "a", "f", ROME), call(1, "b", "g", OSLO))],
      [[T(0, ROME, "a", "f"), T(1, OSLO, "b", "g")]], TWO)
tools("tools-interleaved", "assembly", [
    tool(call(0, "a", "f", '{"city":')), tool(call(1, "b", "g", '{"city":')), tool(call(0, arguments='"Rome"}')),
    tool(call(1, arguments='"Oslo"}'))],
      [[T(0, '{"city":', "a", "f")], [T(1, '{"city":', "b", "g")], [T(0, '"Rome"}')], [T(1, '"Oslo"}')]], TWO)
tools("tools-out-of-order", "assembly", [tool(call(1, "b", "g", OSLO)), tool(call(0, "a", "f", ROME))],
      [[T(1, OSLO, "b", "g")], [T(0, ROME, "a", "f")]], TWO)
tools("tools-behind-text", "assembly", [say("Let me see."), tool(call(0, "a", "f", ROME), content="")],
      [[C("Let me see.")], [T(0, ROME, "a", "f")]], TWO[:1], message={"content": "Let me see."})
stream("tools-of-two-choices", "assembly", [
    ev({"tool_calls": [call(0, "a", "f", ROME)]}, "tool_calls"), ev({"tool_calls": [call(0, "b", "g", OSLO)]}, "tool_calls", 1)],
       [[T(0, ROME, "a", "f"), F("tool_calls")], [T(0, OSLO, "b", "g", 1), F("tool_calls", 1)]],
       whole({}, choices=[option(0, {"tool_calls": TWO[:1]}, "tool_calls"), option(1, {"tool_calls": TWO[1:]}, "tool_calls")]))
tools("tools-none", "7", [tool(content="Hi"), ev({"tool_calls": None})], [[C("Hi")], [O()]], DROP, message={"content": "Hi"})

# ---- index

for name, index in [("missing", DROP), ("null", None), ("minus-one", -1)]:
    tools("tool-index-" + name, "7, assembly", [
        tool(call(index, "a", "f", '{"city":')), tool(call(index, arguments='"Rome"}')), tool(call(index, "b", "g", OSLO))],
          [[T(0, '{"city":', "a", "f")], [T(0, '"Rome"}')], [T(1, OSLO, "b", "g")]], TWO, "TOOL_INDEX")
tools("tool-index-all-zero", "7, assembly", [
    tool(call(0, "a", "f", '{"city":')), tool(call(0, arguments='"Rome"}')), tool(call(0, "b", "g", '{"city":')),
    tool(call(0, arguments='"Oslo"}'))],
      [[T(0, '{"city":', "a", "f")], [T(0, '"Rome"}')], [T(1, '{"city":', "b", "g")], [T(1, '"Oslo"}')]], TWO, "TOOL_INDEX")
tools("tool-index-all-zero-one-event", "7, assembly", [tool(call(0, "a", "f", ROME), call(0, "b", "g", OSLO))],
      [[T(0, ROME, "a", "f"), T(1, OSLO, "b", "g")]], TWO, "TOOL_INDEX")
tools("tool-index-all-zero-id-first", "7, assembly", [
    tool(call(0, "a")), tool(call(0, DROP, "f", ROME)), tool(call(0, "b")), tool(call(0, DROP, "g", OSLO))],
      [[T(0, "", "a")], [T(0, ROME, None, "f")], [T(1, "", "b")], [T(1, OSLO, None, "g")]], TWO, "TOOL_INDEX")
tools("tool-index-all-zero-custom", "7, assembly", [
    tool({"index": 0, "id": one, "type": "custom", "custom": {"name": name, "input": "x"}}) for one, name in [("a", "f"), ("b", "g")]],
      [[T(0, "", "a")], [T(1, "", "b")]],
      [{"id": one, "type": "custom", "custom": {"name": name, "input": "x"}} for one, name in [("a", "f"), ("b", "g")]], "TOOL_INDEX")
tools("tools-all-zero-without-id", "7, assembly", [
    tool(call(0, "", "f", '{"city":')), tool(call(0, "", arguments='"Rome"}')), tool(call(0, "", "g", '{"city":')),
    tool(call(0, "", arguments='"Oslo"}'))],
      [[T(0, '{"city":', None, "f")], [T(0, '"Rome"}')], [T(1, '{"city":', None, "g")], [T(1, '"Oslo"}')]],
      [made("", "f", ROME), made("", "g", OSLO)], "TOOL_INDEX TOOL_REPEATED")
tools("tools-all-zero-without-id-one-event", "7, assembly", [tool(call(0, "", "f", ROME), call(0, "", "f", OSLO))],
      [[T(0, ROME, None, "f"), T(1, OSLO, None, "f")]], [made("", "f", ROME), made("", "f", OSLO)], "TOOL_INDEX TOOL_REPEATED")
tools("tool-index-from-one", "assembly", [tool(call(1, "a", "f", '{"city":')), tool(call(1, arguments='"Rome"}'))],
      [[T(1, '{"city":', "a", "f")], [T(1, '"Rome"}')]], TWO[:1])
for name, index in [("", 0), ("-without-index", DROP)]:
    tools("tool-alone" + name, "7", [ev({"tool_calls": call(index, "a", "f", "")})] + [
        ev({"tool_calls": call(index, arguments=one)}) for one in PIECES],
          [[T(0, "", "a", "f")]] + [[T(0, one)] for one in PIECES], TWO[:1], "TOOL_INDEX")
tools("tool-alone-then-list", "7", [ev({"tool_calls": call(0, "a", "f", ROME)}), tool(call(1, "b", "g", OSLO))],
      [[T(0, ROME, "a", "f")], [T(1, OSLO, "b", "g")]], TWO, "TOOL_INDEX")
tools("tool-alone-empty", "7", [ev({"content": "Hi", "tool_calls": {}})], [[C("Hi")]], DROP, "TOOL_INDEX", message={"content": "Hi"})
tools("tool-index-lost", "7, assembly", [tool(call(0, "a", "f", '{"city":')), tool(call(DROP, arguments='"Rome"}'))],
      [[T(0, '{"city":', "a", "f")], [T(0, '"Rome"}')]], TWO[:1], "TOOL_INDEX")

# ---- id and name

for name, again in [("empty", ""), ("repeated", "a")]:
    tools("tool-id-" + name, "7, assembly", [tool(call(0, "a", "f", ""))] + [tool(call(0, again, arguments=one)) for one in PIECES],
          [[T(0, "", "a", "f")]] + [[T(0, one, again or None)] for one in PIECES], TWO[:1], "TOOL_REPEATED")
for name, again in [("empty", ""), ("repeated", "f")]:
    tools("tool-name-" + name, "7, assembly", [tool(call(0, "a", "f", ""))] + [tool(call(0, DROP, again, one)) for one in PIECES],
          [[T(0, "", "a", "f")]] + [[T(0, one, None, again or None)] for one in PIECES], TWO[:1], "TOOL_REPEATED")
for id, names, whole_name in [
        ("pieces", ["get_", "weather", "_now"], "get_weather_now"), ("pieces-alike", ["lo", "ca", "l", "l"], "locall"),
        ("grows", ["get_", "get_weather", "get_weather_now"], "get_weather_now"),
        ("pieces-then-whole", ["get_", "weather", "get_weather"], "get_weather")]:
    tools("tool-name-" + id, "7, assembly", [tool(call(0, "a", names[0], ""))] + [tool(call(0, DROP, one)) for one in names[1:]] + [
        tool(call(0, arguments=one)) for one in PIECES],
          [[T(0, "", "a", names[0])]] + [[T(0, "", None, one)] for one in names[1:]] + [[T(0, one)] for one in PIECES],
          [made("a", whole_name, ROME)], "TOOL_REPEATED")
tools("tool-nulls", "7", [tool(call(0, "a", "f", '{"city":')), tool(call(0, None, None, '"Rome"}', type=None))],
      [[T(0, '{"city":', "a", "f")], [T(0, '"Rome"}')]], TWO[:1])
tools("tool-id-late", "7, assembly", [tool(call(0, DROP, "f", "")), tool(call(0, "a", arguments=ROME))],
      [[T(0, "", None, "f")], [T(0, ROME, "a")]], TWO[:1])
tools("tool-id-empty-first", "7, assembly", [tool(call(0, "", "f", "")), tool(call(0, "a", "", ROME))],
      [[T(0, "", None, "f")], [T(0, ROME, "a")]], TWO[:1], "TOOL_REPEATED")
tools("tool-id-changed", "7, assembly", [tool(call(0, "a", "f", ""))] + [tool(call(0, "b%d" % at, arguments=one)) for at, one in enumerate(PIECES)],
      [[T(0, "", "a", "f")]] + [[T(0, one, "b%d" % at)] for at, one in enumerate(PIECES)], TWO[:1], "TOOL_REPEATED")
tools("tool-id-only", "7", [tool(call(0, "a", type="function")), tool(call(0, DROP, "f")), tool(call(0, arguments=ROME))],
      [[T(0, "", "a")], [T(0, "", None, "f")], [T(0, ROME)]], TWO[:1])

for name, first in [("empty-list", []), ("empty-text", "")]:
    tools("tool-function-" + name + "-first", "7", [tool({"index": 0, "id": "a", "function": first}), tool(call(0, DROP, "f", ROME))],
          [[T(0, "", "a")], [T(0, ROME, None, "f")]], TWO[:1])

# ---- arguments

tools("tool-arguments-object", "7", [tool(call(0, "a", "f", {"city": "Rome"}))], [[T(0, ROME, "a", "f")]], TWO[:1],
      "ARGUMENTS_OBJECT")
tools("tool-arguments-empty-object", "7", [tool(call(0, "a", "f", {}))], [[T(0, "{}", "a", "f")]], [made("a", "f", "{}")],
      "ARGUMENTS_OBJECT")
tools("tool-arguments-null", "7", [tool(call(0, "a", "f", None)), tool(call(0, arguments=ROME))],
      [[T(0, "", "a", "f")], [T(0, ROME)]], TWO[:1])
tools("tool-arguments-never", "7", [tool(call(0, "a", "f"))], [[T(0, "", "a", "f")]],
      [{"id": "a", "type": "function", "function": {"name": "f"}}])
tools("tool-arguments-surrogates", "7", [tool(call(0, "a", "f", '{"e":"\\ud83d'), ), tool(call(0, arguments='\\ude00"}'))],
      [[T(0, '{"e":"\\ud83d', "a", "f")], [T(0, '\\ude00"}')]], [made("a", "f", '{"e":"\\ud83d\\ude00"}')])
tools("tool-arguments-not-json", "assembly", [tool(call(0, "a", "f", "{\"city\": Rome\n"))],
      [[T(0, "{\"city\": Rome\n", "a", "f")]], [made("a", "f", "{\"city\": Rome\n")])

# ---- what a tool call has beside

tools("tool-unknown-fields", "assembly", [
    tool(call(0, "a", "f", "", extra_content={"google": {"thought_signature": "c2ln"}}, strict=None)),
    tool(call(0, arguments=ROME, strict=True))],
      [[T(0, "", "a", "f")], [T(0, ROME)]],
      [made("a", "f", ROME, extra_content={"google": {"thought_signature": "c2ln"}}, strict=True)])
tools("tool-custom", "assembly", [
    tool({"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}),
    tool({"index": 0, "custom": {"input": "y"}})],
      [[T(0, "", "a")], [T(0, "")]], [{"id": "a", "type": "custom", "custom": {"name": "f", "input": "xy"}}])
tools("tools-whole-without-index", "7, assembly", [tool(call(DROP, "a", "f", ROME), call(DROP, "b", "f", OSLO))],
      [[T(0, ROME, "a", "f"), T(1, OSLO, "b", "f")]], [made("a", "f", ROME), made("b", "f", OSLO)], "TOOL_INDEX")
tools("tools-whole-without-index-or-id", "7", [tool(call(DROP, "", "f", ROME), call(DROP, "", "f", OSLO))],
      [[T(0, ROME, None, "f"), T(1, OSLO, None, "f")]], [made("", "f", ROME), made("", "f", OSLO)], "TOOL_INDEX TOOL_REPEATED")
