import DosaiCore
import TestSupport
import Testing

struct PrefetchListTests {
  private func lines(_ set: PrefetchList) -> [UInt] {
    var lines: [UInt] = []
    set.forEachLine { lines.append($0) }
    return lines
  }

  @Test(
    arguments: [
      (0x1000, 1, [0x1000]), (0x1000, 64, [0x1000]), (0x1000, 65, [0x1000, 0x1040]), (0x103F, 2, [0x1000, 0x1040]),
      (0x1001, 64, [0x1000, 0x1040]), (0x1000, 0, []), (0x1001, 0, []),
    ] as [(UInt, Int, [UInt])])
  func hasEachLineOfTheMemoryOnce(address: UInt, size: Int, expected: [UInt]) {
    let set = PrefetchList()
    set.add(UnsafeRawPointer(bitPattern: address), size)
    #expect(lines(set) == expected)
  }

  @Test func hasAllOfAnObject() {
    let set = PrefetchList()
    let buffer = Buffer()
    let start = UInt(bitPattern: Unmanaged.passUnretained(buffer).toOpaque())
    set.add(buffer)
    #expect(lines(set).contains(start / 64 * 64))
    #expect(lines(set).contains((start + 39) / 64 * 64))  // its header and three words
  }

  @Test func takesWhatIsTooMuchForNone() {
    let set = PrefetchList()
    set.add(nil, 100)
    for i in 0..<100 { set.add(UnsafeRawPointer(bitPattern: UInt(0x10000 * (i + 1))), 1 << 40) }
    #expect(lines(set).count < 100 * 64)
  }

  @Test func isCollectedAnewEachSixteenChunksButForTheTextsEnd() {
    let set = PrefetchList()
    #expect(set.note(nil))
    #expect(lines(set).isEmpty)
    set.add(UnsafeRawPointer(bitPattern: 0x1000), 1)
    for chunk in 1..<16 {
      #expect(!set.note(UnsafePointer(bitPattern: 0x2000 + UInt(chunk))))
      #expect(lines(set) == [0x2000, 0x2040, 0x1000])
    }
    #expect(set.note(UnsafePointer(bitPattern: 0x3000)))
    #expect(lines(set) == [0x3000])
  }

  @Test func isOfFourLinesItself() {
    let set = PrefetchList()
    var lines: [UInt] = []
    PrefetchList.forEachLine(of: Unmanaged.passUnretained(set)) { lines.append($0 / 64 * 64) }
    let start = UInt(bitPattern: Unmanaged.passUnretained(set).toOpaque())
    #expect(Set(lines).isSuperset(of: [start / 64 * 64, (start + 200) / 64 * 64]))
  }
}
