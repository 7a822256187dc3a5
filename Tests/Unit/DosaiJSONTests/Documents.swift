import DosaiCore
import DosaiJSON
import Foundation
import TestSupport

extension Document {
  static func read(_ text: String, limits: Limits = Limits()) throws -> Document {
    try read(taking: Buffer(text.utf8), limits: limits)
  }
}

/// JSON with its members in order and without blanks, so that two texts of one value are the same.
func sorted(_ json: String) throws -> String {
  let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
  let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes]
  return String(decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
}
