/// Bytes that someone else owns. The owner defines how long they are valid.
package typealias Bytes = UnsafeBufferPointer<UInt8>

// The core uses nothing from outside except these functions of libc, and two more in other files.
@_extern(c, "realloc") private func c_realloc(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer?
#if objectFormat(MachO)
  @_extern(c, "memset_s") @discardableResult private func c_memset_s(
    _ memory: UnsafeMutableRawPointer, _ size: Int, _ byte: Int32, _ count: Int
  ) -> Int32
  private func c_explicit_bzero(_ memory: UnsafeMutableRawPointer, _ size: Int) { c_memset_s(memory, size, 0, size) }
#else
  @_extern(c, "explicit_bzero") private func c_explicit_bzero(_ memory: UnsafeMutableRawPointer, _ size: Int)
#endif
@_extern(c, "memchr") private func c_memchr(
  _ memory: UnsafeRawPointer, _ byte: Int32, _ size: Int
) -> UnsafeMutableRawPointer?
@_extern(c, "memmem") private func c_memmem(
  _ memory: UnsafeRawPointer, _ size: Int, _ part: UnsafeRawPointer, _ partSize: Int
) -> UnsafeMutableRawPointer?
@_extern(c, "memmove") @discardableResult private func c_memmove(
  _ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ size: Int
) -> UnsafeMutableRawPointer
@_extern(c, "memcmp") private func c_memcmp(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ size: Int) -> Int32

@inline(__always)
func isEqual(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  c_memcmp(one, other, count) == 0
}

/// Compares a few bytes inline.
@inline(__always)
func isEqualShort(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  if count < 4 || count > 32 { return isEqual(one, other, count) }
  if count < 8 { return differences(one, other, count, UInt32.self) == 0 }
  if count < 16 { return differences(one, other, count, UInt64.self) == 0 }
  let last = count &- 16
  let all = (Sixteen(at: one) ^ Sixteen(at: other)) | (Sixteen(at: one + last) ^ Sixteen(at: other + last))
  return all.words.0 | all.words.1 == 0
}

/// 0: the bytes are equal. They are as many as a word or two.
@inline(__always)
private func differences<Word: FixedWidthInteger>(
  _ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int, _ type: Word.Type
) -> Word {
  func word(_ at: UnsafePointer<UInt8>) -> Word { UnsafeRawPointer(at).loadUnaligned(as: Word.self) }
  let last = count &- MemoryLayout<Word>.size
  return (word(one) ^ word(other)) | (word(one + last) ^ word(other + last))
}

/// A growing sequence of bytes. A NUL, which is not counted, always follows them. If there is no memory, it throws.
package final class Buffer {
  private var base: UnsafeMutablePointer<UInt8>?
  private var capacity = 0
  package private(set) var count = 0

  package init() {}

  package convenience init(copying bytes: Bytes) throws(Failure) {
    self.init()
    try append(bytes)
  }

  deinit { base?.deallocate() }

  /// Lent until the buffer changes.
  @inline(__always)
  package var bytes: Bytes { Bytes(start: base, count: count) }

  package var isEmpty: Bool { count == 0 }

  /// The bytes, for overwriting them in place.
  package var mutable: UnsafeMutableBufferPointer<UInt8> { UnsafeMutableBufferPointer(start: base, count: count) }

  /// Makes room for `extra` more bytes and the NUL.
  package func reserve(_ extra: Int) throws(Failure) {
    let (needed, overflow) = count.addingReportingOverflow(extra)
    if overflow || needed >= Int.max / 2 { throw .outOfMemory }
    if needed < capacity { return }
    let size = max(needed + 1, min(capacity * 2, needed + (64 << 20)), 32)
    guard let grown = c_realloc(base, size) else { throw .outOfMemory }
    base = grown.assumingMemoryBound(to: UInt8.self)
    capacity = size
    base?[count] = 0
  }

  package func append(_ bytes: Bytes) throws(Failure) {
    try reserve(bytes.count)
    guard let base, let start = bytes.baseAddress else { return }
    c_memmove(base + count, start, bytes.count)
    count += bytes.count
    base[count] = 0
  }

  /// Appends inline, for cases in which a call would be most of the cost. False: out of memory.
  @inline(__always)
  func add(_ bytes: Bytes) -> Bool {
    addInPlace(bytes, upTo: Int.max) || (try? append(bytes)) != nil
  }

  /// Appends at most 16 bytes inline, from `start` on, from where 16 can be read, and returns them. nil: there is no room.
  @inline(__always)
  func addShort(_ start: UnsafePointer<UInt8>, _ length: Int) -> UnsafePointer<UInt8>? {
    guard capacity &- count > 16, let base else { return nil }
    let end = base + count
    Sixteen(at: start).write(to: end)
    end[length] = 0
    count = count &+ length
    return UnsafePointer(end)
  }

  /// Appends inline, if it has fewer than `max` bytes and room for these. False: it has not.
  @inline(__always)
  package func addInPlace(_ bytes: Bytes, upTo max: Int) -> Bool {
    guard bytes.count < capacity &- count, count < max, let base, let start = bytes.baseAddress else { return false }
    c_memmove(base + count, start, bytes.count)
    count = count &+ bytes.count
    base[count] = 0
    return true
  }

  /// Appends a byte and these bytes, if there is room.
  @inline(__always)
  package func addInPlace(_ bytes: Bytes, behind byte: UInt8) -> Bool {
    guard bytes.count &+ 1 < capacity &- count, let end, let start = bytes.baseAddress else { return false }
    end.pointee = byte
    c_memmove(end + 1, start, bytes.count)
    extend(by: bytes.count &+ 1)
    return true
  }

  /// Replaces all bytes, if there is room. `readable`: how many can be read, if that is 32; else 0.
  @inline(__always)
  func assign(inPlace bytes: Bytes, readable: Int) -> Bool {
    guard let base, let start = bytes.baseAddress else { return false }
    if bytes.count < readable {  // and no memory is smaller than that
      Sixteen(at: start).write(to: base)
      Sixteen(at: start + 16).write(to: base + 16)
    } else if bytes.count < capacity {
      c_memmove(base, start, bytes.count)
    } else {
      return false
    }
    count = bytes.count
    base[count] = 0
    return true
  }

  func assign(_ bytes: Bytes) throws(Failure) {
    removeAll()
    try append(bytes)
  }

  @inline(never)
  package func append(_ byte: UInt8) throws(Failure) {
    try reserve(1)
    base?[count] = byte
    count += 1
    base?[count] = 0
  }

  package func append(_ text: StaticString) throws(Failure) { try append(text.bytes) }

  @inline(never)
  package func append(decimal value: Int64) throws(Failure) {
    var digits = value.magnitude
    var divisor: UInt64 = 1
    while digits / divisor >= 10 { divisor *= 10 }
    if value < 0 { try append(UInt8(ascii: "-")) }
    while divisor > 0 {
      try append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits / divisor))
      digits %= divisor
      divisor /= 10
    }
  }

  /// Replaces `range` with `bytes`, which must not be this buffer's own.
  package func replace(_ range: Range<Int>, with bytes: Bytes) throws(Failure) {
    guard range.lowerBound >= 0, range.upperBound <= count else { throw .internalError }
    try reserve(max(0, bytes.count - range.count))
    guard let base else { return }
    let tail = count - range.upperBound
    c_memmove(base + range.lowerBound + bytes.count, base + range.upperBound, tail)
    if let start = bytes.baseAddress { c_memmove(base + range.lowerBound, start, bytes.count) }
    count += bytes.count - range.count
    base[count] = 0
  }

  @inline(__always)
  var start: UnsafeMutablePointer<UInt8>? { base }

  /// Where the next byte goes. `reserve` makes room there, and `extend` adds what was written.
  @inline(__always)
  var end: UnsafeMutablePointer<UInt8>? { base.map { $0 + count } }

  /// How many more bytes there is memory for, with the NUL.
  @inline(__always)
  var free: Int { capacity &- count }

  @inline(__always)
  func extend(by written: Int) {
    count = count &+ written
    base?[count] = 0
  }

  /// Removes the first bytes.
  package func removeFirst(_ dropped: Int) {
    guard let base, dropped > 0 else { return }
    let left = max(0, count - dropped)
    if left > 0 { c_memmove(base, base + dropped, left) }
    count = left
    base[left] = 0
  }

  /// Whether these bytes are in its memory.
  func holds(_ bytes: Bytes) -> Bool {
    guard let base, let start = bytes.baseAddress else { return false }
    return start >= UnsafePointer(base) && start < UnsafePointer(base + count)
  }

  /// Moves the bytes from `from` on to other memory. Returns the owner of all that were there.
  func leaveMemory(from: Int) throws(Failure) -> Buffer {
    let other = try Buffer(copying: bytes.slice(from, count))
    swap(&base, &other.base)
    swap(&capacity, &other.capacity)
    swap(&count, &other.count)
    return other
  }

  /// Removes all bytes, but keeps the memory.
  package func removeAll() {
    count = 0
    base?[0] = 0
  }

  package func truncate(to length: Int) {
    guard length >= 0, length < count else { return }
    count = length
    base?[count] = 0
  }

  /// Removes all bytes, and frees the memory if it is larger than `keeping`.
  package func shrink(keeping: Int) {
    count = 0
    if capacity > keeping {
      base?.deallocate()
      base = nil
      capacity = 0
    } else {
      base?[0] = 0
    }
  }

  /// Adds the memory of the last bytes, and of the next ones.
  func addMemory(to prefetchList: PrefetchList, last: Int) {
    prefetchList.add(self)
    let from = max(0, count - last)
    prefetchList.add(base.map { $0 + from }, count - from + 64)
  }

  /// Overwrites all of the memory, and removes all bytes.
  package func wipe() {
    if let base { c_explicit_bzero(base, capacity) }
    count = 0
  }
}

