import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// What is read by a template is what parsing gives: the same chunks, the same completion, the same quirks.
struct EventTemplateTests {
  /// One stream given to two builders: one reads by template where it can, the other always parses.
  private final class Pair {
    let matching = CompletionBuilder(limits: Limits())
    let parsed = CompletionBuilder(limits: Limits())
    private var documents: [Document] = []
    private(set) var matchedCount = 0
    private var chunk = Chunk(.finish)  // what is left of the chunk before must not show

    /// False: the event is refused, by both.
    func add(_ event: [UInt8]) throws -> Bool {
      let text = Buffer()
      try event.withUnsafeBufferPointer { bytes throws in
        try text.append("data: ")
        try text.append(bytes)
        try text.append("\n\n")
      }
      let slow = try? Self.document(event)
      let end = try matching.add(matching: text.bytes, &chunk)
      if let end {
        matchedCount += 1
        let document = try #require(slow, "a template took what is not JSON: \(String(decoding: event, as: UTF8.self))")
        documents = [document]
        #expect(!document.isRepaired && !document.hasBigNumbers, "the reader would say so")
        try parsed.add(document.root, isAnswer: false)
        #expect(end.length == event.count + 8)
        #expect(end.hasUsage == (parsed.chunks.count == 2))
        let chunks = [chunk] + (end.hasUsage ? [matching.chunks[1]] : [])
        #expect(chunks.map(Self.line) == parsed.chunks.map(Self.line), "\(String(decoding: event, as: UTF8.self))")
        #expect(Self.line(chunk) == parsed.chunks.first.map(Self.line))
        #expect(matching.usage == parsed.usage)
        return true
      }
      guard let slow else { return false }
      let other = try Self.document(event)
      documents = [slow, other]
      do { try parsed.add(slow.root, isAnswer: false) } catch { return false }
      try matching.add(other.root, isAnswer: false)
      #expect(matching.chunks.map(Self.line) == parsed.chunks.map(Self.line))
      if !slow.isRepaired && !slow.hasBigNumbers {
        try matching.makeTemplate(from: text.bytes.slice(6, text.count - 2))
      }
      return true
    }

    private static func document(_ event: [UInt8]) throws -> Document {
      let text = Buffer()
      try event.withUnsafeBufferPointer { bytes throws in
        if Text.firstInvalid(bytes) != nil { throw Failure(.malformed, "not UTF-8") }
        try text.append(bytes)
      }
      return try Document.read(taking: text, limits: Limits())
    }

    private static func line(_ chunk: Chunk) -> String {
      func text(_ bytes: Bytes?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "none" }
      return "\(chunk.kind) \(chunk.choice) \(chunk.toolCall) \(text(chunk.text)) \(text(chunk.toolCallID))"
        + " \(text(chunk.toolCallName)) \(chunk.finishReason) \(chunk.isTextOnly)"
    }

    func expectSame() throws {
      let one = Buffer()
      let other = Buffer()
      try matching.write(to: one)
      try parsed.write(to: other)
      #expect(String(decoding: one.bytes, as: UTF8.self) == String(decoding: other.bytes, as: UTF8.self))
      #expect(matching.quirks == parsed.quirks)
      #expect(matching.usage == parsed.usage)
    }
  }

  /// Random events of the forms that servers send, a few of them broken by a changed byte.
  private struct Server {
    var random: SystemRandom
    let id: String
    let varies: Bool
    let choices: Int
    let form: Int
    var count = 0

    mutating func event() -> [UInt8] {
      count += 1
      let index = Int.random(in: 0..<choices, using: &random)
      let id = varies ? "\(self.id)\(Int.random(in: 0..<1000, using: &random))" : self.id
      let created = 1_711_000_000 + (varies ? Int.random(in: 0..<3, using: &random) : 0)
      var text = #"{"id":"\#(id)","object":"chat.completion.chunk","created":\#(created),"model":"m","choices":["#
      text += #"{"index":\#(index),"delta":\#(delta()),"logprobs":\#(logprobs()),"finish_reason":null}]"#
      if form == 0 && Int.random(in: 0..<3, using: &random) == 0 { text += #","obfuscation":"\#(words())""# }
      text += more()
      text += "}"
      var bytes = Array(text.utf8)
      if Int.random(in: 0..<6, using: &random) == 0 {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 1...255, using: &random)
        if bytes[place] == 10 || bytes[place] == 13 { bytes[place] = 32 }
      }
      return bytes
    }

