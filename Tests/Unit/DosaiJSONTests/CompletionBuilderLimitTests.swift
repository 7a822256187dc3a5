import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// What a stream's completion may add up to.
struct CompletionBuilderLimitTests {
  @Test func boundsTheCalls() throws {
    func events(_ range: Range<Int>) -> [String] {
      range.map { #"{"tool_calls":[{"index":\#($0),"id":"c\#($0)","function":{"name":"f","arguments":""}}]}"# }
    }
    let dense = BuiltStream()
    for event in events(0..<1024) { try dense.add(delta: event) }
    #expect(status { try dense.add(delta: events(1024..<1025)[0]) } == .tooLarge)
    #expect(
      try dense.written {
        $0.member("choices")?.element(0)?.member("message")?.member("tool_calls")?.element(1023) != nil
      })
    #expect(status { try BuiltStream().add(delta: events(127..<128)[0]) } == .ok)
    #expect(status { try BuiltStream().add(delta: events(128..<129)[0]) } == .malformed)
    var limits = Limits()
    limits.toolCalls = 1
    let one = BuiltStream(limits: limits)
    #expect(status { for event in events(0..<1) { try one.add(delta: event) } } == .ok)
    #expect(status { for event in events(1..<2) { try one.add(delta: event) } } == .tooLarge)
  }

  /// Long work asks now and then whether it may go on: as often as it has so many steps in one event.
  @Test func asksWithinAnEvent() throws {
    var asked = 0
    var limits = Limits()
    limits.choices = .max
    limits.check = { () throws(Failure) in
      asked += 1
      if asked > 10 { throw Failure(.timeout, "late") }
    }
    let choices = (0..<2000).map { #"{"index":\#($0),"delta":{"content":"x"}}"# }.joined(separator: ",")
    #expect(status { try BuiltStream(limits: limits).add(BuiltStream.event(choices)) } == .ok)
    #expect(asked > 2)
    asked = 0
    let list = (0..<10000).map { #"{"index":\#($0)}"# }.joined(separator: ",")
    let stream = BuiltStream(limits: limits)
    #expect(status { try stream.add(delta: #"{"content":"Hi","x":[\#(list)]}"#) } == .timeout)
    #expect(try stream.message().contains("Hi"))
    asked = 10
    #expect(status { _ = try Document.read("{}", limits: limits) } == .ok)
    let long = "[\(String(repeating: "1,", count: 1 << 19))1]"
    #expect(status { _ = try Document.read(long, limits: limits) } == .timeout)
  }

  /// The limit may fall between a key and its value: what came before is kept, as JSON.
  @Test func keepsWhatCameBeforeTheLimit() throws {
    for most in 0..<400 {
      var limits = Limits()
      limits.textBytes = most
      let stream = BuiltStream(limits: limits)
      _ = status { try stream.add(#"{"x":"It broke.","y":{"z":1},"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#) }
      #expect(try stream.written { $0.kind == .object }, "max_text_bytes \(most)")
    }
  }

  /// A value that replaces another takes only what it is longer; one as long takes nothing.
  @Test(arguments: ["id", "x"]) func countsWhatIsReplacedOnce(key: String) throws {
    var limits = Limits()
    limits.textBytes = 2000
    let stream = BuiltStream(limits: limits)
    for i in 0..<3000 {
      let value = String(repeating: i % 2 == 0 ? "a" : "b", count: 1 + min(i, 500))
      try stream.add(#"{"\#(key)":"\#(value)","choices":[]}"#)
    }
  }

  @Test func boundsTheText() throws {
    var limits = Limits()
    limits.textBytes = 2000
    let stream = BuiltStream(limits: limits)
    var added = 0
    let end = status {
      while added < 100 {
        try stream.add(delta: #"{"content":"\#(String(repeating: "x", count: 100))"}"#)
        added += 1
      }
    }
    #expect(end == .tooLarge)
    #expect((15...19).contains(added))
    #expect(try stream.message().count > added * 100)
    for delta in [#"{"x":"#, #"{"l":[{"t":"#, #"{"tool_calls":[{"function":{"arguments":"#] {
      let close = String(delta.reversed().compactMap { ["{": "}", "[": "]"][$0] })
      let long = delta + "\"" + String(repeating: "y", count: 2000) + "\"" + close
      #expect(status { try BuiltStream(limits: limits).add(delta: long) } == .tooLarge, "\(delta)")
    }
  }

  /// What has no text takes memory, too.
  @Test func boundsKeysAndCalls() throws {
    var limits = Limits()
    limits.textBytes = 2000
    let key = String(repeating: "k", count: 100)
    for event in [{ #"{"\#(key)\#($0)":{}}"# }, { #"{"tool_calls":[{"index":\#($0)}]}"# }] as [(Int) -> String] {
      let stream = BuiltStream(limits: limits)
      var added = 0
      let end = status {
        while added < 100 {
          try stream.add(delta: event(added))
          added += 1
        }
      }
      #expect(end == .tooLarge)
      #expect((5...19).contains(added))
    }
  }

  /// Of a list that grows, the commas count too.
  @Test func boundsElements() throws {
    var limits = Limits()
    limits.textBytes = 1000
    let stream = BuiltStream(limits: limits)
    let event = BuiltStream.event(#"{"index":0,"delta":{},"logprobs":{"content":[{}]}}"#)
    var added = 0
    #expect(
      status {
        while added < 500 {
          try stream.add(event)
          added += 1
        }
      } == .tooLarge)
    #expect((100...200).contains(added))
  }

  @Test func boundsTheFieldsOfAnObject() throws {
    let stream = BuiltStream()
    func delta(_ range: Range<Int>) -> String { "{" + range.map { "\"k\($0)\":1" }.joined(separator: ",") + "}" }
    try stream.add(delta: delta(0..<1000))
    #expect(status { try stream.add(delta: delta(1000..<1024)) } == .ok)
    #expect(status { try stream.add(delta: delta(1024..<1025)) } == .tooLarge)
  }
}