extension StaticString {
  package var bytes: Bytes { Bytes(start: utf8Start, count: utf8CodeUnitCount) }
}

/// A constant text by its address alone: it is NUL-terminated, and never freed.
package struct Constant: ExpressibleByStringLiteral {
  fileprivate let start: UnsafePointer<UInt8>

  @inline(__always)
  package init(stringLiteral text: StaticString) { start = text.utf8Start }

  package var bytes: Bytes {
    var count = 0
    while start[count] != 0 { count += 1 }
    return Bytes(start: start, count: count)
  }
}

/// The bytes of a constant.
package func literal(_ text: StaticString) -> Bytes { text.bytes }

extension UnsafeBufferPointer where Element == UInt8 {
  package static var empty: Bytes { Bytes(start: nil, count: 0) }

  /// The bytes from `from` up to, but not including, `to`; fewer if it ends earlier.
  @inline(never)
  package func slice(_ from: Int, _ to: Int) -> Bytes {
    let end = Swift.min(to, count)
    guard let baseAddress, from >= 0, from < end else { return .empty }
    return Bytes(start: baseAddress + from, count: end - from)
  }

  package func equals(_ other: Bytes) -> Bool {
    guard count == other.count else { return false }
    guard let one = baseAddress, let two = other.baseAddress else { return true }
    return c_memcmp(one, two, count) == 0
  }

