import CLibdosai

/// An object of the library, freed with the last value that holds it.
final class Handle: Sendable {
  nonisolated(unsafe) let pointer: OpaquePointer
  private let free: @Sendable (OpaquePointer?) -> Void

  init(_ pointer: OpaquePointer, _ free: @escaping @Sendable (OpaquePointer?) -> Void) {
    self.pointer = pointer
    self.free = free
  }

  deinit { free(pointer) }
}

typealias Out = UnsafeMutablePointer<OpaquePointer?>

/// Takes the error of a function that has failed.
func check(_ work: (Out) -> dosai_status) throws(DosaiError) {
  var error: OpaquePointer?
  let status = work(&error)
  guard status != 0 else { return }
  throw DosaiError(Status(rawValue: status), error.map { Handle($0) { dosai_error_free($0) } })
}

/// What a function makes, or its error.
func make(_ free: @escaping @Sendable (OpaquePointer?) -> Void, _ work: (Out, Out) -> dosai_status) throws(DosaiError)
  -> Handle
{
  var made: OpaquePointer?
  try check { error in work(&made, error) }
  guard let made else { throw DosaiError(.internal, "the library made nothing") }
  return Handle(made, free)
}

func string(_ start: UnsafePointer<CChar>, _ length: Int) -> String {
  String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
}

/// The text of a getter.
func text(_ get: (UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?) -> String? {
  var length = 0
  guard let start = get(&length) else { return nil }
  return string(start, length)
}

extension String {
  /// Calls C with the text, which is copied only if it is not UTF-8 in one piece.
  func pass<Result>(_ work: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    var own = self
    return own.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return work("", 0) }
      return work(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), bytes.count)
    }
  }

  /// The text for a C string, which U+0000 would end. It may be a key, so no error has it.
  func word() throws(DosaiError) -> String {
    guard utf8.contains(0) else { return self }
    throw DosaiError(.invalidArgument, "there is U+0000 in a text")
  }
}

extension Duration {
  init?(microseconds: Int64) {
    guard microseconds >= 0 else { return nil }
    self = .microseconds(microseconds)
  }

  /// Rounded up, so that zero, which would be the default, is the shortest; -1, which is none, if it is negative.
  var milliseconds: Int64 {
    let (seconds, rest) = components
    guard seconds >= 0, rest >= 0, seconds < 1 << 50 else { return -1 }
    return max(1, seconds * 1000 + (rest + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
