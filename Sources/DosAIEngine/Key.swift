import CSystem
import DosaiCore
import DosaiHTTP

/// How a client sends its key, and the function that gives a key that changes.
package struct Key {
  package typealias Function = @convention(c) (UnsafeMutablePointer<CChar>?, Int, UnsafeMutableRawPointer?) -> Int32

  /// The header whose value is the key alone; nil: "Authorization: Bearer KEY".
  package var header: Buffer?
  package var function: Function?
  package var context: UnsafeMutableRawPointer?
  /// A token of Entra ID that lists many groups has up to 8 KB.
  private static let sizeMax = 16 << 10

  package init() {}

  /// INVALID_ARGUMENT: a header cannot have this key.
  package func field(_ key: Bytes) throws(Failure) -> HeaderField {
    if key.isEmpty { throw .invalid("api_key: must not be empty") }
    try HeaderField.check(key, "api_key: has a control character or a character that is not ASCII")
    let value = Buffer()
    defer { value.wipe() }
    if header == nil { try value.append("Bearer ") }
    try value.append(key)
    return try HeaderField(header?.bytes ?? literal("Authorization"), value.bytes)
  }

  /// Asks the host for the key of the next attempt.
  func ask(_ function: Function) throws(Failure) -> Secret {
    let given: UnsafeMutablePointer<CChar> = try allocate(Self.sizeMax)
    given.initialize(repeating: 0, count: Self.sizeMax)
    defer {
      csystem_wipe(given, Self.sizeMax)
      given.deallocate()
    }
    if function(given, Self.sizeMax, context) != 0 { throw Failure(.cancelled, "cancelled by key_fn") }
    let key = Bytes(start: UnsafeRawPointer(given).assumingMemoryBound(to: UInt8.self), count: Self.sizeMax)
    guard let end = key.firstIndex(of: 0, from: 0) else { throw .invalid("key_fn: the key is not NUL-terminated") }
    return try Secret(key.slice(0, end))
  }
}