    /// What servers send beside the choices.
    private mutating func more() -> String {
      let time = "\(Int.random(in: -2..<30, using: &random)).\(Int.random(in: 0..<100, using: &random))"
      let details = count % 50 < 40 ? #"{"cached_tokens":\#(count % 3)}"# : "null"
      switch form {
      case 1 where Int.random(in: 0..<20, using: &random) > 0:
        return
          #","usage":{"prompt_tokens":12,"completion_tokens":\#(count),"x":\#(time),"prompt_tokens_details":\#(details)}"#
      case 2: return #","timings":{"predicted_n":\#(count),"predicted_ms":\#(time),"deep":{"a":[],"b":\#(count % 7)}}"#
      case 3:
        return #","timings":{"predicted_n":\#(count),"of":"\#(count % 90 / 30)"},"usage":{"total_tokens":\#(count)}"#
      default: return Int.random(in: 0..<20, using: &random) == 0 ? #","usage":{"total_tokens":\#(count)}"# : ""
      }
    }

    /// Mostly as servers send them; sometimes what a template must not take.
    private mutating func logprobs() -> String {
      if form != 4 || Int.random(in: 0..<8, using: &random) == 0 { return "null" }
      let odd = [
        #"{"token":"b","index":0}"#, #"{"token":"b","ind\u0065x":1}"#, "1", #"{"token":"\ud83d"}"#,
        #"{"n":123456789012345678901}"#,
        #"{"n":1e999}"#, #"{"n":-1e-7}"#, #"{"a\u0000":1}"#, "[]", "{}", #"{"token":"a","token":"b"}"#,
        #"{ "bytes" : null } "#,
      ]
      let list = (0..<Int.random(in: 0..<3, using: &random)).map { _ in
        if Int.random(in: 0..<60, using: &random) == 0 { return odd.randomElement(using: &random) ?? "" }
        let one =
          #""token":"\#(words())","logprob":-0.\#(Int.random(in: 0..<999, using: &random)),"bytes":[32,\#(count % 256)]"#
        return "{\(one),\"top_logprobs\":[{\(one)}]}"
      }
      let content = list.joined(separator: ",")
      switch Int.random(in: 0..<120, using: &random) {
      case 0: return "{}"
      case 1: return #"{"content":null,"refusal":[\#(content)]}"#
      case 2: return #"{"content":{"a":1},"refusal":null}"#
      case 3: return #"{"content":[\#(content)],"refusal":[\#(content)]}"#
      default: return #"{"content":[\#(content)],"refusal":null}"#
      }
    }

    private mutating func delta() -> String {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: return #"{"role":"assistant","content":null}"#
      case 1: return #"{"reasoning_content":"\#(words())"}"#
      case 2: return #"{"content":"","reasoning":"\#(words())"}"#
      case 3: return #"{"tool_calls":[{"index":\#(count & 1),"function":{"arguments":"\#(words())"}}]}"#
      case 4 where count < 40:
        return
          #"{"tool_calls":[{"index":\#(count & 1),"id":"call_\#(count / 20)","function":{"name":"f","arguments":""}}]}"#
      case 5: return #"{"refusal":"\#(words())"}"#
      case 6: return "{}"
      default: return #"{"content":"\#(words())"}"#
      }
    }

