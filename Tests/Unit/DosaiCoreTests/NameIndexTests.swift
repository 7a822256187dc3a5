import DosaiCore
import TestSupport
import Testing

struct NameIndexTests {
  @Test func findsWhatWasSet() throws {
    let index = NameIndex()
    #expect(index.find(index.hash(.empty, 1)) == nil)
    for number in 0..<5000 as Range<Int64> {
      try index.set(index.hash(.empty, number), Int(number))
      try "k\(number)".lent { try index.set(index.hash($0), Int(number) + 5000) }
    }
    for number in 0..<5000 as Range<Int64> {
      #expect(index.find(index.hash(.empty, number)) == Int(number))
      #expect("k\(number)".lent { index.find(index.hash($0)) } == Int(number) + 5000)
      #expect(index.find(index.hash(.empty, -1 - number)) == nil)
      #expect("K\(number)".lent { index.find(index.hash($0)) } == nil)
    }
  }

  /// Also where it comes first.
  @Test func theLargestPositionCounts() throws {
    let index = NameIndex()
    for position in [3, 7, 5] { try index.set(index.hash(.empty, 9), position) }
    #expect(index.find(index.hash(.empty, 9)) == 7)
  }

  /// Numbers that lie in a row, multiples, texts that differ in one place, and blanks at the end: all hash otherwise.
  @Test func tellsNeighboursApart() {
    let index = NameIndex()
    var hashes = Set<UInt64>()
    var count = 0
    for number in -1000..<1000 as Range<Int64> {
      hashes.insert(index.hash(.empty, number))
      hashes.insert(index.hash(.empty, number << 32 | 0x4000_0000))
      count += 2
    }
    for length in 1..<40 {
      for at in 0..<length {
        var text = [UInt8](repeating: 0, count: length)
        for byte in 1..<4 as Range<UInt8> {
          text[at] = byte
          hashes.insert(text.lent { index.hash($0) })
          count += 1
        }
      }
    }
    #expect(hashes.count == count)
  }

  /// Whoever knows what hashes alike in one process does not in another.
  @Test func hashesOtherwiseElsewhere() {
    let others = (0..<64).map { _ in NameIndex() }
    #expect(Set(others.map { $0.hash(.empty, 1) }).count == others.count)
  }
}
