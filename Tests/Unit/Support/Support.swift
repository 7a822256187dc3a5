import DosaiCore
import Glibc

extension String {
  /// Lends the text in memory that nobody can read beyond its end.
  package func lent<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result { try [UInt8](utf8).lent(body) }

  package func times(_ count: Int) -> String { String(repeating: self, count: count) }
}

extension [UInt8] {
  package func lent<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
    let page = Int(getpagesize())
    let size = (count + page - 1) / page * page
    guard let pages = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mprotect(pages + size, page, PROT_NONE) == 0
    else { fatalError("there is no memory") }
    defer { munmap(pages, size + page) }
    let memory = (pages + size - count).assumingMemoryBound(to: UInt8.self)
    memory.initialize(from: self, count: count)
    return try body(Bytes(start: memory, count: count))
  }
}

extension UnsafeBufferPointer where Element == UInt8 {
  package var string: String { String(decoding: self, as: UTF8.self) }
}

extension Buffer {
  package convenience init(_ text: String) throws {
    self.init()
    try text.lent { try append($0) }
  }

  package convenience init(_ text: some Sequence<UInt8>) throws {
    self.init()
    for byte in text { try append(byte) }
  }

  package var string: String { bytes.string }

  /// The byte behind the last.
  package var terminator: UInt8? { bytes.baseAddress.map { $0[count] } }

  package var room: Int { Mirror(reflecting: self).descendant("capacity") as? Int ?? -1 }
}

/// The status that the body ends with.
package func status(_ body: () throws -> Void) -> Status {
  do {
    try body()
    return .ok
  } catch {
    return (error as? Failure)?.status ?? .internalError
  }
}

/// Why the body failed, as people read it; nil: it did not.
package func complaint(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    let line = Buffer()
    try? (error as? Failure)?.writeLine(to: line)
    return line.string
  }
}

/// The same numbers for the same seed.
package struct Lehmer: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed &* 2 &+ 0x9E37_79B9_7F4A_7C15 }

  package mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
