/// A JSON value as the text that it is, for the tests: they need neither Foundation nor numbers that change.
public struct JSON {
  private let bytes: [UInt8]
  private let start: Int
  private let end: Int

  public init(_ text: String) {
    bytes = Array(text.utf8)
    start = JSON.blank(bytes, 0)
    end = JSON.skip(bytes, start)
  }

  private init(_ bytes: [UInt8], _ start: Int, _ end: Int) { (self.bytes, self.start, self.end) = (bytes, start, end) }

  public var raw: String { String(decoding: bytes[start..<end], as: UTF8.self) }
  public var int: Int? { Int(raw) }
  public var elements: [JSON] { bytes[start] == UInt8(ascii: "[") ? values() : [] }
  public var members: [(String, JSON)] {
    guard bytes[start] == UInt8(ascii: "{") else { return [] }
    let values = values()
    return stride(from: 0, to: values.count - 1, by: 2).map { (values[$0].text ?? "", values[$0 + 1]) }
  }
  public subscript(key: String) -> JSON? { members.first { $0.0 == key }?.1 }

  public var text: String? {
    guard bytes[start] == UInt8(ascii: "\"") else { return nil }
    var units: [UInt16] = []
    var rest = Array(raw.utf16.dropFirst().dropLast())[...]
    while let unit = rest.popFirst() {
      guard unit == 0x5C, let escape = rest.popFirst() else {
        units.append(unit)
        continue
      }
      switch escape {
      case 0x62: units.append(8)
      case 0x66: units.append(12)
      case 0x6E: units.append(10)
      case 0x72: units.append(13)
      case 0x74: units.append(9)
      case 0x75:
        units.append(UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) ?? 0xFFFD)
        rest = rest.dropFirst(4)
      default: units.append(escape)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// What is inside of an array or object, without its punctuation.
  private func values() -> [JSON] {
    var found: [JSON] = []
    var at = JSON.blank(bytes, start + 1)
    while at < end - 1 {
      let next = JSON.skip(bytes, at)
      found.append(JSON(bytes, at, next))
      at = JSON.blank(bytes, next)
    }
    return found
  }

  private static func blank(_ bytes: [UInt8], _ from: Int) -> Int {
    var at = from
    while at < bytes.count, " \t\r\n,:".utf8.contains(bytes[at]) { at += 1 }
    return at
  }

  private static func skip(_ bytes: [UInt8], _ from: Int) -> Int {
    var (at, depth, isText) = (from, 0, false)
    while at < bytes.count {
      let byte = bytes[at]
      if isText {
        if byte == UInt8(ascii: "\\") { at += 1 }
        if byte == UInt8(ascii: "\"") { isText = false }
      } else if byte == UInt8(ascii: "\"") {
        isText = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        if depth == 0 { return at }
        depth -= 1
      } else if depth == 0, " \t\r\n,:".utf8.contains(byte) {
        return at
      }
      at += 1
      if depth == 0, !isText, "\"]}".utf8.contains(byte) { return at }
    }
    return bytes.count
  }

  // ---- writing

  public static func quote(_ text: String?) -> String {
    guard let text else { return "null" }
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      if byte < 0x20 {
        bytes += Array("\\u00".utf8) + (byte < 16 ? [48] : []) + Array(String(byte, radix: 16).utf8)
      } else {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      }
    }
    return String(decoding: bytes + [UInt8(ascii: "\"")], as: UTF8.self)
  }

  public static func object(_ members: KeyValuePairs<String, String>) -> String {
    "{" + members.map { quote($0.key) + ":" + $0.value }.joined(separator: ",") + "}"
  }

  public static func array(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }
}
