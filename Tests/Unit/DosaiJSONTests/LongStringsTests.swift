import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// Strings that are read apart from the rest are what jansson would have made of them.
struct LongStringsTests {
  /// What each value of a document is: its kind, its text, and its string in bytes.
  private func all(_ value: Value) throws -> [String] {
    var found = ["\(value.kind) \(value.text.string) \([UInt8](value.string))"]
    try? value.forEachMember { (key: Bytes, member: Value) throws(Failure) in
      found.append(key.string)
      if let inner = try? all(member) { found += inner }
    }
    try? value.forEachElement { (element: Value) throws(Failure) in
      if let inner = try? all(element) { found += inner }
    }
    return found
  }

  private func values(_ text: [UInt8], longMin: Int) -> [String]? {
    guard let document = try? Document.read(taking: Buffer(text), limits: Limits(), longMin: longMin) else {
      return nil
    }
    return try? all(document.root) + ["\(document.isRepaired) \(document.hasBigNumbers)"]
  }

  private func expectSame(_ text: [UInt8]) {
    let expected = values(text, longMin: .max)
    for least in [2, 8, 12, 32] {
      #expect(values(text, longMin: least) == expected, "\(least): \(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    #""""#, #""a""#, #"{"key":"value","value":"key"}"#, #"[ "one" , "two" ]"#, #"{"a\"b" : "c\"d"}"#,
    #"{"k":"v","k":"w"}"#,
    #"["\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00"]"#, #"{"a":"\ud83d lone","b":"\udc00"}"#,
    #"["\u007f \u0080 \u07ff \u0800 \uffff \ud800\udc00 \udbff\udfff"]"#,
    #"{"a":"x\u0000y","b":"long enough"}"#,
    #"{"a":"\u0000","b":"\u000012"}"#, "[\"caf\u{E9}\",\"\u{1F600}\u{20AC}\"]",
    #"{"n":123456789012345678901234,"s":"text"}"#,
    #"{"\u0065":"e","plain":"\\"}"#, #"{"deep":[{"deep":["text","more text"]}]}"#, #""\\\\\\\\""#, "[\"open",
    #"["a" "b"]"#, "[\"\u{7F}0\",\"long enough\"]", #"["\u007f0","long enough"]"#, "{\"\u{7F}0\":\"long enough\"}",
  ])
  func areTheSame(text: String) { expectSame(Array(text.utf8)) }

  @Test(arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]])
  func areRepairedWhereTheyAreNotUTF8(broken: [UInt8]) {
    let text = Array(#"{"a":"long enough to be taken apart"#.utf8) + broken + Array("\"}".utf8)
    #expect(values(text, longMin: .max)?.contains { $0.contains("apart\u{FFFD}") } == true)
    expectSame(text)
  }

  @Test func areTheSameOfAnyPieces() {
    let pieces = [
      "\"", "\\\"", "\\\\", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\u0041", "\u{E9}", "a", "some words ", ",", ":", "{",
      "}",
      "[", "]", "\"k\":", "\"value\"", "1", " ", "\"0123456789012345678901234567890123456789\"",
    ].map { Array($0.utf8) }
    var state: UInt64 = 7
    func next(_ most: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % most
    }
    var wereRead = 0
    for _ in 0..<20_000 {
      let inside = (0...next(6)).flatMap { _ in pieces[next(pieces.count)] }
      let text = Array("[\"".utf8) + inside + Array("\"]".utf8)
      expectSame(text)
      if values(text, longMin: 2) != nil { wereRead += 1 }
    }
    #expect(wereRead > 1000)
  }

  /// A whole answer is read without the members that nobody reads, whatever these are called.
  @Test(arguments: ["x", ",x", " ,", ""]) func areReadBesideAnyMember(name: String) throws {
    let text = "{\"id\":\"i\",\"\(name)\":[2],\"model\":\"\("m".times(40))\"}"
    let document = try Document.read(taking: Buffer(text), limits: Limits(), longMin: 32, isAnswer: true)
    let found = try all(document.root)
    #expect(found.contains("id") && found.contains { $0.hasSuffix("\([UInt8]("m".times(40).utf8))") })
  }

  @Test func areNULTerminatedAndLent() throws {
    let long = String(repeating: "0123456789", count: 10_000)
    let document = try Document.read(#"{"a":"\#(long)","b":"\#(long)\n"}"#)
    for (key, expected) in [("a" as StaticString, long), ("b", long + "\n")] {
      let text = try #require(document.root.string(key))
      #expect(text.string == expected)
      #expect(text.baseAddress?[text.count] == 0)
    }
  }
}
