/// Numbers of tokens; -1: the server did not send it.
package struct Usage: Equatable {
  // In the order of their numbers.
  package var promptTokens: Int64 = -1
  package var completionTokens: Int64 = -1
  package var totalTokens: Int64 = -1
  package var cachedTokens: Int64 = -1
  package var reasoningTokens: Int64 = -1

  package init() {}

  private static let fieldCount = 5

  /// The number of a field, by its key and that of the object in `usage` that it is in; -1: it is none.
  static func field(of key: Bytes, in object: Bytes) -> Int {
    for field in 0..<fieldCount {
      let name = Wire.usage(field)
      if key.equals(name.key) && object.equals(name.object) { return field }
    }
    return -1
  }

  @inline(__always)
  mutating func set(_ field: Int, _ tokens: Int64) {
    withUnsafeMutableBytes(of: &self) { $0.storeBytes(of: tokens, toByteOffset: field &* 8, as: Int64.self) }
  }

  package init<Value: JSONValue>(_ usage: Value) {
    for field in 0..<Self.fieldCount {
      let name = Wire.usage(field)
      let object = name.object.utf8CodeUnitCount == 0 ? usage : usage.member(name.object)
      if let tokens = object?.integer(name.key) { set(field, tokens) }
    }
  }
}
