import DosaiCore
import DosaiJSON
import Foundation

extension UnsafeBufferPointer where Element == UInt8 {
  var string: String { String(decoding: self, as: UTF8.self) }
}

extension Buffer {
  convenience init(_ text: some Sequence<UInt8>) throws {
    self.init()
    for byte in text { try append(byte) }
  }

  var string: String { bytes.string }
}

extension Document {
  static func read(_ text: String, limits: Limits = Limits()) throws -> Document {
    try read(taking: Buffer(text.utf8), limits: limits)
  }
}

/// The status that the body ends with.
func status(_ body: () throws -> Void) -> Status {
  do {
    try body()
    return .ok
  } catch {
    return (error as? Failure)?.status ?? .internalError
  }
}

/// Why the body failed, as people read it; nil: it did not.
func complaint(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    let line = Buffer()
    try? (error as? Failure)?.writeLine(to: line)
    return line.string
  }
}

/// JSON with its members in order and without blanks, so that two texts of one value are the same.
func sorted(_ json: String) throws -> String {
  let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
  let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes]
  return String(decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
}
