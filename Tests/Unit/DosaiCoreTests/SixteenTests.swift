import TestSupport
import Testing

@testable import DosaiCore

/// Both kinds, though a processor uses one of them.
struct SixteenTests {
  /// Of each byte at each place, between plain ones and others.
  @Test func findsTheFirstSpecial() {
    for byte in UInt8.min...UInt8.max {
      for at in 0..<16 {
        for around: UInt8 in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F] {
          var bytes = [UInt8](repeating: around, count: 16)
          bytes[at] = byte
          if at < 14 { bytes[at + 2] = 0x22 }
          let expected = bytes.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C } ?? 16
          let others = min(expected, bytes.firstIndex { $0 >= 0x80 } ?? 16)
          bytes.lent {
            guard let start = $0.baseAddress else { return }
            let (vector, words) = (SixteenVector(at: start), SixteenWords(at: start))
            #expect(first(vector.specials.words) == expected)
            #expect(first(words.specials.words) == expected)
            #expect(first(vector.specialsAndOthers.words) == others)
            #expect(first(words.specialsAndOthers.words) == others)
          }
        }
      }
    }
  }

  @Test func writesWhatItHasRead() {
    let bytes = (0..<16).map { UInt8(truncatingIfNeeded: 0xF8 + $0) }
    var (one, other) = ([UInt8](repeating: 0, count: 16), [UInt8](repeating: 0, count: 16))
    bytes.lent {
      guard let start = $0.baseAddress else { return }
      let (vector, words) = (SixteenVector(at: start), SixteenWords(at: start))
      one.withUnsafeMutableBufferPointer { if let out = $0.baseAddress { vector.write(to: out) } }
      other.withUnsafeMutableBufferPointer { if let out = $0.baseAddress { words.write(to: out) } }
      #expect(vector.words == words.words)
      #expect(words.words.0 == 0xFFFE_FDFC_FBFA_F9F8)
    }
    #expect(one == bytes)
    #expect(other == bytes)
  }

  /// The next bytes are aligned, and none is left out.
  @Test func goesOnAtAWord() {
    let bytes = [UInt64](repeating: 0x2020_2020_2020_2020, count: 8)
    bytes.withUnsafeBytes { memory in
      guard let start = memory.bindMemory(to: UInt8.self).baseAddress else { return }
      for ahead in 0..<8 {
        let next = SixteenWords.next(start + ahead)
        #expect(Int(bitPattern: next) & 7 == 0)
        #expect(next - start - ahead <= 16 && next - start - ahead > 8)
        #expect(SixteenWords(aligned: next).words == SixteenWords(at: next).words)
      }
    }
  }

  private func first(_ words: (UInt64, UInt64)) -> Int {
    words.0 != 0 ? words.0.trailingZeroBitCount / 8 : 8 + words.1.trailingZeroBitCount / 8
  }
}
