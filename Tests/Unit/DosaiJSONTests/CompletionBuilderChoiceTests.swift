import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// Choices: their index, their order, their end, and usage.
struct CompletionBuilderChoiceTests {
  @Test func takesChoicesInAnyOrder() throws {
    let stream = BuiltStream()
    func choice(_ index: Int, _ text: String, _ finish: String = "null") -> String {
      #"{"index":\#(index),"delta":{"content":"\#(text)"},"finish_reason":\#(finish)}"#
    }
    #expect(
      try stream.add(BuiltStream.event([choice(2, "c"), choice(0, "a")].joined(separator: ",")))
        == ["content 2 'c'", "content 0 'a'"])
    try stream.add(BuiltStream.event(choice(1, "b", "\"stop\"")))
    try stream.add(BuiltStream.event([choice(0, "A", "\"length\""), choice(2, "C")].joined(separator: ",")))
    #expect(!stream.builder.isFinished)
    try stream.add(BuiltStream.event(choice(2, "!", "\"stop\"")))
    #expect(stream.builder.isFinished)
    #expect(stream.builder.quirks == [])
    let expected = [(0, "aA", "length"), (1, "b", "stop"), (2, "cC!", "stop")].map {
      #"{"index":\#($0),"message":{"role":"assistant","content":"\#($1)"},"finish_reason":"\#($2)"}"#
    }
    #expect(try stream.completion() == BuiltStream.whole(expected.joined(separator: ",")))
  }

  @Test(
    arguments: [
      (#"{"index":0,"delta":{}}"#, []), (#"{"delta":{}}"#, .choiceIndex), (#"{"index":null,"delta":{}}"#, .choiceIndex),
      (#"{"index":-1,"delta":{}}"#, .choiceIndex), (#"{"index":0}"#, .deltaMissing),
      (#"{"index":0,"delta":null}"#, .deltaMissing),
      (#"{"index":0,"finish_reason":null}"#, .deltaMissing),
    ] as [(String, Quirks)])
  func takesAChoiceWithoutItsParts(choice: String, expected: Quirks) throws {
    let stream = BuiltStream()
    #expect(try stream.add(BuiltStream.event(choice)) == ["other 0"])
    #expect(stream.builder.quirks == expected)
    try stream.add(delta: #"{"content":"x"}"#)
    #expect(try stream.message() == #"{"content":"x","role":"assistant"}"#)
  }

  /// Where choices have no index it is their place in the event.
  @Test(arguments: ["", "\"index\":null,", "\"index\":-1,"])
  func takesThePlaceForAnIndex(index: String) throws {
    let stream = BuiltStream()
    let choices = ["a", "b"].map { #"{\#(index)"delta":{"content":"\#($0)"}}"# }
    for _ in 0..<2 {
      #expect(
        try stream.add(BuiltStream.event(choices.joined(separator: ","))) == ["content 0 'a'", "content 1 'b'"])
    }
    #expect(stream.builder.quirks == .choiceIndex)
    #expect(try stream.message() == #"{"content":"aa","role":"assistant"}"#)
  }

  /// What cannot be added is refused before any of its event is.
  @Test(arguments: [
    (#"{"index":1,"delta":[]}"#, Status.malformed), ("1", .malformed), (#"{"index":128,"delta":{}}"#, .malformed),
    (#"{"index":2,"delta":{}}"#, .tooLarge), (#"{"index":1,"delta":{"tool_calls":[1]}}"#, .malformed),
    (#"{"index":1,"delta":{"tool_calls":[{"index":0},{"index":"x"}]}}"#, .malformed),
  ])
  func addsAnEventWholeOrNot(choice: String, expected: Status) throws {
    var limits = Limits()
    limits.choices = 2
    let stream = BuiltStream(limits: limits)
    try stream.add(delta: #"{"content":"a"}"#)
    let before = try stream.completion()
    let event = BuiltStream.event(#"{"index":0,"delta":{"content":"b"}},\#(choice)"#)
    #expect(status { try stream.add(event) } == expected)
    #expect(try stream.completion() == before)
  }

  @Test(arguments: [
    "\"0\"", "\"__proto__\"", "0.5", "1e2", "-2", "true", "[]", "{}", "128", "4294967296", "9007199254740992",
    "9223372036854775807",
  ])
  func refusesAnIndexThatIsNone(index: String) {
    #expect(
      status { try BuiltStream().add(BuiltStream.event(#"{"index":\#(index),"delta":{}}"#)) } == .malformed)
    let call = #"{"index":0,"delta":{"tool_calls":[{"index":\#(index),"id":"a"}]}}"#
    #expect(status { try BuiltStream().add(BuiltStream.event(call)) } == .malformed)
  }

  @Test func boundsTheChoices() throws {
    let all = (0..<128).map { #"{"index":\#($0),"delta":{"content":"x"}}"# }
    #expect(status { try BuiltStream().add(BuiltStream.event(all.joined(separator: ","))) } == .ok)
    #expect(try BuiltStream().add(BuiltStream.event(#"{"index":127,"delta":{}}"#)) == ["other 127"])
    var limits = Limits()
    limits.choices = 2
    let stream = BuiltStream(limits: limits)
    try stream.add(BuiltStream.event(all[0] + "," + all[1]))
    #expect(status { try stream.add(BuiltStream.event(all[2])) } == .tooLarge)
    #expect(try stream.written { $0.member("choices")?.element(1)?.integer("index") } == 1)
    limits.choices = 200
    #expect(
      status { try BuiltStream(limits: limits).add(BuiltStream.event(#"{"index":199,"delta":{}}"#)) } == .ok)
    #expect(
      status { try BuiltStream(limits: limits).add(BuiltStream.event(#"{"index":200,"delta":{}}"#)) }
        == .malformed)
  }

  /// What each finish reason in turn gives, the word that stays, and what is noted.
  @Test(
    arguments: [
      (["null", "\"stop\""], ["finish 0 stop 'stop'"], "\"stop\"", []),
      (["\"length\""], ["finish 0 length 'length'"], "\"length\"", []),
      (["\"tool_calls\""], ["finish 0 toolCalls 'tool_calls'"], "\"tool_calls\"", []),
      (["\"content_filter\""], ["finish 0 contentFilter 'content_filter'"], "\"content_filter\"", []),
      (["\"function_call\""], ["finish 0 toolCalls 'function_call'"], "\"function_call\"", []),
      (["null"], [], "null", []),
      (["\"\""], [], "null", .finishReason),
      (["\"\"", "\"stop\""], ["finish 0 stop 'stop'"], "\"stop\"", .finishReason),
      (["\"eos\\n\""], ["finish 0 other 'eos\n'"], "\"eos\\n\"", .finishReason),
      (["\"stop\"", "\"stop\""], ["finish 0 stop 'stop'"], "\"stop\"", .finishReason),
      (["\"stop\"", "\"length\""], ["finish 0 stop 'stop'", "finish 0 length 'length'"], "\"length\"", .finishReason),
      (["\"stop\"", "null", "\"\""], ["finish 0 stop 'stop'"], "\"stop\"", .finishReason),
      (["\"stop\"", "null"], ["finish 0 stop 'stop'"], "\"stop\"", []),
      (["7", "true"], [], "null", []),
    ] as [([String], [String], String, Quirks)])
  func takesFinishReasons(words: [String], chunks: [String], last: String, quirks: Quirks) throws {
    let stream = BuiltStream()
    var found: [String] = []
    for word in words { found += try stream.add(delta: "{}", finish: word) }
    #expect(found.filter { $0.hasPrefix("finish") } == chunks)
    #expect(stream.builder.quirks == quirks)
    #expect(stream.builder.isFinished == (last != "null"))
    let written = try stream.written { $0.member("choices")?.element(0)?.member("finish_reason")?.text.string }
    #expect(written == last)
  }

  @Test func takesAFinishReasonWithContent() throws {
    let stream = BuiltStream()
    #expect(
      try stream.add(delta: #"{"content":"x"}"#, finish: "\"stop\"") == ["content 0 'x'", "finish 0 stop 'stop'"])
    #expect(stream.builder.quirks == [])
  }

  @Test(
    arguments: [
      ([#""usage":{"total_tokens":1}"#], 1, 1, []), ([#""usage":null"#, #""usage":{"total_tokens":2}"#], 1, 2, []),
      (
        [#""usage":{"total_tokens":1}"#, #""usage":{"total_tokens":5}"#, #""usage":{"total_tokens":3}"#], 3, 3,
        .usageRepeated
      ),
      ([#""usage":{"total_tokens":4}"#, #""usage":{}"#, #""usage":null"#], 1, 4, []), ([#""usage":{ }"#], 0, nil, []),
      ([#""x_groq":{"usage":{"total_tokens":6}}"#], 1, 6, .usageElsewhere), ([#""x_groq":{"id":"r"}"#], 0, nil, []),
      ([#""usage":null,"x_groq":{"usage":{"total_tokens":6}}"#], 1, 6, .usageElsewhere),
      ([#""usage":{"total_tokens":7},"x_groq":{"usage":{"total_tokens":6}}"#], 1, 7, []),
      ([#""usage":{},"x_groq":{"usage":{"total_tokens":6}}"#], 1, 6, .usageElsewhere),
      ([#""x_groq":{"usage":null}"#], 0, nil, []), ([#""x_groq":{"usage":5}"#], 0, nil, []),
      ([#""x_groq":{"usage":{}}"#], 0, nil, []), ([#""usage":[1]"#, #""usage":"many""#], 0, nil, []),
    ] as [([String], Int, Int64?, Quirks)])
  func takesTheLastUsage(members: [String], chunks: Int, total: Int64?, quirks: Quirks) throws {
    let stream = BuiltStream()
    var found: [String] = []
    for member in members { found += try stream.add(BuiltStream.event("", "," + member)) }
    #expect(found.filter { $0 == "usage" }.count == chunks)
    #expect(stream.builder.usage?.totalTokens == total)
    #expect(stream.builder.quirks == quirks)
    let written = try stream.written { $0.member("usage")?.text.string }
    #expect(written == total.map { "{\"total_tokens\":\($0)}" })
  }

  /// In whatever order they came, also many.
  @Test(arguments: [1, 2, 3, 17, 100, 1000])
  func putsThemInOrder(count: Int) throws {
    var limits = Limits()
    limits.choices = .max
    let stream = BuiltStream(limits: limits)
    var indexes = Array(0..<count)
    var random: UInt64 = 1
    for i in indexes.indices.reversed() {
      random = random &* 6_364_136_223_846_793_005 &+ 1
      indexes.swapAt(i, Int(random >> 33) % (i + 1))
    }
    for index in indexes {
      try stream.add(BuiltStream.event(#"{"index":\#(index),"delta":{"content":"\#(index)"}}"#))
    }
    let found = try stream.written { completion in
      var found: [Int64] = []
      try completion.member("choices")?.forEachElement { found.append($0.integer("index") ?? -1) }
      return found
    }
    #expect(found == (0..<Int64(count)).map { $0 })
  }

  @Test(arguments: ["2147483648", "9007199254740993"])
  func refusesAnIndexBeyondAnInteger(index: String) {
    var limits = Limits()
    limits.choices = .max
    let event = BuiltStream.event(#"{"index":\#(index),"delta":{}}"#)
    #expect(status { try BuiltStream(limits: limits).add(event) } == .malformed)
  }
}
