import DosaiCore

/// What a multi handle has read, and by when. In a round, each socket that was ready at the beginning is handled once.
struct Rounds {
  /// When the last complete round began.
  private(set) var readUntil: Int64 = 0
  private(set) var wholeCount: Int32 = 0  // the number of that round
  private var began: Int64 = 0
  private var found = 0  // what the waits of this round have found
  /// The last round in which a socket was ready, by socket.
  var ready: [Int32] = [-1]

  /// A wait begins.
  mutating func beginWait(_ now: Int64) { if found == 0 { began = now } }

  /// A wait has found this number of events.
  mutating func note(found: Int) { self.found += found }

  mutating func note(socket: Int) {
    if socket >= 0 && socket < ready.count { ready[socket] = wholeCount &+ 1 }
  }

  /// The timer was set to this time, and has fired: the wait also found all other events until then.
  mutating func note(timer: Int64) { if found < Poller.eventsMax { began = max(began, timer) } }

  /// The events of the last wait were handled. Returns whether the round is complete: the wait found fewer events than
  /// it could have, or the waits of the round found more than are watched. (epoll reports each before it reports one
  /// again.)
  mutating func end(last: Int, watched: Int) -> Bool {
    if last == Poller.eventsMax && found <= watched { return false }
    found = 0
    readUntil = began
    wholeCount &+= 1
    return true
  }

  /// Whether the socket was ready in the last complete round, or in this one.
  func wasReady(_ socket: Int) -> Bool {
    socket >= 0 && socket < ready.count && (ready[socket] == wholeCount || ready[socket] == wholeCount &+ 1)
  }
}