    private mutating func words() -> String {
      let parts = [
        " the", "a", "", #"\n"#, #"\""#, #"\\"#, #"\u00e9"#, "é", #"\ud83d\ude00"#, "😀", #"\ud83d"#, #"\/"#, #"\u0000"#,
        ".",
      ]
      return (0..<Int.random(in: 0..<4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
    }
  }

  /// Xorshift, so that a seed gives the same events each time.
  struct SystemRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  @Test(arguments: 1...150)
  func readsAsParsingDoes(seed: Int) throws {
    let pair = Pair()
    var server = Server(
      random: SystemRandom(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15), id: "chatcmpl-\(seed)", varies: seed % 3 == 0,
      choices: seed < 60 ? 1 + seed % 4 : 1, form: seed / 3 % 5)
    for _ in 0..<400 { _ = try pair.add(server.event()) }
    try pair.expectSame()
    #expect(pair.matchedCount > 10)
  }

  /// A list in an event is steady only where it is empty.
  @Test(arguments: [
    ("[]", true), ("[ ]", true), ("[1]", false), ("[{}]", false), (#"{"a":[]}"#, true), (#"{"a":[1]}"#, false),
  ])
  func takesNoOtherListForSteady(value: String, isTaken: Bool) throws {
    for event in [
      #"{"choices":[{"index":0,"delta":{"content":"a","x":\#(value)}}]}"#,
      #"{"choices":[{"index":0,"delta":{"content":"a"},"x":\#(value)}]}"#,
    ] {
      let pair = Pair()
      for _ in 0..<3 { #expect(try pair.add(Array(event.utf8))) }
      #expect((pair.matchedCount > 0) == isTaken)
      try pair.expectSame()
    }
  }

  /// What servers send beside a tool call's function, each time.
  @Test(arguments: [
    (#""type":"function""#, true), (#""x":{"name":"n"}"#, true), (#""x":{"arguments":"n"}"#, false),
  ])
  func takesWhatStandsBesideAFunction(more: String, isTaken: Bool) throws {
    let pair = Pair()
    for name in [#""name":"f","#, "", "", ""] {
      let function = #"{\#(name)"arguments":"a"}"#
      let id = name.isEmpty ? "" : #""id":"c","#
      let call = #"{"index":0,\#(id)\#(more),"function":\#(function)}"#
      #expect(try pair.add(Array(#"{"choices":[{"index":0,"delta":{"tool_calls":[\#(call)]}}]}"#.utf8)))
    }
    #expect((pair.matchedCount > 0) == isTaken)
    try pair.expectSame()
  }

  /// An empty text may give no chunk, usage counts wherever it stands, and without an index it is the first choice's.
  @Test(arguments: [
    ["a", "b", "", "c"].map { #"{"choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"# },
    ["a", "b", "c", "", "d", "\u{e9}", ""].map { #"{"choices":[{"delta":{"content":"\#($0)"}}]}"# },
    ["a", "b", "c", "", "d"].map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"id":"\#($0)"}"# },
    ["a", "b", "c", ""].map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"id":"\#($0)"}"# },
    ["", "a", "b", "c"].map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"id":"\#($0)"}"# },
    ["1", #""a""#, #""b""#, #""c""#].map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"id":\#($0)}"# },
    ["a", "b", "a", "b"].map { #"{"meta":{"name":"\#($0)"},"choices":[{"index":0,"delta":{"content":"a"}}]}"# },
    [#""x""#, "{}", #""x""#, "{}"].map { #"{"meta":\#($0),"choices":[{"index":0,"delta":{"content":"a"}}]}"# },
    ["", "a", "", "b"].map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"obfuscation":"\#($0)"}"# },
    ["", "a", "b"].map {
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\#($0)"}}]}}]}"#
    },
    ["a", "a", "a", "b", "b"].map {
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\#($0)"}}]}}]}"#
    },
    (1...4).map { #"{"choices":[{"index":0,"delta":{"content":"a"}}],"x_groq":{"usage":{"total_tokens":\#($0)}}}"# },
    (1...4).map {
      #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":\#($0),"completion_tokens":2,"#
        + #""total_tokens":3,"x":{"prompt_tokens_details":{"cached_tokens":\#($0)}}}}"#
    },
    [#"\n"#, #"\t"#, #"\u0041"#, #"\u007f\u0080\u07ff\u0800\uffff\ud800\udc00\udbff\udfff"#].map {
      #"{"choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"#
    },
    ["\"index\":0,", "\"index\":1,", "", "", ""].map { #"{"choices":[{\#($0)"delta":{"content":"a"}}]}"# },
  ])
  func readsTheseAsParsingDoes(events: [String]) throws {
    let pair = Pair()
    for event in events { #expect(try pair.add(Array(event.utf8))) }
    try pair.expectSame()
  }

  /// A template is compared with bytes as they arrive, in which an event of several lines has more than its data.
  @Test func makesNoneOfSeveralLines() throws {
    let pair = Pair()
    for text in ["a", "b"] {
      #expect(try pair.add(Array("{\"choices\":[{\"delta\":\n{\"content\":\"\(text)\"}}]}".utf8)))
    }
    #expect(pair.matchedCount == 0)
  }

  /// Lists that a template must not take, or must take as they are, behind such as made one.
  @Test(arguments: [
    #"{"token":"b","index":0},{"token":"c","index":0}"#, #"{"token":"b","ind\u0065x":1}"#, "1", #"{"a":"\ud83d"}"#,
    "[]", "",
    #"{"n":123456789012345678901}"#, #"{"n":1e999}"#, #"{"n":1E+999}"#, #"{"n":-1e-7}"#, #"{"a\u0000":1}"#,
    #"{"a":"\u0000"}"#,
    #"{"token":"a","token":"b"}"#, #" { "bytes" : null } , {}"#, #"{"a":1}{"b":2}"#, #"{"a":1},"#,
    #"{"a":{"b":[1,{"index":1}]}}"#,
    "{\"n\":\(String(repeating: "1", count: 400)).5}",
    "{\"a\":\(String(repeating: "[", count: 9))1\(String(repeating: "]", count: 9))}",
  ])
  func readsListsAsParsingDoes(list: String) throws {
    func event(_ list: String) -> [UInt8] {
      Array(#"{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[\#(list)]}}]}"#.utf8)
    }
    let pair = Pair()
    for each in [
      #"{"token":"x","logprob":-0.5}"#, #"{"token":"y"}"#, #"{"token":"z"},{"token":"w"}"#, list, list,
      #"{"token":"v"}"#,
    ] {
      if try !pair.add(event(each)) { break }
    }
    try pair.expectSame()
    #expect(pair.matchedCount >= 2)
  }

  /// A number with zeros before it is not JSON.
  @Test(arguments: ["012", "00", "01"])
  func takesNoNumberWithZerosBeforeIt(number: String) throws {
    let pair = Pair()
    for tokens in ["7", "8", "9", number] {
      let event = #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"total_tokens":\#(tokens)}}"#
      #expect(try pair.add(Array(event.utf8)) == (tokens != number))
    }
    #expect(pair.matchedCount == 2)
  }

  /// Only a whole number counts tokens.
  @Test func readsATokenCountThatIsNotWhole() throws {
    let pair = Pair()
    for tokens in ["7", "8", "9", "1.5"] {
      let event = #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":\#(tokens)}}"#
      #expect(try pair.add(Array(event.utf8)))
    }
    try pair.expectSame()
  }

  /// The first and the last of each length of UTF-8, and what is just beyond, alone and before one byte too many.
  @Test func takesUTF8Alone() throws {
    let sequences: [[UInt8]] = [
      [0xC1, 0xBF], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    ]
    var taken = 0
    for more in [[], [0x80], [0xC2]] as [[UInt8]] {
      for sequence in sequences {
        let pair = Pair()
        for text in [
          Array("a".utf8), Array("b".utf8), Array("c".utf8), sequence + more + Array(" and some more words".utf8),
        ] {
          let event = Array(#"{"choices":[{"index":0,"delta":{"content":""#.utf8) + text + Array(#""}}]}"#.utf8)
          if try !pair.add(event) { break }
        }
        if pair.matchedCount == 3 { taken += 1 }
      }
    }
    #expect(taken == 8)
  }

  /// Of 18 digits each number is one of 64 bits; of 19 some are not, and usage has none of those.
  @Test(arguments: [
    "999999999999999999", "-999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551617",
  ])
  func readsLongNumbersAsParsingDoes(number: String) throws {
    let pair = Pair()
    for tokens in ["7", "8", "9", number, "10"] {
      let event = #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"total_tokens":\#(tokens)}}"#
      if try !pair.add(Array(event.utf8)) { break }
    }
    #expect(pair.matchedCount >= 2)
    try pair.expectSame()
  }

  /// An event that has the key in it is parsed, where it is taken out.
  @Test(arguments: [
    (#"sk-0123456789abcdef"#, false), (#"sk-\u003023456789abcdef"#, true), (#"sk\u002d0123456789abcdef"#, false),
    (#"sk-0123456789abcde"#, true), (#"xxsk-0123456789abcdefxx"#, false),
  ])
  func takesNoSecret(word: String, isTaken: Bool) throws {
    let secret: StaticString = "sk-0123456789abcdef"
    for place in ["id", "obfuscation", "token"] {
      let builder = CompletionBuilder(limits: Limits(), avoiding: secret.bytes)
      var chunk = Chunk(.finish)
      var taken = 0
      for i in 0..<4 {
        func value(_ key: String) -> String { i == 3 && key == place ? word : "some word number \(i)" }
        let event =
          #"{"id":"\#(value("id"))","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":["#
          + #"{"token":"\#(value("token"))"}]}}],"obfuscation":"\#(value("obfuscation"))"}"#
        let text = try Buffer("data: \(event)\n\n".utf8)
        if try builder.add(matching: text.bytes, &chunk) != nil {
          taken += 1
          #expect(i > 0)
          continue
        }
        if i == 3 { break }
        let document = try Document.read(event)
        try builder.add(document.root, isAnswer: false)
        try builder.makeTemplate(from: text.bytes.slice(6, text.count - 2))
      }
      // An escape in an id is not taken at all.
      let isEscaped = word.contains("\\") && place != "token"
      #expect(taken == (isTaken && !isEscaped ? 2 : 1), "\(place) \(word)")
    }
  }

  /// A template takes an event of any length that the parser takes.
  @Test(arguments: 80..<120) func takesEventsUpToTheLimit(length: Int) throws {
    var limits = Limits()
    limits.eventBytes = 100
    let builder = CompletionBuilder(limits: limits)
    let (head, tail) = (#"{"choices":[{"index":0,"delta":{"content":""#, #""}}]}"#)
    let known = try Buffer((head + "a" + tail).utf8)
    try withExtendedLifetime(try Document.read(known.string)) { try builder.add($0.root, isAnswer: false) }
    try builder.makeTemplate(from: known.bytes)
    let text = String(repeating: "x", count: length - 8 - head.utf8.count - tail.utf8.count)
    let event = try Buffer("data: \(head)\(text)\(tail)\n\n".utf8)
    let parser = EventParser(bytesMax: limits.eventBytes)
    try parser.feed(event.bytes)
    let isTaken = (try? parser.next()) != nil
    var chunk = Chunk(.finish)
    #expect((try builder.add(matching: event.bytes, &chunk) != nil) == isTaken)
    #expect(isTaken == (length <= limits.eventBytes + 2))
  }

  /// What a value takes that is longer than the one before counts as in parsing.
  @Test func countsALongerValue() throws {
    var limits = Limits()
    limits.textBytes = 2000
    var (counts, taken) = ([Int](), 0)
    for usesTemplates in [false, true] {
      let builder = CompletionBuilder(limits: limits, avoiding: .empty)
      var chunk = Chunk(.finish)
      var count = 0
      let end = status {
        while count < 1000 {
          let id = String(repeating: "i", count: 20 + 20 * count)
          let event = #"{"id":"\#(id)","choices":[{"index":0,"delta":{"content":"a"}}]}"#
          let text = try Buffer("data: \(event)\n\n".utf8)
          if usesTemplates, try builder.add(matching: text.bytes, &chunk) != nil {
            taken += 1
          } else {
            let document = try Document.read(event)
            try builder.add(document.root, isAnswer: false)
            if usesTemplates { try builder.makeTemplate(from: text.bytes.slice(6, text.count - 2)) }
          }
          count += 1
        }
      }
      #expect(end == .tooLarge)
      counts.append(count)
    }
    #expect(taken > 20)
    #expect(counts[0] == counts[1])
  }

  /// Where events with one text are read by their template.
  private struct Plain {
    let builder: CompletionBuilder
    let parser = EventParser(bytesMax: 1 << 20)
    let head = #"{"choices":[{"index":0,"delta":{"content":""#
    let tail = #""}}],"model":"some"}"#

    /// Reads an event that makes a template.
    init(avoiding secret: Bytes) throws {
      builder = CompletionBuilder(limits: Limits(), avoiding: secret)
      try feed("data: \(head)a\(tail)\n\n")
      _ = try parser.next()
      let document = try Document.read(head + "a" + tail)
      try builder.add(document.root, isAnswer: false)
      let known = try Buffer((head + "a" + tail).utf8)
      try withExtendedLifetime(known) { try builder.makeTemplate(from: $0.bytes) }
      #expect(try parser.next() == nil)
    }

    func feed(_ text: String) throws {
      let bytes = try Buffer(text.utf8)
      try withExtendedLifetime(bytes) { try parser.feed($0.bytes) }
    }
  }

  /// A text stays terminated while the next event is not complete.
  @Test(arguments: [
    #"one\nor two lines of"#, "caf\u{e9} or tea, or nothing", "\u{e9} sk-0123456789abcdef\"}}],\"model\":\"some\"}\n\n",
  ])
  func keepsTheEndOfTheText(next: String) throws {
    let secret: StaticString = "sk-0123456789abcdef"
    let plain = try Plain(avoiding: secret.bytes)
    var chunk = Chunk(.finish)
    try plain.feed("data: \(plain.head)a\(plain.tail)\n\n")
    try #require(plain.builder.addPlain(from: plain.parser, &chunk) != nil)
    try plain.feed("data: \(plain.head)\(next)")
    #expect(plain.builder.addPlain(from: plain.parser, &chunk) == nil)
    let text = try #require(chunk.text)
    #expect(text.baseAddress?[text.count] == 0)
  }

  /// A text in one pass, of which the key is a part, or all.
  @Test(arguments: ["", "x", "\u{e9}"]) func addsNoTextWithTheKey(more: String) throws {
    let secret: StaticString = "sk/0123456789"
    for (word, isAdded) in [(#"sk\/0123456789"#, false), (#"sk\/012345678"#, true), (#"sk\/0123456780"#, true)] {
      let plain = try Plain(avoiding: secret.bytes)
      var chunk = Chunk(.finish)
      try plain.feed("data: \(plain.head)\(more)\(word)\(more)\(plain.tail)\n\n")
      #expect((plain.builder.addPlain(from: plain.parser, &chunk) != nil) == isAdded, "\(word)")
      if isAdded { #expect(chunk.text?.string == more + word.replacing("\\", with: "") + more) }
    }
  }

  /// A text is read sixteen bytes at a time, whatever is behind these. A line feed ends the event.
  @Test(arguments: ["", "n", #"\n"#, #"\"\\"#, "\u{e9}", "\u{1F600}x", #"\u0041"#, "\n"])
  func readsTextsOfEachLength(special: String) throws {
    for length in 0...40 {
      for more in ["", "y", "a few more words, or many"] {
        let text = String(repeating: "x", count: length) + special + more
        let plain = try Plain(avoiding: .empty)
        var chunk = Chunk(.finish)
        for isRepeated in [false, true] {
          try plain.feed("data: \(plain.head)\(text)\(plain.tail)\n\n")
          var found = false
          if isRepeated {
            found = plain.builder.addRepeated(from: plain.parser, &chunk, isDecoded: true) != nil
          }
          if !found { found = plain.builder.addPlain(from: plain.parser, &chunk) != nil }
          #expect(found == (!text.isEmpty && special != "\n"))
          if !found { break }
          let document = try Document.read("\"\(text)\"")
          #expect(chunk.text?.string == document.root.string.string)
          try plain.feed("data: \(plain.head)b\(plain.tail)\n\n")
          try #require(plain.builder.addPlain(from: plain.parser, &chunk) != nil)
        }
      }
    }
  }
}
