/// A call as a value: each event changes it and returns what to do next. It knows no network, no loop and no clock: an
/// event carries the time, in monotonic nanoseconds. `Call` turns what libcurl reports into events, and actions into
/// calls of libcurl.
package struct CallState {
  /// What does not change during a call.
  package struct Rules {
    package var clocks: Clocks
    package var retry: RetryPolicy
    package var redirectsMax: Int
    package var isStream: Bool

    package init(clocks: Clocks, retry: RetryPolicy, redirectsMax: Int, isStream: Bool) {
      self.clocks = clocks
      self.retry = retry
      self.redirectsMax = redirectsMax
      self.isStream = isStream
    }
  }

  package enum Phase: Hashable {
    case idle
    /// The driver was asked to start a transfer, and has not reported the result yet.
    case starting
    /// The transfer waits for a connection.
    case queued(until: Int64)
    case attempting
    /// The next attempt is due then: the last one failed, or the rate allows none yet.
    case waiting(until: Int64)
    case ended(Status)
  }

  package enum Action: Hashable {
    case none
    /// Begin an attempt: drop what the last one left, and start a transfer by `route`. Answer with `started`,
    /// then with `noConnection` if there is none, or with `stop`.
    case attempt
    /// Drop the transfer, and start another one at once; answer likewise.
    case resend
    /// Start the queued transfer, and answer likewise.
    case start
    /// Keep the transfer, if there is one, until a connection is free, or until `deadline`.
    case queue
    /// Drop the transfer, and call `tick` at `deadline`.
    case wait
    /// Chunks may have come: let the host read them.
    case deliver
    /// Drop the chunks that the host has not read.
    case discard
    /// The call is over; nothing follows but `discard`. `clock` is the one that ran out.
    case end(Status, Clock)
  }

  /// How the next transfer is sent.
  package struct Route: Hashable {
    /// On a new connection: an idle one has failed.
    package var isFresh = false
    package var isIPv4 = false
    /// It may wait for a connection that another call is making.
    package var isPatient = true
  }

  /// What an attempt had received when it ended.
  package struct Reply {
    package var headers: ResponseHeaders
    /// All headers have arrived.
    package var isWhole: Bool
    package var unixTime: Int64
    /// Uniformly distributed over all values.
    package var random: UInt32

    package init(_ headers: ResponseHeaders, isWhole: Bool, unixTime: Int64, random: UInt32) {
      self.headers = headers
      self.isWhole = isWhole
      self.unixTime = unixTime
      self.random = random
    }
  }

  /// How long a call waits for a connection that another call is making and that may carry both.
  static let patience: Int64 = 1_000_000_000

  private let rules: Rules
  /// The host's connections are limited: a call waits for one as long as it takes.
  private var isLimited = false
  package private(set) var phase = Phase.idle
  package private(set) var route = Route()
  package internal(set) var attempts: [Attempt] = []
  private(set) var redirects = 0
  package private(set) var begun: Int64
  private(set) var attemptBegun: Int64 = 0
  package private(set) var connected: Int64?
  private(set) var hasResponse = false
  private(set) var hasChunk = false
  /// The transfer is over; some of what it received may not be read yet.
  private(set) var isTransferOver = false
  /// Since when the server owes the next bytes. The host's absence does not count, and moves this time forward.
  private(set) var silentSince: Int64 = 0
  /// The connect clock ran out and was extended.
  private(set) var isConnectExtended = false
  /// When the host's last wait ended; it has not waited since.
  package private(set) var waitEnded: Int64?
  package internal(set) var pausedSince: Int64?
  package private(set) var firstToken: Int64?
  package private(set) var end: Int64?

  /// `now`: when the call was made.
  package init(_ rules: Rules, _ now: Int64) {
    self.rules = rules
    begun = now
  }

  @inline(__always)
  package var hasEnded: Bool { if case .ended = phase { true } else { false } }

  package var isQueued: Bool { if case .queued = phase { true } else { false } }

  package var isPaused: Bool { pausedSince != nil }

  package var mayRedirect: Bool { redirects < rules.redirectsMax }

  // MARK: attempts

  package mutating func begin(_ now: Int64, isLimited: Bool) -> Action {
    guard case .idle = phase else { return .none }
    self.isLimited = isLimited
    begun = now
    return attempt(now)
  }

  private mutating func attempt(_ now: Int64) -> Action {
    attemptBegun = now
    isConnectExtended = false
    return launch(.attempt, isPatient: true)
  }

  /// The rate does not allow the attempt yet. `tick` asks for it again at `time`.
  package mutating func held(until time: Int64) { if case .starting = phase { phase = .waiting(until: time) } }

  /// The host has given the key for this attempt: only now does the time for connecting begin.
  package mutating func keyRenewed(_ now: Int64) { if case .starting = phase { attemptBegun = now } }

  private mutating func launch(_ action: Action, isPatient: Bool) -> Action {
    connected = nil
    hasResponse = false
    hasChunk = false
    isTransferOver = false
    route.isPatient = isPatient
    phase = .starting
    return action
  }

  /// The transfer is being started; `noConnection` may still follow.
  package mutating func started() {
    if case .starting = phase { phase = .attempting }
  }

  /// No connection is available for the transfer, so it has not begun.
  package mutating func noConnection() -> Action {
    guard isInTransfer, connected == nil, !isTransferOver else { return .none }
    queue()
    return .queue
  }

  private mutating func queue() {
    let patience = Clocks.deadline(attemptBegun, Self.patience)
    phase = .queued(
      until: isLimited ? Clocks.never : route.isPatient ? min(connectDeadline, patience) : connectDeadline)
  }

  /// A connection may be available for a queued transfer.
  package mutating func connectionFreed(_ now: Int64) -> Action {
    guard isQueued, !isPaused else { return .none }
    // What it waited for was the caller's limit, not the server.
    if isLimited { attemptBegun = now }
    return launch(.start, isPatient: true)
  }

  // MARK: what the server does

  /// There is a connection; the request is about to be sent.
  package mutating func didConnect(_ now: Int64) {
    guard isInTransfer else { return }
    connected = now
    silentSince = now
  }

  /// The first byte of the response has arrived.
  package mutating func responseBegan() { if isInTransfer { hasResponse = true } }

  /// A part of the body was received.
  package mutating func bytesTaken() -> Action { isInTransfer && !isPaused ? .deliver : .none }

  /// A chunk of the current transfer was read, which had arrived by this time.
  @inline(__always)
  package mutating func eventRead(_ time: Int64, isToken: Bool) {
    silentSince = max(time, silentSince)
    hasChunk = true
    if isToken && firstToken == nil { firstToken = time }
  }

  package mutating func transferEnded() { if isInTransfer { isTransferOver = true } }

  private var isInTransfer: Bool { phase == .starting || phase == .attempting }

  // MARK: how an attempt ends

  /// The answer is complete.
  package mutating func answered(_ now: Int64, httpStatus: Int32) -> Action {
    guard case .attempting = phase else { return .none }
    return conclude(now, .ok, .none, httpStatus)
  }

  /// The attempt failed. It is repeated if the rules say so and no chunk was delivered.
  package mutating func failed(_ now: Int64, _ status: Status, _ clock: Clock = .none, _ reply: Reply) -> Action {
    guard !hasEnded, phase != .idle else { return .none }
    let httpStatus = reply.headers.httpStatus
    guard !hasChunk, clock != .total,
      let delay = rules.retry.delay(
        after: status, httpStatus: reply.isWhole || status == .malformed ? httpStatus : 0, attempt: attempts.count,
        headers: reply.headers,
        unixTime: reply.unixTime, random: reply.random)
    else { return conclude(now, status, clock, httpStatus) }
    attempts.append(Attempt(status, httpStatus: httpStatus, delay: delay))
    route.isIPv4 = false
    phase = .waiting(until: Clocks.deadline(now, delay * 1_000_000))
    return .wait
  }

  /// The server's TCP acknowledged nothing of the request, so that its connection is dead. The server may have got the
  /// request anyway. `isShared`: other calls have already opened a new connection, which they share.
  package mutating func unacknowledged(_ now: Int64, isShared: Bool, _ reply: Reply) -> Action {
    route.isFresh = !isShared
    return failed(now, .connection, .none, reply)
  }

  /// The request did not go out. It does now, on a new connection, and this is no retry: unless `status` is TIMEOUT and
  /// the connect clock has run out, too.
  package mutating func unsent(_ now: Int64, _ status: Status, hasIPv4: Bool, _ reply: Reply) -> Action {
    guard case .attempting = phase, connected == nil else { return .none }
    if status == .timeout && !mayConnect(now) { return failed(now, status, .none, reply) }
    route.isFresh = true
    route.isIPv4 = hasIPv4
    return launch(.resend, isPatient: true)
  }

  /// The answer is a redirect that is followed. Asked only where `mayRedirect`.
  package mutating func redirected(_ now: Int64) -> Action {
    guard case .attempting = phase, mayRedirect else { return .none }
    redirects += 1
    return attempt(now)
  }

  // MARK: the end

  /// Something other than the server ends the call, such as its token.
  package mutating func stop(_ now: Int64, _ status: Status, httpStatus: Int32 = 0) -> Action {
    conclude(now, status, .none, httpStatus)
  }

  /// The caller cancels it. This has an effect even if it ended well, as long as not all of it was reported.
  /// `isUntold`: it failed, and the caller reads what came before that.
  package mutating func cancel(_ now: Int64, httpStatus: Int32 = 0, isUntold: Bool = false) -> Action {
    guard case .ended(let status) = phase, status == .ok || isUntold else {
      return stop(now, .cancelled, httpStatus: httpStatus)
    }
    phase = .ended(.cancelled)
    return .discard
  }

  private mutating func conclude(_ now: Int64, _ status: Status, _ clock: Clock, _ httpStatus: Int32) -> Action {
    if hasEnded { return .none }
    if case .attempting = phase {
      attempts.append(Attempt(status, httpStatus: httpStatus))
    } else if let last = attempts.indices.last {
      attempts[last].delay = 0  // no attempt follows
    }
    end = now
    phase = .ended(status)
    return .end(status, clock)
  }

  // MARK: the host

  /// The host waits. Its absence until now is not the server's time. `goesOn`: it has not been away since its last
  /// wait.
  package mutating func waitBegan(_ now: Int64, goesOn: Bool) {
    if let waitEnded, !goesOn { silentSince += now - max(waitEnded, silentSince) }
    waitEnded = nil
  }

  package mutating func waitIsOver(_ now: Int64) { waitEnded = now }

  /// The host wants no more chunks for now. The pause does not count as the server's time.
  package mutating func pause(_ now: Int64) { if pausedSince == nil && !hasEnded { pausedSince = now } }

  package mutating func resume(_ now: Int64) -> Action {
    guard let since = pausedSince else { return .none }
    pausedSince = nil
    if hasEnded { return .none }
    if connected == nil {
      attemptBegun += now - max(since, attemptBegun)
      if isQueued { queue() }
    } else {
      silentSince += now - max(since, silentSince)
    }
    return .deliver
  }

  // MARK: clocks

  package var totalDeadline: Int64 { Clocks.deadline(begun, rules.clocks.total(streaming: rules.isStream)) }

  package var connectDeadline: Int64 { Clocks.deadline(attemptBegun, rules.clocks.connect) }

  /// The first of the clocks that run, and when it runs out.
  @inline(__always)
  package var clock: (time: Int64, clock: Clock) {
    if hasEnded || phase == .idle { return (Clocks.never, .none) }
    let (time, clock) = attemptClock
    return totalDeadline <= time ? (totalDeadline, .total) : (time, clock)
  }

  @inline(__always)
  private var attemptClock: (Int64, Clock) {
    if isPaused || isTransferOver { return (Clocks.never, .none) }
    if case .queued(let until) = phase { return (route.isPatient ? Clocks.never : until, .connect) }
    guard isInTransfer else { return (Clocks.never, .none) }
    if connected == nil { return (connectDeadline, .connect) }
    if rules.isStream && hasChunk { return (Clocks.deadline(silentSince, rules.clocks.idle), .idle) }
    if !rules.isStream && hasResponse { return (Clocks.never, .none) }
    return (Clocks.deadline(silentSince, rules.clocks.firstToken), .firstToken)
  }

  /// When `tick` has something to do.
  @inline(__always)
  package var deadline: Int64 {
    let time = clock.time
    if isPaused { return time }
    switch phase {
    case .waiting(let until), .queued(let until): return min(until, time)
    default: return time
    }
  }

  /// Time has passed. `hasRead`: everything that had arrived by `clock.time` was read, so the clock may end the
  /// attempt.
  package mutating func tick(_ now: Int64, hasRead: Bool, _ reply: @autoclosure () -> Reply) -> Action {
    let (time, clock) = self.clock
    if hasRead && now >= time {
      if clock != .connect || !extendConnect(now) { return failed(now, .timeout, clock, reply()) }
      if isQueued { queue() }
      return .none
    }
    if isPaused { return .none }
    switch phase {
    case .waiting(let until) where now >= until && now < totalDeadline: return attempt(now)
    case .queued(let until) where now >= until && route.isPatient: return launch(.start, isPatient: false)
    default: return .none
    }
  }

  private mutating func mayConnect(_ now: Int64) -> Bool {
    // Without a connect clock, the system's own timeout ends an attempt.
    connectDeadline != Clocks.never && (now < connectDeadline || extendConnect(now))
  }

  /// The connect clock has run out. In a handshake the server waits for the host, too: for being late the host gets
  /// three times that more, once, and no more than a whole connect timeout. False: it had that.
  private mutating func extendConnect(_ now: Int64) -> Bool {
    if isConnectExtended { return false }
    isConnectExtended = true
    attemptBegun = min(now, attemptBegun &+ 4 &* (now &- connectDeadline))
    return true
  }
}

/// One attempt of a call.
package struct Attempt: Hashable {
  package var status: Status
  package var httpStatus: Int32
  /// The wait after it, in milliseconds.
  package var delay: Int64

  package init(_ status: Status, httpStatus: Int32, delay: Int64 = 0) {
    self.status = status
    self.httpStatus = httpStatus
    self.delay = delay
  }
}
