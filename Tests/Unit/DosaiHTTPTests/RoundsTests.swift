import Testing

@testable import DosaiHTTP

struct RoundsTests {
  private static let full = Poller.eventsMax

  /// A wait that begins now and finds so many events. Returns whether it completes the round.
  private func wait(_ rounds: inout Rounds, now: Int64, found: Int, timer: Int64? = nil, watched: Int) -> Bool {
    rounds.beginWait(now)
    rounds.note(found: found)
    if let timer { rounds.note(timer: timer) }
    return rounds.end(last: found, watched: watched)
  }

  @Test func aWaitWithRoomToSpareEndsTheRound() {
    var rounds = Rounds()
    let isWhole = wait(&rounds, now: 10, found: Self.full - 1, watched: 1000)
    #expect(isWhole)
    #expect(rounds.readUntil == 10)
    #expect(rounds.wholeCount == 1)
  }

  /// What came after its first wait had begun may be unread.
  @Test func aRoundOfSeveralWaitsCountsFromTheFirst() {
    var rounds = Rounds()
    let areWhole = [Int64(10), 20, 30].map { wait(&rounds, now: $0, found: Self.full, watched: 2 * Self.full) }
    #expect(areWhole == [false, false, true])
    #expect(rounds.readUntil == 10)
    #expect(rounds.wholeCount == 1)
    let isWhole = wait(&rounds, now: 40, found: 0, watched: 2 * Self.full)
    #expect(isWhole)
    #expect(rounds.readUntil == 40)
    #expect(rounds.wholeCount == 2)
  }

  /// What came until then was found, too; unless the wait could find no more.
  @Test(arguments: [(5, full - 1, 10), (30, full - 1, 30), (30, full, 10)])
  func aTimerThatFiredEndsTheWait(timer: Int64, found: Int, until: Int64) {
    var rounds = Rounds()
    let isWhole = wait(&rounds, now: 10, found: found, timer: timer, watched: Self.full - 1)
    #expect(isWhole)
    #expect(rounds.readUntil == until)
  }

  @Test func aSocketWasReadyInItsRoundAndTheNext() {
    var rounds = Rounds()
    rounds.ready = [-1, -1]
    for now in 1...2 { _ = wait(&rounds, now: Int64(now), found: 0, watched: 1) }
    #expect(!rounds.wasReady(0))
    rounds.note(socket: 0)
    let wasReady = (Int64(3)...5).map {
      let before = rounds.wasReady(0)
      _ = wait(&rounds, now: $0, found: 0, watched: 1)
      return before
    }
    #expect(wasReady == [true, true, false])
    #expect(!rounds.wasReady(1))
  }

  @Test(arguments: [-1, 2, 3]) func aSocketThatIsNotWatchedWasNotReady(socket: Int) {
    var rounds = Rounds()
    rounds.ready = [-1, -1]
    rounds.note(socket: socket)
    #expect(!rounds.wasReady(socket))
    #expect(rounds.ready == [-1, -1])
  }
}
