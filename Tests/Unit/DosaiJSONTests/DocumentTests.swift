import DosaiCore
import DosaiJSON
import TestSupport
import Testing

struct DocumentTests {
  @Test(
    arguments: [
      ("null", .null), ("true", .boolean), ("false", .boolean), ("0", .number), ("-1.5e3", .number), ("\"\"", .string),
      (" [1] ", .array), ("\n{\"a\":1}\t", .object),
    ] as [(String, JSONKind)])
  func knowsTheKind(text: String, kind: JSONKind) throws {
    let document = try Document.read(text)
    #expect(document.root.kind == kind)
    #expect(document.bytes.string == text)
    #expect(document.root.text.string == text.filter { !" \n\t".contains($0) })
    #expect(!document.isRepaired && !document.hasBigNumbers)
  }

  @Test(arguments: [
    "", " ", "{", "{\"a\":1}}", "hunter2", "{\"password\":\"hunter2\"", "\"\u{1}\"", "1e999", "-1e999", "[1,1e400]",
    "NaN",
    "Infinity", "1" + String(repeating: "0", count: 400), "[1e999,123456789012345678901]", "{\"a\\u0000b\":1}",
    "\u{FEFF}{}",
  ])
  func refusesWhatItCannotRead(text: String) throws {
    #expect(status { _ = try Document.read(text) } == .malformed)
    let why = try #require(complaint { _ = try Document.read(text) })
    #expect(why == "not JSON" || why == "JSON that cannot be read")
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ] as [[UInt8]])
  func repairsBrokenUTF8(bytes: [UInt8]) throws {
    let document = try Document.read(taking: Buffer(bytes), limits: Limits())
    #expect(document.isRepaired)
    #expect(document.root.string.string == String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self))
    #expect(document.bytes.string == String(decoding: bytes, as: UTF8.self))
  }

  @Test func keepsToItsLimits() {
    var limits = Limits()
    limits.jsonDepth = 3
    limits.jsonNodes = 5
    for (text, expected) in [
      ("[[[]]]", Status.ok), ("[[[[]]]]", .tooLarge), ("[1,2,3,4]", .ok), ("[1,2,3,4,5]", .tooLarge),
      ("{\"a\":{\"b\":{}}}", .ok),
    ] {
      #expect(status { _ = try Document.read(text, limits: limits) } == expected, "\(text)")
    }
    let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    #expect(status { _ = try Document.read(deep) } == .ok)
    #expect(status { _ = try Document.read("[\(deep)]") } == .tooLarge)
  }

  @Test func findsMembers() throws {
    let document = try Document.read(
      #" { "s" : "x\ty" , "i":-7,"f":1.0,"n":null,"o":{"i":1},"a":[1, {"b":2}] , "t":true,"e":"" } "#)
    let root = document.root
    #expect(root.string("s")?.string == "x\ty")
    #expect(root.member("s")?.text.string == #""x\ty""#)
    #expect(root.member("s")?.string.string == "x\ty")
    #expect(root.integer("i") == -7)
    #expect(root.integer("f") == nil && root.member("f")?.text.string == "1.0")
    #expect(root.integer("s") == nil && root.string("i") == nil)
    #expect(root.member("n")?.kind == .null && root.nonNullMember("n") == nil)
    #expect(root.member("o")?.integer("i") == 1)
    #expect(root.member("a")?.element(1)?.integer("b") == 2)
    #expect(root.member("a")?.element(0)?.text.string == "1")
    #expect(root.member("a")?.element(2) == nil && root.member("a")?.element(-1) == nil && root.element(0) == nil)
    #expect(root.string("e")?.isEmpty == true && root.nonNullMember("e") != nil)
    #expect(root.member("x") == nil && root.member("i")?.member("s") == nil && root.member("a")?.member("b") == nil)
    #expect(root.member("i")?.string.isEmpty == true)
  }

  @Test(arguments: [
    ("{}", true), ("[]", true), ("{ \n}", true), ("[\t]", true), ("{\"a\":1}", false), ("[0]", false), ("\"\"", false),
    ("null", false),
    ("0", false), ("[[]]", false),
  ])
  func seesWhatIsHollow(text: String, expected: Bool) throws {
    let document = try Document.read(text)
    #expect(document.root.isEmptyContainer == expected)
  }

  /// A text may hold U+0000, and a NUL follows it all the same.
  @Test func keepsNULInText() throws {
    let document = try Document.read(#"{"a":"x\u0000y\u0000"}"#)
    let text = try #require(document.root.string("a"))
    #expect([UInt8](text) == [0x78, 0, 0x79, 0])
    #expect(text.baseAddress?[text.count] == 0)
  }

  @Test func repairsLoneSurrogates() throws {
    let document = try Document.read(#"{"a":"\ud83d!","b":"\ud83d\ude00","\udc00":1}"#)
    #expect(document.isRepaired)
    #expect(document.root.string("a")?.string == "\u{FFFD}!")
    #expect(document.root.string("b")?.string == "\u{1F600}")
    #expect(document.root.integer("\u{FFFD}") == 1)
    #expect(document.bytes.string == #"{"a":"\ufffd!","b":"\ud83d\ude00","\ufffd":1}"#)
  }

  @Test(
    arguments: [
      ("9223372036854775807", false, .max), ("-9223372036854775808", false, .min), ("9223372036854775808", true, nil),
      ("-9223372036854775809", true, nil), ("18446744073709551616", true, nil), ("12345678901234567890123", true, nil),
      ("1234567890123456789", false, 1_234_567_890_123_456_789), ("0.70", false, nil), ("1.0E+2", false, nil),
      ("1e-999", false, nil),
    ] as [(String, Bool, Int64?)])
  func readsIntegersOfAnySize(number: String, isBig: Bool, expected: Int64?) throws {
    let document = try Document.read("{\"a\":\(number),\"b\":5,\"c\":[5]}")
    #expect(document.hasBigNumbers == isBig)
    #expect(document.root.integer("a") == expected)
    #expect(document.root.member("a")?.kind == .number)
    #expect(document.root.member("a")?.text.string == number)
    #expect(document.root.integer("b") == 5)
  }

  /// What is deeper than jansson is shown is in the text, and what stands around it is read.
  @Test(arguments: [31, 32, 33, 34, 100, 510])
  func readsDeepJSON(depth: Int) throws {
    let deep = String(repeating: #"{"a]":["}\"","#, count: depth / 2) + "1" + String(repeating: "]}", count: depth / 2)
    let text = #"{"before":"x","deep":\#(deep),"list":[\#(deep),"between, long enough",2],"behind":{"y":"z"}}"#
    let document = try Document.read(text)
    #expect(document.bytes.string == text)
    #expect(document.root.member("deep")?.text.string == deep)
    #expect(document.root.member("list")?.element(0)?.text.string == deep)
    #expect(document.root.member("list")?.element(1)?.string.string == "between, long enough")
    #expect(document.root.member("list")?.element(2)?.text.string == "2")
    #expect(document.root.string("before")?.string == "x" && document.root.member("behind")?.string("y")?.string == "z")
    #expect(document.root.member("deep")?.kind == .object && document.root.member("deep")?.isEmptyContainer == false)
  }

  @Test func namesTheDepth() throws {
    for depth in [1, 2, 31, 40] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(try text.utf8.withContiguousStorageIfAvailable { try JSONScanner.check($0).depth } == depth)
    }
  }
}
