/// The bytes that the lists of a template's events have in common, with slots for their strings and numbers: what is
/// like a list that was checked in all but these need not be checked again.
///
/// It is a sequence of steps. Each compares up to sixteen bytes, and then passes a value.
struct ListShape {
  private enum Slot: UInt8 {
    case none
    /// A string, from behind its first quote on.
    case string
    case number
    /// Whole numbers with commas between them.
    case numbers
    /// The list ends there.
    case end
  }

  // The bytes of a step: those to compare, a mask of these, how many these are, and the slot.
  private static let slotAt = 33
  private static let stepSize = 34
  private static let stepsMax = 256

  let steps = Buffer()

  /// `list`: what was checked, without its brackets. nil: it is empty, or has too many values.
  static func make(_ list: Bytes) throws(Failure) -> ListShape? {
    let shape = ListShape()
    var from = 0
    var at = 0
    while at < list.count, shape.steps.count < stepsMax * stepSize {
      let (slot, start, end) = value(list, at)
      at = slot == .string ? end + 1 : end
      if slot == .none { continue }
      try shape.add(list.slice(from, start), slot)
      from = end
    }
    try shape.add(list.slice(from, list.count), .end)
    return at < list.count || list.isEmpty ? nil : shape
  }

  /// The slot for what stands at `at`, and its range.
  private static func value(_ list: Bytes, _ at: Int) -> (Slot, Int, Int) {
    if list[at] == UInt8(ascii: "\"") {
      let end = JSONScanner.endOfString(list, at)
      let next = list.slice(JSONScanner.skipBlanks(list, end), list.count).first
      return next == UInt8(ascii: ":") ? (.none, at, end) : (.string, at + 1, end - 1)
    }
    guard list[at].isDigit || list[at] == UInt8(ascii: "-"), let base = list.baseAddress else {
      return (.none, at, at + 1)
    }
    if at > 0, list[at - 1] == UInt8(ascii: "["), let end = numbersEnd(base + at, base + list.count),
      list.slice(end - base, list.count).first == UInt8(ascii: "]")
    {
      return (.numbers, at, end - base)
    }
    return (.number, at, JSONScanner.end(of: list, from: at))
  }

  private func add(_ literal: Bytes, _ slot: Slot) throws(Failure) {
    var from = 0
    repeat {
      let part = literal.slice(from, from + 16)
      from += 16
      try steps.append(part)
      for _ in part.count..<16 { try steps.append(0) }
      for i in 0..<16 { try steps.append(i < part.count ? 0xFF : 0) }
      try steps.append(UInt8(truncatingIfNeeded: part.count))
      try steps.append(from < literal.count ? Slot.none.rawValue : slot.rawValue)
    } while from < literal.count
  }

  /// Where a list ends that begins at `start` and has the shape with these steps; nil: it has another, or must be checked.
  static func end(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ steps: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    let last = end - 17  // from where 16 bytes can be read, and one follows
    var (at, step) = (start, steps)
    while at <= last {
      let differs = (Sixteen(at: at) ^ Sixteen(at: step)) & Sixteen(at: step + 16)
      if differs.words.0 | differs.words.1 != 0 { return nil }
      at += Int(step[32])
      let slot = step[slotAt]
      if slot == Slot.string.rawValue {
        guard let quote = stringEnd(at, end, last) else { return nil }
        at = quote
      } else if slot == Slot.numbers.rawValue {
        guard let found = numbersEnd(at, last) else { return nil }
        at = found
      } else if slot == Slot.number.rawValue {
        guard let found = numberEnd(at, end, last) else { return nil }
        at = found
      } else if slot == Slot.end.rawValue {
        return at
      }
      step += stepSize
    }
    return nil
  }

  /// The quote that ends a string.
  @inline(__always)
  private static func stringEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ last: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    if start <= last {
      let found = Text.shortEnd(start)
      if found.pointee == UInt8(ascii: "\"") { return found }
    }
    return JSONScanner.validStringEnd(start, end)
  }

  @inline(__always)
  private static func numberEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ last: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    let first = start.pointee == UInt8(ascii: "-") ? start + 1 : start
    guard var at = digitsEnd(first, last), at - first == 1 || at - first < 19 && first.pointee != UInt8(ascii: "0")
    else { return nil }
    if at.pointee == UInt8(ascii: ".") {
      guard let found = digitsEnd(at + 1, last), found - start < 256 else { return nil }
      at = found
    }
    return at.pointee | 0x20 == UInt8(ascii: "e") ? JSONScanner.exponentEnd(at, end) : at
  }

  /// Where one or more digits end; nil: there are none, or they reach `last`.
  @inline(__always)
  private static func digitsEnd(
    _ start: UnsafePointer<UInt8>, _ last: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var at = start
    while at <= last {
      let count = JSONScanner.digits(at, UInt64.self)
      at += count
      if count < 8 { return at > start ? at : nil }
    }
    return nil
  }

  /// The end of whole numbers of at most three digits.
  @inline(__always)
  private static func numbersEnd(
    _ start: UnsafePointer<UInt8>, _ last: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var at = start
    while at <= last {
      let digits = JSONScanner.digits(at, UInt32.self)
      if digits == 0 || digits > 3 || digits > 1 && at.pointee == UInt8(ascii: "0") { return nil }
      at += digits + 1
      if at[-1] != UInt8(ascii: ",") { return at - 1 }
    }
    return nil
  }
}
