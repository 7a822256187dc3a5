import DosaiCore
import TestSupport
import Testing

/// Surrogates, members, elements and ends of values.
struct JSONScannerWalkTests {
  @Test(arguments: [
    (#""\ud83d""#, #""\ufffd""#), (#""\ude00""#, #""\ufffd""#), (#""\uD83D\uDE00""#, nil),
    (#""\ude00\ud83d""#, #""\ufffd\ufffd""#), (#""\ud83d\ud83d\ude00""#, #""\ufffd\ud83d\ude00""#),
    (#""\ud83d\ude00\ude00""#, #""\ud83d\ude00\ufffd""#), (#""\ud83dx\ude00""#, #""\ufffdx\ufffd""#),
    (#""\ud83d\n""#, #""\ufffd\n""#), (#""\\ud83d""#, nil), (#""\\\ud83d""#, #""\\\ufffd""#), (#""\\\\ud83d""#, nil),
    (#""\ud7ff\ue000\uffff\u0000""#, nil), (#"{"\udbff":["\udc00"]}"#, #"{"\ufffd":["\ufffd"]}"#),
    (#""\uDBFF\u0041""#, #""\ufffd\u0041""#), (#""\ud83d\\ude00""#, #""\ufffd\\ude00""#), ("\"\u{1F600}\"", nil),
  ])
  func repairsLoneSurrogates(text: String, expected: String?) throws {
    let buffer = try Buffer(text)
    #expect(try JSONScanner.check(buffer.bytes).hasLoneSurrogate == (expected != nil))
    JSONScanner.repairSurrogates(buffer.mutable)
    #expect(buffer.string == expected ?? text)
    #expect(try !JSONScanner.check(buffer.bytes).hasLoneSurrogate)
  }

  static func members(_ text: String) -> [String] {
    text.lent { text in
      var members = JSONScanner.Members(text)
      var found: [String] = []
      while let next = members.next() {
        #expect(text[next.start] == UInt8(ascii: "\""))
        found.append(next.key.string + "=" + text.slice(next.value.lowerBound, next.value.upperBound).string)
      }
      #expect(members.next() == nil)
      return found
    }
  }

  static func elements(_ text: String) -> [String] {
    text.lent { text in
      var elements = JSONScanner.Elements(text)
      var found: [String] = []
      while let next = elements.next() { found.append(next.string) }
      #expect(elements.next() == nil)
      return found
    }
  }

  @Test(arguments: [
    ("{}", []), ("{ \n}", []), ("{\"a\":1}", ["a=1"]),
    ("{\r\n\"a\"\t:\n 1 \n,\t\"b\" : [ 1, 2 ] \n}", ["a=1", "b=[ 1, 2 ]"]),
    ("{\"a\":\"x,}\\\"{\",\"b\":{\"c\":\"]\"}}", ["a=\"x,}\\\"{\"", "b={\"c\":\"]\"}"]), ("{\"\":null}", ["=null"]),
    ("{\"a\":1,\"a\":2}", ["a=1", "a=2"]), ("{\"\\\"\":true,\"\\\\\":-1.5e3}", ["\\\"=true", "\\\\=-1.5e3"]),
    ("{\"a\":{},\"b\":[],\"c\":\"\"}", ["a={}", "b=[]", "c=\"\""]), ("[1]", []), ("1", []), ("\"{\"", []), ("", []),
    ("{\"a\":\"\\\\\",\"b\":1}", ["a=\"\\\\\"", "b=1"]), ("{\"\\u0061\":1}", ["\\u0061=1"]),
  ])
  func goesThroughMembers(text: String, expected: [String]) {
    #expect(Self.members(text) == expected)
  }

  @Test(arguments: [
    ("[]", []), ("[ \n\t]", []), ("[1]", ["1"]),
    ("[ 1\n,\r\"a,]\" , {\"b\":[1]}\t,[ ],null ]", ["1", "\"a,]\"", "{\"b\":[1]}", "[ ]", "null"]),
    ("[\"\\\\\",\"\\\"\"]", ["\"\\\\\"", "\"\\\"\""]), ("[[[]],{}]", ["[[]]", "{}"]), ("{\"a\":1}", []), ("1", []),
    ("", []),
    ("[\"\"]", ["\"\""]), ("[-0.5e-1,true]", ["-0.5e-1", "true"]),
  ])
  func goesThroughElements(text: String, expected: [String]) {
    #expect(Self.elements(text) == expected)
  }

  /// What was not checked gives fewer values, never a read outside.
  @Test func endsWellOnABrokenText() {
    for whole in ["{\"a\":[1,\"\\u00e9\"],\"b\":{\"c\":null}}", "[\"a\\\\\",{\"b\":[]},12,true]"] {
      let text = [UInt8](whole.utf8)
      let count = Self.members(whole).count + Self.elements(whole).count
      for length in 0..<text.count {
        let part = String(decoding: text.prefix(length), as: UTF8.self)
        #expect(Self.members(part).count + Self.elements(part).count <= count)
      }
    }
  }

  @Test(arguments: [
    ("1,2", 0, 1), ("12 ", 0, 2), ("true]", 0, 4), ("null}", 0, 4), ("\"a\"", 0, 3), ("\"a,\\\"\",", 0, 6),
    ("[1,[2]],3", 0, 7),
    ("{\"a\":\"}\"} ", 0, 9), ("[1,2]", 1, 2), ("[1,2]", 3, 4), ("{\"a\":1}", 5, 6), ("{\"a\":\"b\"}", 5, 8),
    ("1\n", 0, 1),
    ("1\t", 0, 1), ("1\r", 0, 1), ("-1.5e3", 0, 6), ("[", 0, 1), ("\"a", 0, 2), ("\"a\\", 0, 3), ("]", 0, 0),
    ("", 0, 0),
  ])
  func findsTheEndOfAValue(text: String, from: Int, expected: Int) {
    text.lent { #expect(JSONScanner.end(of: $0, from: from) == expected) }
  }

  @Test(arguments: [
    ("", 0, 0), ("  a", 0, 2), ("a", 0, 0), (" \t\r\n", 0, 4), (" a ", 2, 3), ("a", 5, 5), ("\u{0B}", 0, 0),
  ])
  func skipsBlanks(text: String, from: Int, expected: Int) {
    text.lent { #expect(JSONScanner.skipBlanks($0, from) == expected) }
  }
}