  package func equals(_ text: StaticString) -> Bool { equals(text.bytes) }

  /// Whether the bytes are equal, ignoring the case of ASCII letters.
  package func equalsIgnoringCase(_ other: Bytes) -> Bool {
    guard count == other.count else { return false }
    for i in 0..<count where self[i].lowercased != other[i].lowercased { return false }
    return true
  }

  package func starts(with prefix: StaticString) -> Bool { slice(0, prefix.utf8CodeUnitCount).equals(prefix.bytes) }

  /// The index of the first such byte at or after `from`.
  package func firstIndex(of byte: UInt8, from: Int) -> Int? {
    guard let baseAddress, from >= 0, from < count else { return nil }
    guard let found = c_memchr(baseAddress + from, Int32(byte), count - from) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
  }

  /// The index of the first such bytes at or after `from`.
  package func firstIndex(of needle: Bytes, from: Int = 0) -> Int? {
    guard let baseAddress, from >= 0, from < count, let first = needle.baseAddress, !needle.isEmpty else { return nil }
    guard let found = c_memmem(baseAddress + from, count - from, first, needle.count) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
  }

  /// The bytes without spaces, tabs, line feeds and carriage returns at either end.
  @inline(never)
  package var trimmed: Bytes {
    var from = 0
    var to = count
    while from < to, self[from].isBlank { from += 1 }
    while to > from, self[to - 1].isBlank { to -= 1 }
    return slice(from, to)
  }
}

extension UInt8 {
  package var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
  package var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isLetter: Bool { lowercased >= 0x61 && lowercased <= 0x7A }
  package var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
