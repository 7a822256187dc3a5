import DosaiCore
import Testing

struct SettingsTests {
  @Test func hasTheDefaultsOfTheHeader() {
    let limits = Limits()
    #expect(limits.eventBytes == 16 * 1024 * 1024)
    #expect(limits.responseBytes == 64 * 1024 * 1024)
    #expect(limits.textBytes == 64 * 1024 * 1024)
    #expect(limits.headerBytes == 300 * 1024)
    #expect(limits.jsonNodes == 1_000_000)
    #expect(limits.jsonDepth == 512)
    #expect(limits.choices == 128)
    #expect(limits.toolCalls == 1024)
    let clocks = Clocks()
    #expect(clocks.connect == 10_000_000_000)
    #expect(clocks.firstToken == 600_000_000_000)
    #expect(clocks.idle == 300_000_000_000)
    #expect(clocks.total(streaming: false) == 600_000_000_000)
    #expect(clocks.total(streaming: true) == Clocks.never)
  }

  @Test func takesATotalForBoth() {
    var clocks = Clocks()
    clocks.total = 5
    #expect(clocks.total(streaming: false) == 5)
    #expect(clocks.total(streaming: true) == 5)
  }

  @Test(
    arguments: [(1, 2, 3), (5, .max, .max), (.max, .max, .max), (0, .max, .max), (-5, 3, -2)] as [(Int64, Int64, Int64)]
  )
  func addsADeadlineWithoutOverflow(start: Int64, duration: Int64, gives expected: Int64) {
    #expect(Clocks.deadline(start, duration) == expected)
  }
}
