import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// Tool calls: the documented form, and each tolerated deviation of docs/design.md, 7 with its quirk.
struct CompletionBuilderToolCallTests {
  @Test(arguments: ToolCallStream.documented + ToolCallStream.deviating)
  func assembles(_ given: ToolCallStream) throws {
    let stream = BuiltStream()
    var chunks: [String] = []
    for event in given.events { chunks += try stream.add(delta: #"{"tool_calls":[\#(event)]}"#) }
    #expect(chunks == given.chunks)
    #expect(stream.builder.quirks == given.quirks)
    #expect(try stream.message() == sorted(#"{"role":"assistant","content":null,"tool_calls":\#(given.calls)}"#))
  }

  @Test(arguments: ["null", "[]"])
  func takesNoToolCalls(list: String) throws {
    let stream = BuiltStream()
    #expect(try stream.add(delta: #"{"tool_calls":\#(list)}"#) == ["other 0"])
    #expect(stream.builder.quirks == [])
    #expect(try stream.message() == #"{"content":null,"role":"assistant"}"#)
  }

  @Test func keepsUnknownFieldsOfACall() throws {
    let stream = BuiltStream()
    let signed = #""extra_content":{"google":{"thought_signature":"s"}},"function":{"name":"f","arguments":"","x":1}"#
    let numbered = #""extra_content":{"google":{"n":2}},"function":{"arguments":"{}","x":null,"y":0.70}"#
    try stream.add(delta: #"{"tool_calls":[{"index":0,"id":"a","type":"function",\#(signed)}]}"#)
    try stream.add(delta: #"{"tool_calls":[{"index":0,\#(numbered)}]}"#)
    #expect(stream.builder.quirks == [])
    let function = #""function":{"name":"f","arguments":"{}","x":1,"y":0.70}"#
    let content = #""extra_content":{"google":{"thought_signature":"s","n":2}}"#
    let call = #"{"id":"a","type":"function",\#(content),\#(function)}"#
    #expect(try stream.message() == sorted(#"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#))
  }

  /// Arguments that are an object have a text of their own, which lives until the next event.
  @Test func keepsTheTextsOfOneEvent() throws {
    let stream = BuiltStream()
    for _ in 0..<3 {
      try stream.add(delta: #"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"a":1}}}]}"#)
      #expect(stream.builder.scratch.count == 1)
    }
  }

  @Test func keepsTheCallsOfEachChoiceApart() throws {
    let stream = BuiltStream()
    for index in [1, 0] {
      let call = #"{"index":0,"id":"call-\#(index)","function":{"name":"f","arguments":"{}"}}"#
      let chunks = try stream.add(BuiltStream.event(#"{"index":\#(index),"delta":{"tool_calls":[\#(call)]}}"#))
      #expect(chunks == ["toolCall \(index) #0 id=call-\(index) name=f '{}'"])
    }
    let ids = try stream.written { completion in
      [0, 1].map {
        completion.member("choices")?.element($0)?.member("message")?.member("tool_calls")?.element(0)?.string("id")?
          .string
      }
    }
    #expect(ids == ["call-0", "call-1"])
  }
}
