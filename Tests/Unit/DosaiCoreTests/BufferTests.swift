import DosaiCore
import TestSupport
import Testing

struct BufferTests {
  @Test func beginsEmpty() throws {
    let buffer = Buffer()
    #expect(buffer.isEmpty)
    #expect(buffer.bytes.isEmpty)
    try buffer.append(.empty)
    #expect(buffer.isEmpty)
    #expect(buffer.terminator == 0)
  }

  @Test func appendsInEachForm() throws {
    let buffer = try Buffer("one")
    try buffer.append(UInt8(ascii: "+"))
    try buffer.append("zwei \u{FFFD}")
    try buffer.append(decimal: -3)
    #expect(buffer.string == "one+zwei \u{FFFD}-3")
    #expect(buffer.terminator == 0)
    #expect(try Buffer(copying: buffer.bytes).string == buffer.string)
  }

  @Test func growsInFewSteps() throws {
    let buffer = Buffer()
    var rooms: Set<Int> = []
    for i in 0..<100_000 {
      try buffer.append(UInt8(truncatingIfNeeded: i))
      #expect(buffer.terminator == 0)
      rooms.insert(buffer.room)
    }
    #expect(buffer.count == 100_000)
    #expect(buffer.bytes.indices.allSatisfy { buffer.bytes[$0] == UInt8(truncatingIfNeeded: $0) })
    #expect(rooms.count < 16)
    #expect(buffer.room < 300_000)
  }

  @Test(arguments: [Int.max, Int.max - 3, Int.max / 2])
  func refusesWhatCannotBeAllocated(extra: Int) throws {
    let buffer = try Buffer("kept")
    #expect(status { try buffer.reserve(extra) } == .outOfMemory)
    #expect(buffer.string == "kept")
  }

  @Test(arguments: [0, 7, -1, 10, 99, 100, -1000, Int64(Int32.max) + 1, Int64.max, Int64.max - 1, Int64.min])
  func writesDecimals(value: Int64) throws {
    let buffer = Buffer()
    try buffer.append(decimal: value)
    #expect(buffer.string == value.description)
  }

  @Test(arguments: [
    (0..<0, "x", "xhello"), (5..<5, "x", "hellox"), (0..<5, "", ""), (0..<5, "bye", "bye"), (1..<4, "", "ho"),
    (1..<4, "-", "h-o"), (1..<4, "ipp", "hippo"), (1..<2, "-----", "h-----llo"), (4..<5, "p!", "hellp!"),
    (2..<2, "-".times(100), "he" + "-".times(100) + "llo"),
  ])
  func replaces(range: Range<Int>, with text: String, gives expected: String) throws {
    let buffer = try Buffer("hello")
    try text.lent { try buffer.replace(range, with: $0) }
    #expect(buffer.string == expected)
    #expect(buffer.terminator == 0)
  }

  @Test(arguments: [-1..<2, 0..<6, 6..<6, 5..<7])
  func refusesToReplaceOutside(range: Range<Int>) throws {
    let buffer = try Buffer("hello")
    #expect(status { try "x".lent { try buffer.replace(range, with: $0) } } == .internalError)
    #expect(buffer.string == "hello")
  }

  @Test func replacesInAnEmptyOne() throws {
    let buffer = Buffer()
    try "new".lent { try buffer.replace(0..<0, with: $0) }
    #expect(buffer.string == "new")
  }

  @Test(arguments: [(-1, "hello"), (0, "hello"), (1, "ello"), (4, "o"), (5, ""), (6, ""), (Int.max, "")])
  func removesTheFirst(count: Int, leaves expected: String) throws {
    let buffer = try Buffer("hello")
    buffer.removeFirst(count)
    #expect(buffer.string == expected)
    #expect(buffer.terminator == 0)
    try buffer.append("!")
    #expect(buffer.string == expected + "!")
  }

  @Test(arguments: [(-1, "hello"), (0, ""), (2, "he"), (5, "hello"), (9, "hello")])
  func truncates(length: Int, leaves expected: String) throws {
    let buffer = try Buffer("hello")
    buffer.truncate(to: length)
    #expect(buffer.string == expected)
    #expect(buffer.terminator == 0)
  }

  @Test func keepsOrGivesBackItsMemory() throws {
    let buffer = try Buffer("x".times(1000))
    let room = buffer.room
    buffer.removeAll()
    #expect(buffer.isEmpty && buffer.room == room && buffer.terminator == 0)
    try buffer.append("again")
    buffer.shrink(keeping: room)
    #expect(buffer.isEmpty && buffer.room == room && buffer.terminator == 0)
    try buffer.append("again")
    buffer.shrink(keeping: room - 1)
    #expect(buffer.isEmpty && buffer.room == 0)
    try buffer.append("again")
    #expect(buffer.string == "again")
  }

  @Test func wipesAllThatItHeld() throws {
    let buffer = try Buffer("a secret")
    buffer.removeFirst(2)
    let memory = try #require(buffer.bytes.baseAddress)
    buffer.wipe()
    #expect(buffer.isEmpty)
    #expect((0..<buffer.room).allSatisfy { memory[$0] == 0 })
  }

  @Test func isWrittenInPlace() throws {
    let buffer = try Buffer("hello")
    buffer.mutable[1] = UInt8(ascii: "a")
    #expect(buffer.string == "hallo")
    #expect(buffer.mutable.count == 5)
  }

  /// The NUL that ends it has room, too.
  @Test(arguments: 1..<64) func addsInPlaceWhereThereIsRoom(length: Int) throws {
    let more = String(repeating: "x", count: length)
    for (text, isBehind) in [(more, false), ("," + more, true)] {
      let buffer = try Buffer("0123456789")
      let fits = 10 + text.utf8.count < buffer.room
      let isAdded = more.lent { isBehind ? buffer.addInPlace($0, behind: 44) : buffer.addInPlace($0, upTo: .max) }
      #expect(isAdded == fits)
      #expect(buffer.string == "0123456789" + (fits ? text : ""))
      #expect(buffer.terminator == 0)
    }
  }
}
