import DosaiCore
import Testing

struct SettingsTests {
  @Test(arguments: [
    ("key sk-1234567890 end", "key ************* end"), ("sk-1234567890", "*************"),
    ("sk-1234567890sk-1234567890", "**************************"), ("sk-123456789", "sk-123456789"),
    ("xsk-1234567890x", "x*************x"), ("sk-sk-1234567890", "sk-*************"), ("", ""),
    ("a\0sk-1234567890\0b", "a\0*************\0b"),
  ])
  func redactsTheKey(text: String, gives expected: String) throws {
    let secret = try "sk-1234567890".lent { try Secret($0) }
    for isAnswer in [false, true] {
      let buffer = try Buffer(text)
      secret.redact(buffer, isAnswer: isAnswer)
      #expect(buffer.string == expected)
    }
  }

  /// Words that are given as keys to servers that want none are no secrets.
  @Test(arguments: [
    ("", "answer", "answer"), ("key", "key", "key"), ("test", "****", "test"), ("ollama", "******", "ollama"),
    ("elevenchars", "***********", "elevenchars"), ("twelve-chars", "************", "************"),
  ])
  func leavesShortKeysInAnswers(key: String, elsewhere: String, inAnswer: String) throws {
    let secret = try key.lent { try Secret($0) }
    #expect(secret.bytes.string == key)
    for (isAnswer, expected) in [(false, elsewhere), (true, inAnswer)] {
      let buffer = try Buffer(key.isEmpty ? "answer" : key)
      secret.redact(buffer, isAnswer: isAnswer)
      #expect(buffer.string == expected)
    }
  }

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
