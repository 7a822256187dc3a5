import TestSupport
import Testing

@testable import DosaiCore

struct TextTests {
  /// Unicode 15, table 3-7: the first and last of each row, and their neighbours outside.
  @Test(
    arguments: [
      ([], nil), ([0x00], nil), ([0x7F], nil), ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0),
      ([0xC2, 0x80], nil), ([0xDF, 0xBF], nil), ([0xC2], 0), ([0xC2, 0x7F], 0), ([0xC2, 0xC0], 0),
      ([0xE0, 0x9F, 0xBF], 0), ([0xE0, 0xA0, 0x80], nil), ([0xE0, 0xBF, 0xBF], nil), ([0xE1, 0x80, 0x80], nil),
      ([0xEC, 0xBF, 0xBF], nil), ([0xED, 0x9F, 0xBF], nil), ([0xED, 0xA0, 0x80], 0), ([0xED, 0xBF, 0xBF], 0),
      ([0xEE, 0x80, 0x80], nil), ([0xEF, 0xBF, 0xBF], nil), ([0xE2, 0x82], 0), ([0xE2, 0x82, 0x41], 0), ([0xE2], 0),
      ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF0, 0x90, 0x80, 0x80], nil), ([0xF3, 0xBF, 0xBF, 0xBF], nil),
      ([0xF4, 0x8F, 0xBF, 0xBF], nil), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0),
      ([0xF8, 0x88, 0x80, 0x80, 0x80], 0), ([0xFE], 0), ([0xFF], 0), ([0xF0, 0x9F, 0x98], 0), ([0xF0, 0x9F], 0),
      ([0xF0], 0),
      ([0x41, 0xC3, 0xA9, 0xC3], 3), ([0xEF, 0xBB, 0xBF, 0x80], 3),
    ] as [([UInt8], Int?)])
  func findsTheFirstInvalid(bytes: [UInt8], expected: Int?) {
    bytes.lent { #expect(Text.firstInvalid($0) == expected) }
  }

  /// Before and behind the steps of eight bytes in which ASCII is read.
  @Test func findsItBehindAnyLengthOfAscii() {
    for before in 0...24 {
      for behind in 0...9 {
        let ascii = [UInt8](repeating: 0x61, count: before)
        let rest = [UInt8](repeating: 0x62, count: behind)
        (ascii + [0xFF] + rest).lent { #expect(Text.firstInvalid($0) == before) }
        (ascii + [0xC3, 0xA9] + rest).lent { #expect(Text.firstInvalid($0) == nil) }
      }
    }
  }

  @Test func takesEveryScalar() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      [UInt8](UTF8.encode(scalar).map { [UInt8]($0) } ?? []).lent { bytes in
        if bytes.isEmpty || Text.firstInvalid(bytes) != nil { Issue.record("U+\(String(value, radix: 16))") }
      }
    }
  }

  /// Beside the standard library, with the edges of each row of the table.
  @Test func readsShortSequences() {
    let edges: [UInt8] = [0, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    for first in UInt8(0x80)...0xFF {
      for second in edges {
        for third in [0x22, 0x80, 0xBF, 0xC0] as [UInt8] {
          for fourth in [0x22, 0x80, 0xBF, 0xC0] as [UInt8] {
            let bytes = [first, second, third, fourth]
            let length = (2...4).first { String(validating: bytes[..<$0], as: UTF8.self)?.unicodeScalars.count == 1 }
            if Text.shortSequence(bytes) != length ?? 0 { Issue.record("\(bytes)") }
          }
        }
      }
    }
  }

  /// The maximal subpart of each broken sequence is one U+FFFD (WHATWG Encoding, Unicode 3.9).
  @Test(
    arguments: [
      ([0x41, 0x42], "AB"), ([0xFF], "?"), ([0xC0, 0x80], "??"), ([0xC1, 0xBF], "??"), ([0xE0, 0x80, 0x80], "???"),
      ([0xE0, 0x9F, 0xBF], "???"), ([0xED, 0xA0, 0x80], "???"), ([0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], "??????"),
      ([0xF0, 0x80, 0x80, 0x80], "????"), ([0xF4, 0x90, 0x80, 0x80], "????"),
      ([0xF8, 0x88, 0x80, 0x80, 0x80], "?????"),
      ([0xE2, 0x82], "?"), ([0xE2, 0x82, 0x41], "?A"), ([0xF0, 0x9F, 0x98], "?"), ([0xF0, 0x9F, 0x98, 0x41], "?A"),
      ([0xF0, 0x9F, 0x98, 0xF0, 0x9F, 0x98, 0x80], "?\u{1F600}"), ([0xC3, 0xC3, 0xA9], "?\u{E9}"),
      ([0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80, 0x63, 0x80, 0xBF, 0x64], "a???b?c??d"),
      ([0x80, 0x80, 0x61], "??a"), ([0xF0, 0x90], "?"), ([0xF0], "?"), ([0xF4, 0x8F, 0xBF], "?"),
    ] as [([UInt8], String)])
  func repairsWithTheRightCount(bytes: [UInt8], expected: String) throws {
    let buffer = try Buffer("before ")
    try bytes.lent { try Text.appendRepaired($0, to: buffer) }
    #expect(buffer.string == "before " + expected.replacing("?", with: "\u{FFFD}"))
    #expect(Text.firstInvalid(buffer.bytes) == nil)
  }

  /// Each sequence of four bytes from the edges of the table, against the standard library's decoder.
  @Test func repairsAsTheStandardLibraryDoes() throws {
    let edges: [UInt8] = [
      0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF3, 0xF4, 0xF5,
    ]
    let buffer = Buffer()
    for number in 0..<(edges.count * edges.count * edges.count * edges.count) {
      let bytes = [12, 8, 4, 0].map { edges[number >> $0 & 15] }
      buffer.removeAll()
      try bytes.withUnsafeBufferPointer { bytes in try Text.appendRepaired(bytes, to: buffer) }
      if [UInt8](buffer.bytes) != [UInt8](String(decoding: bytes, as: UTF8.self).utf8) { Issue.record("\(bytes)") }
    }
  }

  @Test(arguments: [
    ("", ""), ("plain /\u{7F}\u{E9}\u{1F600}", "plain /\u{7F}\u{E9}\u{1F600}"), ("\"", "\\\""), ("\\", "\\\\"),
    ("\u{8}\t\n\u{C}\r", "\\b\\t\\n\\f\\r"), ("a\0b", "a\\u0000b"), ("\u{1F}\u{B}", "\\u001f\\u000b"),
    ("\"a\"", "\\\"a\\\""), ("\u{2028}", "\u{2028}"),
  ])
  func escapesOnlyWhatItMust(text: String, expected: String) throws {
    let buffer = Buffer()
    try text.lent { try Text.appendQuoted($0, to: buffer) }
    #expect(buffer.string == "\"\(expected)\"")
    buffer.removeAll()
    try text.lent { try Text.appendEscaped($0, to: buffer) }
    #expect(buffer.string == expected)
  }

  /// The plain parts are found 64 and 16 bytes at a time.
  @Test(arguments: [0, 1, 15, 16, 17, 63, 64, 65, 200])
  func escapesBetweenPlainParts(length: Int) throws {
    let plain = [UInt8](repeating: 0xC3, count: length)
    for (byte, escaped) in [(0x22, "\\\""), (0x5C, "\\\\"), (0x0A, "\\n"), (0x1F, "\\u001f"), (0x7F, "\u{7F}")]
      as [(UInt8, String)]
    {
      let buffer = Buffer()
      try (plain + [byte, byte] + plain + [byte]).lent { try Text.appendEscaped($0, to: buffer) }
      let expected = plain + Array((escaped + escaped).utf8) + plain + Array(escaped.utf8)
      expected.lent { #expect(buffer.bytes.equals($0)) }
    }
  }

  @Test func writesEveryAsciiCharacterAsJSON() throws {
    for byte in UInt8(0)...0x7F {
      let buffer = Buffer()
      try [byte].lent { try Text.appendQuoted($0, to: buffer) }
      #expect(status { _ = try JSONScanner.check(buffer.bytes) } == .ok, "\(byte)")
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("42", 42), ("-17", -17), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999999", nil), ("", nil),
      ("-", nil),
      ("+1", nil), ("1.0", nil), ("1e3", nil), (" 1", nil), ("1 ", nil), ("0x1", nil), ("--1", nil), ("1-", nil),
      ("\u{0661}", nil), ("1\0", nil), ("18446744073709551617", nil),
    ] as [(String, Int64?)])
  func readsIntegers(text: String, expected: Int64?) {
    text.lent { #expect(Text.integer($0) == expected) }
  }
}
