/// A hash table from names, which are texts or numbers, to positions in a list. The hash depends on this object's
/// address in memory, which whoever chooses the names does not know. If two names ever had the same hash, the caller
/// would notice, since it checks the name of what it finds.
package final class NameIndex {
  private struct Slot {
    var hash: UInt64
    var position: Int  // -1: none
  }

  private var slots: UnsafeMutablePointer<Slot>?
  private var size = 0  // a power of two, at least twice `count`
  private var count = 0

  package init() {}

  deinit { slots?.deallocate() }

  @inline(never)
  package func hash(_ text: Bytes, _ number: Int64 = 0) -> UInt64 {
    let seed = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    var hash = Self.mix(UInt64(bitPattern: number), seed)
    var word = UInt64(truncatingIfNeeded: text.count)
    for i in 0..<text.count {
      if i & 7 == 0 { hash = Self.mix(hash ^ word, seed) }
      word = word << 8 | UInt64(text[i])
    }
    return Self.mix(hash ^ word, seed)
  }

  private static func mix(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = (one ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: other ^ 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }

  /// The position that was set for that hash, or the largest of several; nil: none.
  @inline(never)
  package func find(_ hash: UInt64) -> Int? {
    guard let slots else { return nil }
    let position = slots[slot(hash)].position
    return position < 0 ? nil : position
  }

  @inline(never)
  package func set(_ hash: UInt64, _ position: Int) throws(Failure) {
    if 2 * count >= size { try grow() }
    guard let slots else { throw .internalError }
    let at = slot(hash)
    if slots[at].position < 0 { count += 1 }
    slots[at] = Slot(hash: hash, position: max(position, slots[at].position))
  }

  private func slot(_ hash: UInt64) -> Int {
    var at = Int(truncatingIfNeeded: hash) & (size - 1)
    while let slot = slots?[at], slot.position >= 0, slot.hash != hash { at = (at + 1) & (size - 1) }
    return at
  }

  private func grow() throws(Failure) {
    let old = slots
    let oldSize = size
    let newSize = max(16, 2 * oldSize)
    let made: UnsafeMutablePointer<Slot> = try allocate(newSize)
    made.initialize(repeating: Slot(hash: 0, position: -1), count: newSize)
    slots = made
    size = newSize
    guard let old else { return }
    for i in 0..<oldSize where old[i].position >= 0 { made[slot(old[i].hash)] = old[i] }
    old.deallocate()
  }
}
