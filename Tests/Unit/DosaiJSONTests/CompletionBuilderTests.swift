import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// The documented form, and the fields around the choices.
struct CompletionBuilderTests {
  @Test func assemblesTheDocumentedStream() throws {
    let stream = BuiltStream()
    #expect(!stream.builder.hasStarted && !stream.builder.isFinished)
    #expect(try stream.add(delta: #"{"role":"assistant","content":""}"#) == ["other 0"])
    #expect(try stream.add(delta: #"{"content":"Hello"}"#) == ["content 0 'Hello'"])
    #expect(stream.builder.hasStarted && !stream.builder.isFinished)
    #expect(try stream.add(delta: #"{"content":", \"you\"\n"}"#) == ["content 0 ', \"you\"\n'"])
    #expect(try stream.add(delta: "{}", finish: "\"stop\"") == ["finish 0 stop 'stop'"])
    #expect(stream.builder.isFinished)
    let usage = #"{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}"#
    #expect(try stream.add(BuiltStream.event("", ",\"usage\":\(usage)")) == ["usage"])
    #expect(stream.builder.quirks == [])
    #expect(stream.builder.usage?.totalTokens == 21)
    let message = #"{"role":"assistant","content":"Hello, \"you\"\n"}"#
    let choice = #"{"index":0,"finish_reason":"stop","message":\#(message)}"#
    #expect(try stream.completion() == BuiltStream.whole(choice, ",\"usage\":\(usage)"))
  }

