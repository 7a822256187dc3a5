import CDosai
import DosAIEngine
import DosaiCore

typealias HandleOut = UnsafeMutablePointer<OpaquePointer?>
typealias CString = UnsafePointer<CChar>
typealias LengthOut = UnsafeMutablePointer<Int>

/// Runs `body`, and turns a failure that it throws into a status and an error. Every function of the header that can
/// fail does so through this one.
func catchFailure(_ outError: HandleOut?, _ body: () throws(Failure) -> Void) -> dosai_status {
  outError?.pointee = nil
  do throws(Failure) {
    try body()
    return Status.ok.rawValue
  } catch {
    return giveError(ErrorReport(error), outError)
  }
}

/// Returns the status of a failure. If the caller wants the error, writes a handle for it, and one for the completion
/// that it lends.
func giveError(_ report: ErrorReport, _ outError: HandleOut?) -> dosai_status {
  guard let outError, report.status != .wouldBlock else { return report.status.rawValue }
  outError.pointee = Handle.give(report)
  if outError.pointee != nil, let completion = report.completion {
    report.lentCompletion = Handle.give(completion, isLent: true)
  }
  return report.status.rawValue
}

extension HandleOut {
  /// Writes a new handle for the object.
  func give<Object: Handled>(_ object: Object) throws(Failure) {
    guard let made = Handle.give(object) else { throw .outOfMemory }
    pointee = made
  }
}

/// Clears an output that the caller must pass.
func cleared(_ out: HandleOut?, _ message: Constant) throws(Failure) -> HandleOut {
  guard let out else { throw .invalid(message) }
  out.pointee = nil
  return out
}

/// A text argument: `length` bytes, or a C string if `length` is -1.
func text(_ start: CString?, _ length: Int, _ message: Constant) throws(Failure) -> Bytes {
  guard let start else {
    if length == 0 { return .empty }
    throw .invalid(message)
  }
  if length == -1 { return cStringBytes(start) }
  guard length >= 0 else { throw .invalid("length: is too large") }
  return Bytes(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: length)
}

/// A C string that the caller must pass.
func requiredCString(_ start: CString?, _ message: Constant) throws(Failure) -> Bytes {
  guard let start else { throw .invalid(message) }
  return cStringBytes(start)
}

/// The bytes of a C string.
func cStringBytes(_ start: CString) -> Bytes {
  var count = 0
  while start[count] != 0 { count += 1 }
  return Bytes(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
}

/// Lends a text, NUL-terminated, to the caller; nil becomes NULL with length 0.
func lend(_ bytes: Bytes?, _ outLength: LengthOut?) -> CString? {
  outLength?.pointee = bytes?.count ?? 0
  guard let bytes else { return nil }
  guard let start = bytes.baseAddress else { return emptyText }
  return UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
}

/// Lends a text that is NULL if it is empty.
@inline(__always)
func lend(found bytes: Bytes, _ length: inout Int) -> CString? {
  length = bytes.count
  return UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
}

/// Lends a constant: Swift's constants are NUL-terminated and are never freed.
func lend(_ text: StaticString) -> CString? { UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self) }

private var emptyText: CString? { lend("") }

/// Far more than any struct needs.
private let structSizeMax = 64 << 10

/// Copies the caller's struct, which may be shorter or longer than ours. Fields that it lacks become 0; fields that
/// only it has must be 0.
func read<Struct>(_ pointer: UnsafePointer<Struct>, into copy: inout Struct, least: Int) throws(Failure) {
  let raw = UnsafeRawPointer(pointer)
  let size = Int(clamping: raw.load(as: UInt32.self))
  // A larger size can only be uninitialized memory.
  guard size >= least, size <= structSizeMax else {
    throw .invalid("options: struct_size is not set; call the init function first")
  }
  let ours = MemoryLayout<Struct>.size
  withUnsafeMutableBytes(of: &copy) {
    $0.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: min(size, ours)))
  }
  for i in min(size, ours)..<size where raw.load(fromByteOffset: i, as: UInt8.self) != 0 {
    throw .invalid("options: has fields that this version of the library does not know")
  }
}

/// Fills as much of the caller's struct as fits its size. INVALID_ARGUMENT: struct_size is not set.
func fill<Struct>(_ pointer: UnsafeMutablePointer<Struct>?, from value: Struct) -> dosai_status {
  guard let pointer else { return Status.invalidArgument.rawValue }
  let raw = UnsafeMutableRawPointer(pointer)
  let size = raw.load(as: UInt32.self)
  guard size >= 8 else { return Status.invalidArgument.rawValue }
  withUnsafeBytes(of: value) {
    raw.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(raw), byteCount: min(Int(clamping: size), $0.count))
  }
  raw.storeBytes(of: size, as: UInt32.self)
  return Status.ok.rawValue
}

/// Sets the caller's struct to 0, except for its size.
func clear(_ pointer: UnsafeMutableRawPointer?, _ size: Int) {
  guard let pointer, size >= 4, let stored = UInt32(exactly: size) else { return }
  pointer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  pointer.storeBytes(of: stored, as: UInt32.self)
}
