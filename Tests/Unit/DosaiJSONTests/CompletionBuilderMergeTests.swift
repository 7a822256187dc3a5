import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// How the fields of deltas add up: text concatenates, lists of objects merge by index, else the last non-null wins.
struct CompletionBuilderMergeTests {
  /// Deltas, the chunks they give, and the message without its role.
  @Test(
    arguments: [
      (
        [#"{"content":null}"#, #"{"content":"a"}"#, #"{"content":null}"#, #"{"content":"b"}"#],
        ["content 0 'a'", "content 0 'b'"], #"{"content":"ab"}"#
      ),
      ([#"{"content":""}"#], [], #"{"content":""}"#), (["{}"], [], #"{"content":null}"#),
      ([#"{"content":null}"#], [], #"{"content":null}"#),
      ([#"{"content":"x\u0000y"}"#], ["content 0 'x\0y'"], #"{"content":"x\u0000y"}"#),
      (
        [#"{"content":"\ud83d"}"#, #"{"content":"\ude00"}"#], ["content 0 '\u{FFFD}'", "content 0 '\u{FFFD}'"],
        #"{"content":"\ufffd\ufffd"}"#
      ),
      (
        [#"{"refusal":"I "}"#, #"{"refusal":"won't"}"#], ["refusal 0 'I '", "refusal 0 'won't'"],
        #"{"content":null,"refusal":"I won't"}"#
      ),
      (
        [#"{"reasoning_content":"a"}"#, #"{"reasoning_content":"b","content":""}"#, #"{"content":"c"}"#],
        ["reasoning 0 'a'", "reasoning 0 'b'", "content 0 'c'"], #"{"content":"c","reasoning_content":"ab"}"#
      ),
      (
        [#"{"reasoning":"a"}"#, #"{"reasoning":"b"}"#], ["reasoning 0 'a'", "reasoning 0 'b'"],
        #"{"content":null,"reasoning":"ab"}"#
      ),
      (
        [#"{"thinking":"a"}"#, #"{"thinking":"b"}"#], ["reasoning 0 'a'", "reasoning 0 'b'"],
        #"{"content":null,"thinking":"ab"}"#
      ),
      // One text under two names is one chunk.
      (
        [#"{"reasoning":"a","reasoning_content":"a"}"#], ["reasoning 0 'a'"],
        #"{"content":null,"reasoning":"a","reasoning_content":"a"}"#
      ),
      (
        [#"{"function_call":{"name":"f","arguments":"{"}}"#, #"{"function_call":{"arguments":"}"}}"#], [],
        #"{"content":null,"function_call":{"arguments":"{}","name":"f"}}"#
      ),
      // Fields of a provider.
      (
        [#"{"x":"a","n":1}"#, #"{"x":"b","n":null}"#, #"{"x":"","n":2.50}"#], [], #"{"content":null,"n":2.50,"x":"b"}"#
      ),
      (
        [#"{"x":{"a":1,"b":{"c":"d"}}}"#, #"{"x":{"a":null,"b":{"e":[2]}}}"#], [],
        #"{"content":null,"x":{"a":1,"b":{"c":"d","e":[2]}}}"#
      ),
      ([#"{"x":[1]}"#, #"{"x":[2,3]}"#, #"{"x":[]}"#], [], #"{"content":null,"x":[2,3]}"#),
      ([#"{"x":null}"#], [], #"{"content":null,"x":null}"#),
      ([#"{"x":[]}"#, #"{"x":null}"#], [], #"{"content":null,"x":[]}"#),
      ([#"{"x":1}"#, #"{"x":{"y":2}}"#, #"{"x":"z"}"#], [], #"{"content":null,"x":"z"}"#),
      ([#"{"":1,"\n\"":2}"#], [], #"{"":1,"\n\"":2,"content":null}"#),
      ([#"{"x":1,"x":2}"#], [], #"{"content":null,"x":2}"#),
      ([#"{"n":12345678901234567890123}"#], [], #"{"content":null,"n":12345678901234567890123}"#),
      (
        [#"{"thought_signature":"s1"}"#, #"{"thought_signature":"s2"}"#], [],
        #"{"content":null,"thought_signature":"s2"}"#
      ),
      // Lists of objects.
      (
        [
          #"{"reasoning_details":[{"index":0,"type":"t","text":"a"}]}"#,
          #"{"reasoning_details":[{"index":1,"data":"x"},{"index":0,"text":"b"}]}"#,
          #"{"reasoning_details":[{"index":0,"signature":"s","text":null}]}"#,
        ], [],
        #"{"content":null,"reasoning_details":[{"index":0,"signature":"s","text":"ab","type":"t"},"#
          + #"{"data":"x","index":1}]}"#
      ),
      (
        [#"{"annotations":[{"a":1}]}"#, #"{"annotations":[{"a":2},{"b":3}]}"#], [],
        #"{"annotations":[{"a":1},{"a":2},{"b":3}],"content":null}"#
      ),
      (
        [#"{"x":[{"index":0,"a":"p"}]}"#, #"{"x":[{"b":1}]}"#, #"{"x":[{"index":1}]}"#, #"{"x":[{"b":2}]}"#], [],
        #"{"content":null,"x":[{"a":"p","index":0},{"b":1},{"index":1},{"b":2}]}"#
      ),
      ([#"{"role":"assistant"}"#, #"{"role":"assistant"}"#, #"{"role":""}"#], [], #"{"content":null}"#),
    ] as [([String], [String], String)])
  func merges(deltas: [String], chunks: [String], message: String) throws {
    let stream = BuiltStream()
    var found: [String] = []
    for delta in deltas { found += try stream.add(delta: delta) }
    #expect(found.filter { $0 != "other 0" } == chunks)
    #expect(stream.builder.quirks == [])
    #expect(try stream.message() == sorted(message.dropLast() + #","role":"assistant"}"#))
  }

  @Test func keepsNumbersAsTheyWereWritten() throws {
    let stream = BuiltStream()
    try stream.add(delta: #"{"x":{"n":0.70,"e":1E+2},"l":[{"big":12345678901234567890123}],"z":-0.0}"#)
    let text = Buffer()
    try stream.builder.write(to: text)
    for number in [#""n":0.70"#, #""e":1E+2"#, #""big":12345678901234567890123"#, #""z":-0.0"#] {
      #expect(text.string.contains(number), "\(text.string)")
    }
  }

  @Test(
    arguments: [
      (
        #"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, ["content 0 'a'", "content 0 'b'"],
        #"{"content":"ab"}"#
      ),
      (
        #"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]"#,
        ["reasoning 0 'hm'", "content 0 'a'"],
        #"{"content":"a","thinking":"hm"}"#
      ), (#"[{"type":"thinking","thinking":"hm"}]"#, ["reasoning 0 'hm'"], #"{"content":null,"thinking":"hm"}"#),
      (#"["a",{"text":"b"}]"#, ["content 0 'a'", "content 0 'b'"], #"{"content":"ab"}"#),
      ("[]", [], #"{"content":null}"#),
      (#"[{"type":"text","text":""},{"type":"x"},1,null]"#, [], #"{"content":""}"#),
    ] as [(String, [String], String)])
  func takesTheTextOfContentParts(parts: String, chunks: [String], message: String) throws {
    let stream = BuiltStream()
    #expect(try stream.add(delta: #"{"content":\#(parts)}"#).filter { $0 != "other 0" } == chunks)
    #expect(stream.builder.quirks == .contentParts)
    #expect(try stream.message() == sorted(message.dropLast() + #","role":"assistant"}"#))
    try stream.add(delta: #"{"content":"!"}"#)
    let content = try stream.written { $0.member("choices")?.element(0)?.member("message")?.string("content")?.string }
    #expect(content?.hasSuffix("!") == true)
  }

  /// What stands beside the delta, as `logprobs`, merges in the same way.
  @Test func mergesFieldsOfAChoice() throws {
    let stream = BuiltStream()
    for (text, more) in [
      ("a", #","logprobs":{"content":[{"token":"a","logprob":-0.5}],"refusal":null}"#),
      ("b", #","logprobs":{"content":[{"token":"b"}]}"#), ("", #","logprobs":null,"x":{}"#),
    ] {
      try stream.add(BuiltStream.event(#"{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null\#(more)}"#))
    }
    #expect(stream.builder.quirks == [])
    let choice = try stream.written { try sorted($0.member("choices")?.element(0)?.text.string ?? "") }
    #expect(
      try choice
        == sorted(
          #"{"index":0,"finish_reason":null,"x":{},"message":{"role":"assistant","content":"ab"},"#
            + #""logprobs":{"content":[{"token":"a","logprob":-0.5},{"token":"b"}],"refusal":null}}"#))
  }

  /// Each finds its element, however many there are.
  @Test func mergesManyElements() throws {
    let stream = BuiltStream()
    for name in ["a", "b"] {
      for index in 0..<40 { try stream.add(delta: #"{"x":[{"index":\#(index),"\#(name)":1}]}"#) }
    }
    let list = (0..<40).map { #"{"a":1,"b":1,"index":\#($0)}"# }.joined(separator: ",")
    #expect(try stream.message() == #"{"content":null,"role":"assistant","x":[\#(list)]}"#)
  }

  /// The key is the server's, deeper than anyone merges: the last counts, and it is whole.
  @Test func keepsWhatIsDeepWhole() throws {
    let stream = BuiltStream()
    func nested(_ inner: String) -> String {
      String(repeating: #"{"x":"#, count: 20) + inner + String(repeating: "}", count: 20)
    }
    try stream.add(delta: nested(#"{"a":1}"#))
    try stream.add(delta: nested(#"{"b":2}"#))
    let message = try stream.message()
    #expect(message.contains(#"{"b":2}"#) && !message.contains(#"{"a":1}"#))
  }

  /// Objects add up eight levels deep; what is deeper is taken as it came last.
  @Test(arguments: [(7, #"{"n1":1,"n2":1}"#), (8, #"{"n2":1}"#)])
  func mergesEightLevelsDeep(depth: Int, inner: String) throws {
    func nested(_ inner: String) -> String {
      #"{"x":"# + String(repeating: #"{"a":"#, count: depth) + inner + String(repeating: "}", count: depth + 1)
    }
    let stream = BuiltStream()
    for number in 1...2 { try stream.add(delta: nested(#"{"n\#(number)":1}"#)) }
    let message = try stream.message()
    #expect(message.contains(nested(inner).dropFirst().dropLast()), "\(message)")
  }
}
