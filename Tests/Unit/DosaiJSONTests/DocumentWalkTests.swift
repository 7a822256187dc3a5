import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// Going through members and elements.
struct DocumentWalkTests {
  static func members(_ text: String) throws -> [String] {
    let document = try Document.read(text)
    var found: [String] = []
    try document.root.forEachMember { key, value in found.append("\(key.string)=\(value.text.string)") }
    return found
  }

  @Test(arguments: [
    ("{}", []), ("[1]", []), ("1", []), (#"{"b":1,"a":[ 2 ]}"#, ["b=1", "a=[ 2 ]"]), (#"{ "a" : { } }"#, ["a={ }"]),
    (#"{"":1,"a":2}"#, ["=1", "a=2"]),
    (#"{"\u0061\/":1,"\n\"":2,"\u000a\u00e9":3}"#, ["a/=1", #"\n\"=2"#, "\\n\u{E9}=3"]),
    ("{\"\u{E9}\":1}", ["\u{E9}=1"]),
  ])
  func givesEachMemberAsItIsWritten(text: String, expected: [String]) throws {
    #expect(try Self.members(text) == expected)
  }

  /// As jansson and most parsers have it.
  @Test func takesTheLastOfOneKey() throws {
    let text = #"{"a":1,"b":"x","a":{"c":2},"b":"y","a":[3]}"#
    #expect(try Self.members(text) == [#"b="y""#, "a=[3]"])
    let document = try Document.read(text)
    #expect(document.root.member("a")?.kind == .array)
    #expect(document.root.member("a")?.text.string == "[3]")
    #expect(document.root.string("b")?.string == "y")
    let twice = try Document.read(#"{"i":1,"i":2}"#)
    #expect(twice.root.integer("i") == 2)
  }

  /// A key may be written with escapes that it does not need, and is the same.
  @Test func knowsAKeyHoweverItIsWritten() throws {
    let document = try Document.read(#"{"\u0069d":"x","n\u006f":7,"\u006F":{"\u006b":[1]}}"#)
    #expect(document.root.string("id")?.string == "x")
    #expect(document.root.integer("no") == 7)
    #expect(document.root.member("o")?.member("k")?.text.string == "[1]")
    let text = #"{"a":1,"\u0061":{"b":2},"c":3,"\u0063":4}"#
    #expect(try Self.members(text) == [#"a={"b":2}"#, "c=4"])
    let twice = try Document.read(text)
    #expect(twice.root.member("a")?.kind == .object && twice.root.member("a")?.text.string == #"{"b":2}"#)
  }

  @Test func givesTheValueOfEachMember() throws {
    let document = try Document.read(#"{"s":"x\u00e9","o":{"k":"v"},"l":[true,null,"z",1.5],"\u0065":"esc"}"#)
    var found: [String] = []
    try document.root.forEachMember { key, value in
      found.append("\(key.string) \(value.kind) \(value.string.string) \(value.string("k")?.string ?? "-")")
    }
    #expect(found == ["s string x\u{E9} -", "o object  v", "l array  -", "e string esc -"])
    var elements: [String] = []
    try document.root.member("l")?.forEachElement { elements.append("\($0.kind) \($0.text.string)") }
    #expect(elements == ["boolean true", "null null", "string \"z\"", "number 1.5"])
  }

  /// Fields of one key count each: else a server could make each of a million be compared with all others.
  @Test(arguments: [("k", 1024), ("k", 1025), ("", 1024), ("", 1025)])
  func takesNoMoreThan1024Fields(prefix: String, count: Int) throws {
    let names = (0..<count).map { prefix.isEmpty ? "same" : "\(prefix)\($0)" }
    let document = try Document.read("{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}")
    var seen = 0
    #expect(status { try document.root.forEachMember { _, _ in seen += 1 } } == (count > 1024 ? .tooLarge : .ok))
    #expect(seen == (count > 1024 ? 0 : prefix.isEmpty ? 1 : count))
    #expect(document.root.integer("same") == (prefix.isEmpty ? 1 : nil))
  }

  @Test func passesOnWhatTheBodyThrows() throws {
    let document = try Document.read(#"{"a":1,"b":2,"c":[1,2]}"#)
    var seen = 0
    func fail(_: Value) throws(Failure) {
      seen += 1
      throw Failure(.provider, "no")
    }
    #expect(
      status { try document.root.forEachMember { (_: Bytes, value: Value) throws(Failure) in try fail(value) } }
        == .provider)
    #expect(status { try document.root.member("c")?.forEachElement(fail) } == .provider)
    #expect(seen == 2)
  }

  @Test(
    arguments: [
      (#"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#, [1, 2, 3, -1, -1]),
      ("{}", [-1, -1, -1, -1, -1]),
      (#"{"prompt_tokens":null,"total_tokens":"3","completion_tokens":2.0}"#, [-1, -1, -1, -1, -1]),
      (
        #"{"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5,"x":6}}"#,
        [-1, -1, -1, 4, 5]
      ), (#"{"prompt_tokens_details":null,"completion_tokens_details":[]}"#, [-1, -1, -1, -1, -1]),
      (
        #"{"prompt_tokens":0,"completion_tokens":9223372036854775807,"total_tokens":99999999999999999999}"#,
        [0, .max, -1, -1, -1]
      ),
    ] as [(String, [Int64])])
  func readsUsage(text: String, expected: [Int64]) throws {
    let document = try Document.read(text)
    let usage = Usage(document.root)
    let found = [
      usage.promptTokens, usage.completionTokens, usage.totalTokens, usage.cachedTokens, usage.reasoningTokens,
    ]
    #expect(found == expected)
  }
}
