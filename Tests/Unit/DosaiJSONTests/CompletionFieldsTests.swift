import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// What a stream adds up to is the same taken from the builder as read from the text that it writes.
struct CompletionFieldsTests {
  private static let streams: [[String]] = [
    [],
    [#"{}"#],
    [#"{"id":"c-1","object":"chat.completion.chunk","created":1711000000,"model":"m","choices":[]}"#],
    [#"{"id":"a\"\u00e9\ud83d\ude00\\b","object":"other","model":"","created":-5,"choices":[{"delta":{}}]}"#],
    [#"{"id":7,"object":null,"model":["m"],"created":1711000000.5,"choices":[{"index":0}]}"#],
    [#"{"created":"soon","choices":[{"index":0,"delta":{"role":null,"content":null}}]}"#],
    [#"{"created":123456789012345678901,"choices":[{"index":0,"delta":{"role":"tool","content":""}}]}"#],
    [
      #"{"choices":[{"index":2,"delta":{"content":"two"},"finish_reason":"length"}]}"#,
      #"{"choices":[{"index":0,"delta":{"content":"a\u0000b\n","refusal":"no"},"finish_reason":"odd"}]}"#,
      #"{"choices":[{"index":1,"delta":{"content":[{"type":"text","text":"part"}]}}],"usage":{"total_tokens":3}}"#,
    ],
    [#"{"choices":[{"index":0,"delta":{"reasoning":"r","thinking":"t"}}],"x_groq":{"usage":{"total_tokens":4}}}"#],
    [#"{"choices":[{"index":0,"delta":{"thinking":"t","reasoning_content":{"a":1},"refusal":5}}],"usage":{}}"#],
    [
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":3,"id":"i\u002f","function":{"name":"n\t"}}]}}]}"#,
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"a\":"}}]}}]}"#,
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"1}"}},{"index":2}]}}]}"#,
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":4,"id":6,"function":"f"}]},"finish_reason":"stop"}]}"#,
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":5,"function":{"arguments":{"b":2}}}]}}]}"#,
    ],
  ]

  @Test(arguments: streams)
  func isTheSameEitherWay(events: [String]) throws {
    let stream = BuiltStream()
    for event in events { try stream.add(event) }
    let text = Buffer()
    try stream.builder.write(to: text)
    let document = try Document.read(text.string)
    var read = CompletionFields()
    try read.read(document.root, limits: Limits())
    let taken = try CompletionFields(stream.builder, in: text.bytes)
    try withExtendedLifetime(document) {
      let list = document.root.member("choices")
      for i in read.choices.indices { read.choices[i].message = list?.element(i)?.nonNullMember("message")?.text }
      #expect(lines(taken) == lines(read))
      #expect(taken.choices.count == read.choices.count)
      try expectTerminated(taken)
    }
    // Taking the values has changed nothing.
    let again = Buffer()
    try stream.builder.write(to: again)
    #expect(try sorted(again.string) == sorted(text.string))
  }

  @Test(
    arguments: [
      ("1711000000", 1_711_000_000), ("1711000000.75", 1_711_000_000), ("1.7e9", 1_700_000_000),
      ("17E+8", 1_700_000_000), ("5e-1", 0), ("1e300", -1), ("123456789012345678901", -1), ("-1.5", -1),
      ("\"1711000000\"", -1), ("1711000000123456789", 1_711_000_000_123_456_789), ("true", -1), ("null", -1),
    ] as [(String, Int64)])
  func readsATimeOfAnyForm(created: String, expected: Int64) throws {
    let document = try Document.read("{\"created\":\(created)}")
    var fields = CompletionFields()
    try fields.read(document.root, limits: Limits())
    #expect(fields.created == expected)
    let stream = BuiltStream()
    try stream.add("{\"created\":\(created),\"choices\":[]}")
    let text = Buffer()
    try stream.builder.write(to: text)
    #expect(try CompletionFields(stream.builder, in: text.bytes).created == expected)
  }

  /// Choices are in the order of their index, in whichever they were sent.
  @Test func areInOrder() throws {
    let document = try Document.read(
      #"{"choices":[{"index":2,"message":{"role":"c"}},{"index":0,"message":{"role":"a"}},{"index":1}]}"#)
    var fields = CompletionFields()
    try fields.read(document.root, limits: Limits())
    #expect(fields.choices.map(\.index) == [0, 1, 2])
  }

  /// What is never read makes no difference, wherever it is.
  @Test(arguments: [
    #"{"id":"c-1","service_tier":"default","object":"chat.completion","x":{"choices":[{}],"id":"not"},"created":7,"#
      + #""choices":[{"logprobs":{"content":[{"token":"a long token","index":3}]},"index":1,"seed":[1,"usage"],"message":"#
      + #"{"annotations":[{"type":"url_citation","text":"not the text"}],"role":"assistant","content":"Some long text."},"#
      + #""finish_reason":"stop"}],"usage":{"audio_tokens":1,"prompt_tokens":2,"prompt_tokens_details":{"x":0,"cached_tokens":1},"#
      + #""completion_tokens_details":{"accepted_prediction_tokens":0,"reasoning_tokens":4}} , "timings" : {"a":1} }"#,
    #"{"id":"a long string","seed":18446744073709551616}"#, #"{"id":"a long string","x":1e999}"#,
    #"{"only":"what is not read"}"#,
    #"{"usage":{"other":1},"x_groq":{"usage":{"total_tokens":3}},"a":"a long string"}"#,
    #"{"a":1,"\u0069d":"escaped, and long","id\u0000":2,"choices":[{"message":{"tool_calls":[{"x":{},"id":"call","function":"#
      + #"{"y":[],"name":"f","arguments":{"z":"an argument that is long","a":1}}}]}}]}"#,
    #"{"error":{"status":500,"message":"It is overloaded.","code":"x","type":"y","param":"z"},"more":[{"error":1}]}"#,
  ])
  func needsNoOtherMembers(text: String) throws {
    func read(_ isAnswer: Bool) throws -> [String] {
      guard let document = try? Document.read(taking: Buffer(text.utf8), limits: Limits(), isAnswer: isAnswer) else {
        return ["it is malformed"]
      }
      var fields = CompletionFields()
      try fields.read(document.root, limits: Limits())
      let error = try ServerError(document.root)
      return try withExtendedLifetime(document) {
        lines(fields) + [
          "\(ServerError.isError(document.root, isChat: true)) \(fields.quirks.rawValue) \(document.hasBigNumbers) \(document.source.string)"
        ]
          + [error.message, error.code, error.type, error.param].map { $0?.string ?? "none" }
      }
    }
    #expect(try read(true) == read(false))
  }

  private func lines(_ fields: CompletionFields) -> [String] {
    func text(_ bytes: Bytes?) -> String { bytes.map { "'\($0.string)'" } ?? "none" }
    var lines = ["\(text(fields.id)) \(text(fields.object)) \(text(fields.model)) \(fields.created) \(fields.usage)"]
    for choice in fields.choices {
      lines.append("\(choice.index) \(choice.position) \(text(choice.role)) \(text(choice.message))")
      lines.append(
        "\(text(choice.content)) \(text(choice.refusal)) \(text(choice.reasoning)) \(text(choice.finishWord))")
      for call in choice.toolCalls { lines.append("\(text(call.id)) \(text(call.name)) \(text(call.arguments))") }
    }
    return lines
  }

  private func expectTerminated(_ fields: CompletionFields) throws {
    var texts = [fields.id, fields.object, fields.model]
    for choice in fields.choices {
      texts += [choice.role, choice.content, choice.refusal, choice.reasoning, choice.finishWord]
      for call in choice.toolCalls { texts += [call.id, call.name, call.arguments] }
    }
    for text in texts { if let text { #expect(try #require(text.baseAddress)[text.count] == 0) } }
  }
}
