import DosaiCore
import TestSupport
import Testing

struct PlacesTests {
  @Test func findsWhatWasSet() throws {
    let places = Places()
    #expect(places.find(places.hash(.empty, 1)) == nil)
    for number in 0..<5000 as Range<Int64> {
      try places.set(places.hash(.empty, number), Int(number))
      try "k\(number)".lent { try places.set(places.hash($0), Int(number) + 5000) }
    }
    for number in 0..<5000 as Range<Int64> {
      #expect(places.find(places.hash(.empty, number)) == Int(number))
      #expect("k\(number)".lent { places.find(places.hash($0)) } == Int(number) + 5000)
      #expect(places.find(places.hash(.empty, -1 - number)) == nil)
      #expect("K\(number)".lent { places.find(places.hash($0)) } == nil)
    }
  }

  /// Also where it comes first.
  @Test func theLastPlaceCounts() throws {
    let places = Places()
    for place in [3, 7, 5] { try places.set(places.hash(.empty, 9), place) }
    #expect(places.find(places.hash(.empty, 9)) == 7)
  }

  /// Numbers that lie in a row, multiples, texts that differ in one place, and blanks at the end: all hash otherwise.
  @Test func tellsNeighboursApart() {
    let places = Places()
    var hashes = Set<UInt64>()
    var count = 0
    for number in -1000..<1000 as Range<Int64> {
      hashes.insert(places.hash(.empty, number))
      hashes.insert(places.hash(.empty, number << 32 | 0x4000_0000))
      count += 2
    }
    for length in 1..<40 {
      for at in 0..<length {
        var text = [UInt8](repeating: 0, count: length)
        for byte in 1..<4 as Range<UInt8> {
          text[at] = byte
          hashes.insert(text.lent { places.hash($0) })
          count += 1
        }
      }
    }
    #expect(hashes.count == count)
  }

  /// Whoever knows what hashes alike in one process does not in another.
  @Test func hashesOtherwiseElsewhere() {
    let others = (0..<64).map { _ in Places() }
    #expect(Set(others.map { $0.hash(.empty, 1) }).count == others.count)
  }
}