  /// As the API page prints it: without `created`, usage beside the last choice.
  @Test func takesTheStreamOfTheAPIPage() throws {
    let stream = BuiltStream()
    for (choice, more) in [
      (#"{"index":0,"delta":{"content":"Hello"},"finish_reason":null}"#, ""),
      (#"{"index":0,"delta":{"content":"!"},"finish_reason":null}"#, ""),
      (
        #"{"index":0,"delta":{},"finish_reason":"stop"}"#,
        #","usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}"#
      ),
    ] {
      try stream.add(#"{"id":"chatcmpl-abc123","object":"chat.completion.chunk","choices":[\#(choice)]\#(more)}"#)
    }
    #expect(stream.builder.chunks.map(BuiltStream.line) == ["finish 0 stop 'stop'", "usage"])
    #expect(stream.builder.quirks == [])
    #expect(stream.builder.isFinished)
    #expect(try stream.message() == #"{"content":"Hello!","role":"assistant"}"#)
  }

  @Test func keepsUnknownFieldsAround() throws {
    let stream = BuiltStream()
    try stream.add(
      BuiltStream.event(
        "", #","system_fingerprint":null,"service_tier":"a","x":{"y":[1]},"n":0.70,"obfuscation":"zz""#))
    try stream.add(
      BuiltStream.event(
        "", #","system_fingerprint":"fp","service_tier":"b","x":{"z":2},"n":12345678901234567890123"#))
    try stream.add(BuiltStream.event("", #","system_fingerprint":null,"service_tier":null,"x":null"#))
    let text = Buffer()
    try stream.builder.write(to: text)
    #expect(
      text.string
        == #"{"id":"c-1","object":"chat.completion","created":1711000000,"model":"m","service_tier":"b","x":{"z":2},"#
        + #""n":12345678901234567890123,"system_fingerprint":"fp","choices":[]}"#)
  }

  @Test(arguments: [("\"chat.completion.chunk\"", "\"chat.completion\""), ("\"other\"", "\"other\""), ("7", "7")])
  func namesTheObjectAsAWhole(object: String, expected: String) throws {
    let stream = BuiltStream()
    try stream.add("{\"object\":\(object),\"choices\":[]}")
    #expect(try stream.completion() == "{\"choices\":[],\"object\":\(expected)}")
  }

  @Test(
    arguments: [
      (#""created":1711000000"#, []), (#""created":1711000000.25"#, .created), (#""created":"1711000000""#, .created),
      (#""created":null"#, []), (#""created":1e9"#, .created), (#""created":99999999999999999999"#, .created),
      (#""x":1"#, []),
    ] as [(String, Quirks)])
  func seesACreatedThatIsNoInteger(member: String, expected: Quirks) throws {
    let stream = BuiltStream()
    #expect(try stream.add("{\(member),\"choices\":[]}") == ["other"])
    #expect(stream.builder.quirks == expected)
  }

  @Test(
    arguments: [
      (["a", "a"], []), (["a", "b"], .idChanged), (["", "a", "", "a"], []), (["a", "", "b"], .idChanged),
      ([String(repeating: "x", count: 300), String(repeating: "x", count: 256) + "y"], []),
    ] as [([String], Quirks)])
  func seesAnIDThatChanges(ids: [String], expected: Quirks) throws {
    let stream = BuiltStream()
    for id in ids { try stream.add("{\"id\":\"\(id)\",\"created\":1,\"choices\":[]}") }
    #expect(stream.builder.quirks == expected)
  }

  @Test(
    arguments: [
      (#"{"created":1}"#, .choicesMissing), (#"{"created":1,"choices":null}"#, .choicesMissing),
      (#"{"created":1,"choices":[]}"#, []),
      (#"{"choices":[],"created":1,"error":null}"#, []),
    ] as [(String, Quirks)])
  func takesAnEventWithoutChoices(event: String, expected: Quirks) throws {
    let stream = BuiltStream()
    #expect(try stream.add(event) == ["other"])
    #expect(stream.builder.quirks == expected)
    #expect(!stream.builder.isFinished)
  }

  /// Members in any order: choices first too.
  @Test func takesChoicesFirst() throws {
    let stream = BuiltStream()
    let event = #"{"choices":[{"finish_reason":"stop","delta":{"content":"a"},"index":0}],"created":1,"id":"x"}"#
    #expect(try stream.add(event) == ["content 0 'a'", "finish 0 stop 'stop'"])
    #expect(stream.builder.quirks == [])
  }

  @Test(arguments: [
    "null", "[]", "1", "\"text\"", #"{"choices":{}}"#, #"{"choices":"x"}"#, #"{"choices":[1]}"#, #"{"choices":[null]}"#,
    #"{"choices":[{"index":0,"delta":[]}]}"#, #"{"choices":[{"index":0,"delta":"x"}]}"#,
    #"{"choices":[{"index":0,"delta":{"tool_calls":[1]}}]}"#,
    #"{"choices":[{"index":0,"delta":{"tool_calls":["x"]}}]}"#,
  ])
  func refusesWhatIsNoChunk(event: String) {
    #expect(status { try BuiltStream().add(event) } == .malformed)
  }

  /// A whole answer on a stream call is one event: its list of calls has no index, and its choices are complete.
  @Test func takesAWholeAnswer() throws {
    let stream = BuiltStream()
    let message = #"{"role":"assistant","content":"Hi","refusal":null}"#
    let answer = try BuiltStream.whole(
      #"{"index":0,"message":\#(message),"finish_reason":"stop"}"#, #","usage":{"total_tokens":3}"#)
    #expect(try stream.add(answer, isAnswer: true) == ["content 0 'Hi'", "finish 0 stop 'stop'", "usage"])
    #expect(stream.builder.quirks == [])
    #expect(try stream.completion() == answer)
  }

  @Test func takesTheToolCallsOfAWholeAnswer() throws {
    let stream = BuiltStream()
    let message =
      #"{"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"type":"function"},"#
      + #"{"function":{"arguments":"{}","name":"f"},"type":"function"}]}"#
    let choice = #"{"index":0,"message":\#(message),"finish_reason":"tool_calls"}"#
    let chunks = try stream.add(BuiltStream.event(choice), isAnswer: true)
    #expect(chunks == ["toolCall 0 #0 name=f '{}'", "toolCall 0 #1 name=f '{}'", "finish 0 toolCalls 'tool_calls'"])
    #expect(stream.builder.quirks == [])
    #expect(try stream.message() == sorted(message))
  }

  /// A message in the place of a delta, in an event among others.
  @Test func takesAMessageForADelta() throws {
    let stream = BuiltStream()
    try stream.add(delta: #"{"content":"a"}"#)
    let choice = #"{"index":0,"message":{"content":"b"},"finish_reason":"stop"}"#
    #expect(try stream.add(BuiltStream.event(choice)) == ["content 0 'b'", "finish 0 stop 'stop'"])
    #expect(stream.builder.quirks == .deltaMissing)
    #expect(try stream.message() == #"{"content":"ab","role":"assistant"}"#)
  }

  /// Azure's last events have an empty id, object and model, and created 0.
  @Test func keepsWhatABlankWouldOverwrite() throws {
    let stream = BuiltStream()
    let blank = #"{"id":"","object":"","created":0,"model":"","x":"","choices":[]}"#
    try stream.add(blank)
    try stream.add(BuiltStream.event("", #","x":"y""#))
    try stream.add(blank)
    #expect(stream.builder.quirks == [])
    #expect(try stream.completion() == BuiltStream.whole("", #","x":"y""#))
  }
}
