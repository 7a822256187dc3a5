import CSystem
import DosAIEngine
import DosaiCore
import DosaiHTTP

/// An object that a handle of the header stands for.
protocol Handled: AnyObject {
  /// Four letters that identify the type: Swift imports all handles as the same pointer type.
  static var typeTag: UInt32 { get }
}

/// What a handle points to. Its type is checked before any Swift reference is formed.
private struct Cell {
  var typeTag: UInt32
  var process: Int32
  var isLent: Bool
  var object: UnsafeMutableRawPointer
}

enum Handle {
  private static func cell(_ handle: OpaquePointer) -> UnsafeMutablePointer<Cell> {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: Cell.self)
  }

  /// Makes a handle, which the caller frees; nil: out of memory. A lent handle is valid until `consume`.
  static func give<Object: Handled>(_ object: Object, isLent: Bool = false) -> OpaquePointer? {
    malloc(size).map { give(object, in: $0, isLent: isLent) }
  }

  /// Allocates memory for a handle that is made later, when nothing may fail any more. If none is made, `free` it.
  static func allocate() throws(Failure) -> UnsafeMutableRawPointer {
    guard let memory = malloc(size) else { throw .outOfMemory }
    return memory
  }

  static func give<Object: Handled>(
    _ object: Object, in memory: UnsafeMutableRawPointer, isLent: Bool = false
  ) -> OpaquePointer {
    let made = memory.bindMemory(to: Cell.self, capacity: 1)
    made.initialize(
      to: Cell(
        typeTag: Object.typeTag, process: ProcessState.id, isLent: isLent,
        object: Unmanaged.passRetained(object).toOpaque()))
    return OpaquePointer(made)
  }

  /// The object, for getters; nil for NULL and for handles of another type.
  @inline(__always)
  static func peek<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type) -> Object? {
    guard let handle, cell(handle).pointee.typeTag == Object.typeTag else { return nil }
    return Unmanaged<Object>.fromOpaque(cell(handle).pointee.object).takeUnretainedValue()
  }

  /// The object; nil for NULL, for handles of another type, and for those that were made before a fork.
  @inline(__always)
  static func own<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type) -> Object? {
    guard let object = peek(handle, kind), let handle, cell(handle).pointee.process == ProcessState.id else {
      return nil
    }
    return object
  }

  /// As `own`, without reference counting: valid as long as something else keeps the object. Calls nothing; nil also if
  /// that is needed to know the process.
  @inline(__always)
  static func known<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type) -> Unmanaged<Object>? {
    guard let handle, cell(handle).pointee.typeTag == Object.typeTag,
      ProcessState.isKnown(cell(handle).pointee.process)
    else { return nil }
    return Unmanaged<Object>.fromOpaque(cell(handle).pointee.object)
  }

  /// The object, for functions that return a status. INVALID_ARGUMENT for NULL and for handles of another type; FORKED
  /// for a handle that was made before a fork.
  static func borrow<Object: Handled>(
    _ handle: OpaquePointer?, _ kind: Object.Type, _ message: Constant
  ) throws(Failure) -> Object {
    if let object = own(handle, kind) { return object }
    if peek(handle, kind) == nil { throw .invalid(message) }
    throw Failure(.forked, "the handle was created before a fork")
  }

  /// Frees a handle and returns its object; nil for NULL, handles of another type and handles that were only lent.
  static func consume<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type, lent: Bool = false) -> Object? {
    guard let handle, let object = invalidate(handle, kind, lent: lent) else { return nil }
    free(cell(handle))
    return object
  }

  /// Makes a handle invalid and returns its object, but keeps the memory, which belongs to the lender.
  static func invalidate<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type, lent: Bool = true) -> Object? {
    guard let handle, cell(handle).pointee.typeTag == Object.typeTag, cell(handle).pointee.isLent == lent else {
      return nil
    }
    cell(handle).pointee.typeTag = 0
    return Unmanaged<Object>.fromOpaque(cell(handle).pointee.object).takeRetainedValue()
  }

  static func free<Object: Handled>(_ handle: OpaquePointer?, _ kind: Object.Type) { _ = consume(handle, kind) }

  /// The size of a handle's memory.
  static var size: Int { MemoryLayout<Cell>.size }

  private static func free(_ memory: UnsafeMutablePointer<Cell>) { CSystem.free(memory) }
}
