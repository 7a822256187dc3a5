import TestSupport
import Testing

@testable import DosaiCore

/// The part of Buffer.swift that reads bytes.
struct BytesTests {
  @Test(arguments: [
    (0, 5, "hello"), (0, 9, "hello"), (1, 3, "el"), (4, 5, "o"), (5, 9, ""), (9, 12, ""), (3, 3, ""), (3, 1, ""),
    (-1, 3, ""), (Int.min, Int.max, ""), (2, Int.max, "llo"),
  ])
  func cutsAPart(from: Int, to: Int, gives expected: String) {
    "hello".lent { #expect($0.slice(from, to).string == expected) }
    #expect(Bytes.empty.slice(from, to).isEmpty)
  }

  @Test(arguments: [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("", "a", false)])
  func compares(one: String, other: String, expected: Bool) {
    one.lent { one in other.lent { #expect(one.equals($0) == expected) } }
    one.lent { one in other.lent { #expect($0.equals(one) == expected) } }
  }

  /// Each length, with a difference at each place, and with those before and behind that do not count.
  @Test func comparesAFewBytes() {
    for count in 0...64 {
      let one = (0..<count + 2).map { UInt8($0) }
      for at in 0..<count + 2 {
        var other = one
        other[0] ^= 0x40
        other[count + 1] ^= 0x01
        let isEqual = at == 0 || at == count + 1
        if !isEqual { other[at] ^= 0x80 }
        one.lent { one in
          other.lent { other in
            guard let one = one.baseAddress, let other = other.baseAddress else { return }
            #expect(isEqualShort(one + 1, other + 1, count) == isEqual, "\(at) of \(count)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    ("Content-Type", "content-tYPE", true), ("AZaz", "azAZ", true), ("@", "`", false), ("[", "{", false),
    ("", "", true),
    ("a", "ab", false), ("\u{C4}", "\u{E4}", false), ("K", "\u{212A}", false), ("-1", "\r\u{11}", false),
  ])
  func comparesAsciiInEitherCase(one: String, other: String, expected: Bool) {
    one.lent { one in other.lent { #expect(one.equalsIgnoringCase($0) == expected) } }
  }

  @Test(arguments: [("HTTP/1.1", true), ("HTTP/", true), ("HTTP", false), ("http/", false), ("", false)])
  func seesAPrefix(text: String, expected: Bool) {
    text.lent { #expect($0.starts(with: "HTTP/") == expected) }
    text.lent { #expect($0.starts(with: "")) }
  }

  @Test(arguments: [
    ("aaab", "aab", 0, 1), ("abab", "ab", 0, 0), ("abab", "ab", 1, 2), ("abab", "ab", 3, nil), ("ab", "abc", 0, nil),
    ("xab", "ab", 0, 1), ("ab", "", 0, nil), ("", "a", 0, nil), ("ab", "ab", -1, nil), ("ab", "b", 2, nil),
    ("ab", "b", Int.max, nil), ("aaaa", "aaaaa", 0, nil),
  ])
  func findsBytes(text: String, needle: String, from: Int, expected: Int?) {
    text.lent { text in needle.lent { #expect(text.firstIndex(of: $0, from: from) == expected) } }
  }

  @Test(arguments: [("a,b,c", 0, 1), ("a,b,c", 1, 1), ("a,b,c", 2, 3), ("a,b,c", 4, nil), ("", 0, nil), (",", -1, nil)])
  func findsAByte(text: String, from: Int, expected: Int?) {
    text.lent { #expect($0.firstIndex(of: UInt8(ascii: ","), from: from) == expected) }
  }

  @Test(arguments: [
    (" \t\r\n a b\n", "a b"), ("", ""), (" \n ", ""), ("a", "a"), ("\u{0B}a\u{A0}", "\u{0B}a\u{A0}"), ("\0 ", "\0"),
  ])
  func trimsBlanks(text: String, gives expected: String) {
    text.lent { #expect($0.trimmed.string == expected) }
  }

  @Test func knowsAsciiAlone() {
    for byte in UInt8.min...UInt8.max {
      let scalar = Unicode.Scalar(byte)
      #expect(byte.isDigit == (scalar.isASCII && scalar.properties.numericType == .decimal))
      #expect(byte.isBlank == [0x09, 0x0A, 0x0D, 0x20].contains(byte))
      let lower = scalar.isASCII ? scalar.properties.lowercaseMapping : String(scalar)
      #expect(String(Unicode.Scalar(byte.lowercased)) == lower)
    }
  }
}
