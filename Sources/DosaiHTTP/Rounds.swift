import DosaiCore

/// What an multi has read by when. In a round each socket that was ready at its beginning is acted on once.
struct Rounds {
  /// When the last whole round began.
  private(set) var readUntil: Int64 = 0
  private(set) var wholeCount: Int32 = 0  // the number of that round
  private var began: Int64 = 0
  private var found = 0  // what the waits of this round have found
  /// By socket the round in which it was ready last.
  var ready: [Int32] = [-1]

  /// A wait begins.
  mutating func beginWait(_ now: Int64) { if found == 0 { began = now } }

  /// A wait has found so much.
  mutating func note(found: Int) { self.found += found }

  mutating func note(socket: Int) {
    if socket >= 0 && socket < ready.count { ready[socket] = wholeCount &+ 1 }
  }

  /// The wait that found the timer fired found all else that was there by then.
  mutating func note(timer: Int64) { if found < Poller.eventsMax { began = max(began, timer) } }

  /// What the last wait found was acted on. Gives whether the round is whole: if the wait found less than it can, or if
  /// the waits of the round found as many as are watched, for epoll tells of each before it tells of one again.
  mutating func end(last: Int, watched: Int) -> Bool {
    if last == Poller.eventsMax && found <= watched { return false }
    found = 0
    readUntil = began
    wholeCount &+= 1
    return true
  }

  /// Whether the socket was ready in the last whole round, or already in this one.
  func wasReady(_ socket: Int) -> Bool {
    socket >= 0 && socket < ready.count && (ready[socket] == wholeCount || ready[socket] == wholeCount &+ 1)
  }
}
