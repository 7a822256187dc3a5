/// Sixteen bytes at once. Where not every processor has vectors, the compiler makes them of single bytes, and two words
/// are several times faster.
#if arch(x86_64) || arch(arm64)
  typealias Sixteen = SixteenVector
#else
  typealias Sixteen = SixteenWords
#endif

// Of what `specials` and `specialsAndOthers` return, only the lowest bit that is set counts: it is in the first such byte.

extension Sixteen {
  /// The position of the first quote, backslash or control character; nil: there is none.
  @inline(__always)
  var firstSpecial: Int? {
    let ends = specials.words
    if ends.0 != 0 { return ends.0.trailingZeroBitCount &>> 3 }
    return ends.1 != 0 ? 8 + (ends.1.trailingZeroBitCount &>> 3) : nil
  }
}

struct SixteenVector {
  private let bytes: SIMD16<UInt8>

  @inline(__always)
  private init(_ bytes: SIMD16<UInt8>) { self.bytes = bytes }

  @inline(__always)
  private init(mask: SIMDMask<SIMD16<Int8>>) { bytes = unsafeBitCast(mask, to: SIMD16<UInt8>.self) }

  @inline(__always)
  init() { bytes = SIMD16(repeating: 0) }

  @inline(__always)
  init(at start: UnsafePointer<UInt8>) {
    bytes = UnsafeRawPointer(start).loadUnaligned(as: SIMD16<UInt8>.self)
  }

  /// From a place that `next` has named.
  @inline(__always)
  init(aligned start: UnsafePointer<UInt8>) { self.init(at: start) }

  /// Where to go on after the sixteen bytes from `start` on.
  @inline(__always)
  static func next(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> { start + 16 }

  @inline(__always)
  func write(to start: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(start).storeBytes(of: bytes, as: SIMD16<UInt8>.self)
  }

  /// The first eight bytes and the others, each with its first byte as the lowest.
  @inline(__always)
  var words: (UInt64, UInt64) {
    let words = unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
    return (UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1]))
  }

  /// Quotes, backslashes and control characters.
  @inline(__always)
  var specials: SixteenVector { Self(mask: quotes .| (bytes .< SIMD16(repeating: 0x20))) }

  /// These and bytes beyond ASCII, which are below 0 as signed numbers.
  @inline(__always)
  var specialsAndOthers: SixteenVector {
    Self(mask: quotes .| (unsafeBitCast(bytes, to: SIMD16<Int8>.self) .< SIMD16(repeating: 0x20)))
  }

  @inline(__always)
  private var quotes: SIMDMask<SIMD16<Int8>> {
    (bytes .== SIMD16(repeating: 0x22)) .| (bytes .== SIMD16(repeating: 0x5C))
  }

  @inline(__always)
  static func | (one: Self, other: Self) -> Self { Self(one.bytes | other.bytes) }

  @inline(__always)
  static func ^ (one: Self, other: Self) -> Self { Self(one.bytes ^ other.bytes) }

  @inline(__always)
  static func & (one: Self, other: Self) -> Self { Self(one.bytes & other.bytes) }
}

struct SixteenWords {
  let words: (UInt64, UInt64)

  @inline(__always)
  private init(_ first: UInt64, _ second: UInt64) { words = (first, second) }

  @inline(__always)
  init() { words = (0, 0) }

  @inline(__always)
  init(at start: UnsafePointer<UInt8>) {
    func word(_ at: Int) -> UInt64 {
      UInt64(littleEndian: UnsafeRawPointer(start + at).loadUnaligned(as: UInt64.self))
    }
    words = (word(0), word(8))
  }

  @inline(__always)
  init(aligned start: UnsafePointer<UInt8>) {
    let memory = UnsafeRawPointer(start)
    words = (
      UInt64(littleEndian: memory.load(as: UInt64.self)),
      UInt64(littleEndian: memory.load(fromByteOffset: 8, as: UInt64.self))
    )
  }

  /// A few of the bytes are read again: a word that is not aligned costs some processors eight loads.
  @inline(__always)
  static func next(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    start + 16 - Int(bitPattern: start) & 7
  }

  @inline(__always)
  func write(to start: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(start).storeBytes(of: words.0.littleEndian, as: UInt64.self)
    UnsafeMutableRawPointer(start + 8).storeBytes(of: words.1.littleEndian, as: UInt64.self)
  }

  @inline(__always)
  var specials: SixteenWords { Self(Self.specials(words.0), Self.specials(words.1)) }

  @inline(__always)
  var specialsAndOthers: SixteenWords {
    Self(Self.specials(words.0) | words.0 & Self.tops, Self.specials(words.1) | words.1 & Self.tops)
  }

  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var tops: UInt64 { 0x8080_8080_8080_8080 }

  /// The top bit of each byte that is one, and perhaps of others that follow the first one.
  @inline(never)
  private static func specials(_ word: UInt64) -> UInt64 {
    let quotes = word ^ 0x22 &* ones
    let backslashes = word ^ 0x5C &* ones
    let found = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- 0x20 &* ones) & ~word
    return found & tops
  }

  @inline(__always)
  static func | (one: Self, other: Self) -> Self {
    Self(one.words.0 | other.words.0, one.words.1 | other.words.1)
  }

  @inline(__always)
  static func ^ (one: Self, other: Self) -> Self {
    Self(one.words.0 ^ other.words.0, one.words.1 ^ other.words.1)
  }

  @inline(__always)
  static func & (one: Self, other: Self) -> Self {
    Self(one.words.0 & other.words.0, one.words.1 & other.words.1)
  }
}
