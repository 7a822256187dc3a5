import DosaiCore
import TestSupport
import Testing

struct JSONScannerTests {
  /// Valid texts with the number of their values.
  @Test(arguments: [
    ("null", 1), ("true", 1), ("false", 1), ("0", 1), ("-0", 1), ("-1.5e+10", 1), ("1E5", 1), ("10", 1), ("0.0", 1),
    ("0e-0", 1), ("\"\"", 1), ("\"a\\\"b\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"", 1),
    ("\"\u{7F}\u{E9}\u{2028}\"", 1),
    ("[]", 1), ("{}", 1), (" \t\r\n[ \n] ", 1), ("{ }", 1), ("[1,2,[3]]", 5), ("{\"a\":1,\"b\":{\"c\":[null]}}", 5),
    (" { \"a\" : 1 , \"b\" : [ 1 , 2 ] } ", 5), ("{\"a\":1,\"a\":2}", 3), ("{\"\":\"\"}", 2), ("[[],{},\"\"]", 4),
    ("1e999", 1), ("123456789012345678901234567890", 1),
  ])
  func takesWhatIsJSON(text: String, nodes: Int) throws {
    #expect(try text.lent { try JSONScanner.check($0) }.nodes == nodes)
  }

  /// Digits are read four at a time; those behind the text in memory are not its own.
  @Test(arguments: ["1234567890123", "0.1234567890123", "1e1234567890123"])
  func endsANumberWithItsText(text: String) throws {
    try text.lent { text in
      for count in (text.count - 12)...text.count {
        let facts = try JSONScanner.check(text.slice(0, count))
        #expect(facts.end == count)
      }
    }
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "tru", "-", "+1", "01", "-01", "00", "1.", ".5", "1.e1", "1e", "1e+", "1e1.5",
    "0x1", "1d5", "1d-5",
    "1 2", "--1", "NaN", "Infinity", "-Infinity", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u\"", "\"\\u12\"",
    "\"\\u12g4\"", "\"\\uD83D\\u\"", "\"a\nb\"", "\"\t\"", "\"\0\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]",
    "[,]",
    "[1 2]", "[1;2]", "[}", "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}",
    "{\"a\"}",
    "{\"a\",1}", "{\"a\" 1}", "{1:2}", "{a:1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "[1}", "[]]", "{}{}", "[],", "null,",
    "\u{FEFF}1", "1\u{A0}", "\u{0B}1", "1\0", "/**/1", "[1,//\n2]", "{\"a\":}", "{:1}", "[[[", "[\"", "[{\"a\":[",
  ])
  func refusesWhatIsNot(text: String) {
    text.lent { text in #expect(status { _ = try JSONScanner.check(text) } == .malformed) }
  }

  /// Control characters must be escaped; what is above ASCII is no matter of the scanner.
  @Test func takesEachByteThatMayStandInText() {
    for byte in UInt8.min...UInt8.max {
      let isAllowed = byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      for text in [[0x22, byte, 0x22], [0x7B, 0x22, byte, 0x22, 0x3A, 0x31, 0x7D]] as [[UInt8]] {
        text.lent { text in
          #expect(status { _ = try JSONScanner.check(text) } == (isAllowed ? .ok : .malformed), "\(byte)")
        }
      }
    }
  }

  /// A byte beyond ASCII is noticed wherever it is.
  @Test(arguments: [1, 16, 64, 80, 200, 300]) func noticesWhatIsNotASCII(count: Int) throws {
    var text = [UInt8](("[\"" + "a".times(count) + "\"]").utf8)
    #expect(try text.lent { try JSONScanner.check($0).isASCII })
    for at in 2..<count + 2 {
      text[at] = 0x80
      #expect(try text.lent { try !JSONScanner.check($0).isASCII }, "\(at)")
      text[at] = 0x61
    }
  }

  @Test func refusesEveryPartOfAText() {
    let text = [UInt8](#"{"a":[1.5e-3,"b\u00e9\ud83d\ude00\\",true,null,{}],"c":"\""}"#.utf8)
    for count in 0..<text.count {
      [UInt8](text.prefix(count)).lent { part in
        #expect(status { _ = try JSONScanner.check(part) } == .malformed, "\(count)")
      }
    }
    text.lent { text in #expect(status { _ = try JSONScanner.check(text) } == .ok) }
  }

  /// Short strings are read sixteen bytes at a time.
  @Test(arguments: 0...80) func refusesAStringWithoutAnEnd(length: Int) {
    for start in ["\"", "{\"", "{\"a\":\""] {
      (start + "x".times(length)).lent { text in
        #expect(status { _ = try JSONScanner.check(text) } == .malformed)
      }
    }
  }

  @Test(arguments: [1, 2, 63, 64, 65, 128, 129, 511, 512])
  func boundsTheDepth(most: Int) {
    let forms = [("[", "]", ""), ("{\"a\":", "}", "0"), ("[{\"a\":", "}]", "1")]
    for (open, close, inner) in forms {
      let levels = open.filter { $0 == "[" || $0 == "{" }.count
      for depth in [most, most + 1] where depth % levels == 0 {
        let text = open.times(depth / levels) + inner + close.times(depth / levels)
        text.lent { text in
          #expect(
            status { _ = try JSONScanner.check(text, depthMax: most) } == (depth > most ? .tooLarge : .ok), "\(depth)")
        }
      }
    }
  }

  /// The bits that tell objects from arrays hold 512 levels, whatever the caller allows.
  @Test func isNeverDeeperThanItsBits() {
    #expect(JSONScanner.levelsMax == 512)
    for (depth, expected) in [(512, Status.ok), (513, .tooLarge)] {
      ("[".times(depth) + "]".times(depth)).lent { text in
        #expect(status { _ = try JSONScanner.check(text) } == expected)
        #expect(status { _ = try JSONScanner.check(text, depthMax: .max) } == expected)
      }
    }
    "[]".lent { text in #expect(status { _ = try JSONScanner.check(text, depthMax: 0) } == .tooLarge) }
    "1".lent { text in #expect(status { _ = try JSONScanner.check(text, depthMax: 0) } == .ok) }
  }

  /// Each level is closed by the bracket that opened it, at every depth.
  @Test(arguments: [1, 63, 64, 65, 200, 512])
  func knowsWhichBracketIsOpen(depth: Int) {
    let opens = (0..<depth).map { $0 % 3 == 0 ? "{\"k\":" : "[" }
    let closes = (0..<depth).map { $0 % 3 == 0 ? "}" : "]" }
    let right = opens.joined() + "1" + closes.reversed().joined()
    right.lent { text in #expect(status { _ = try JSONScanner.check(text) } == .ok) }
    for level in [0, depth / 2, depth - 1] {
      var wrong = closes
      wrong[level] = wrong[level] == "}" ? "]" : "}"
      (opens.joined() + "1" + wrong.reversed().joined()).lent { text in
        #expect(status { _ = try JSONScanner.check(text) } == .malformed, "\(level)")
      }
    }
  }

  @Test(arguments: [("[1,2,3]", 4), ("{\"a\":{\"b\":[]}}", 3), ("true", 1), ("[{},{},[[]]]", 5)])
  func boundsTheNodes(text: String, nodes: Int) {
    text.lent { text in
      #expect(status { _ = try JSONScanner.check(text, nodesMax: nodes) } == .ok)
      #expect(status { _ = try JSONScanner.check(text, nodesMax: nodes - 1) } == .tooLarge)
    }
  }

  @Test(arguments: [
    ("1234567890123456789", true), ("-1234567890123456789", true), ("123456789012345678", false), ("1e30", false),
    ("1234567890123456789.5", false), ("[1,{\"a\":99999999999999999999}]", true), ("\"1234567890123456789\"", false),
  ])
  func seesIntegersThatMayBeTooBig(text: String, expected: Bool) throws {
    #expect(try text.lent { try JSONScanner.check($0) }.hasBigInteger == expected)
  }
}
