import CSystem
import DosaiCore
import DosaiHTTP

/// A call of a loop.
package final class LoopCall {
  package enum Command { case cancel, pause, resume }

  enum Phase {
    /// There is no room for it yet.
    case waiting
    /// Its index among the calls in flight.
    case inFlight(Int)
    /// Its last event was delivered.
    case over
  }

  /// Whether it is in the loop's list of calls that may have events.
  enum News {
    case none
    /// It is, and was checked.
    case seen
    /// It is, and something has arrived since it was checked.
    case fresh
  }

  package let tag: UInt
  private let call: Call
  private let loop: Loop
  var phase = Phase.waiting
  var news = News.none
  /// The call after it in that list.
  var next: LoopCall?
  var isPaused = false
  /// It is in the loop's list of the calls with the same token, between these two.
  private var isWatched = false
  unowned(unsafe) var nextOfToken: LoopCall?
  unowned(unsafe) var previousOfToken: LoopCall?
  /// Its position in a queue, for room or for a connection.
  let turn = Deadline()
  private var host: LoopHost?
  /// Its attempt is making a connection.
  var isConnecting = false
  /// When the loop checks its clocks next.
  let scheduled = Deadline()
  /// It has ended; until this time, the response may still end on its connection.
  private var drainsUntil: Int64?

  init(_ call: Call, _ loop: Loop, tag: UInt) {
    self.call = call
    self.loop = loop
    self.tag = tag
    call.owner = self
    call.announce()
  }

  package var isOurs: Bool { loop.isOurs }
  var client: Client { call.client }
  var token: CancelToken? { call.settings.token }
  var reader: Unmanaged<StreamReader>? { call.reader }
  var isWaiting: Bool { if case .waiting = phase { true } else { false } }
  var isOver: Bool { if case .over = phase { true } else { false } }
  var isDraining: Bool { drainsUntil != nil }

  /// May be called by any thread.
  package func send(_ command: Command) { loop.add(command, for: self) }

  // MARK: driven by the loop

  /// nil: the rate lets it begin. Otherwise, when to ask again.
  func awaitAdmission() -> Int64? { call.hasEnded ? nil : call.awaitAdmission() }

  /// There is room for it.
  func start() {
    if !call.hasEnded { call.begin() }
    if call.hasEnded { note() }
  }

  /// A connection may be available. False: none is.
  func connectionFreed() -> Bool {
    if !call.connectionFreed() { return false }
    if call.hasEnded { note() }
    return true
  }

  /// Something has arrived for it.
  func note() {
    if isOver { return }
    if news == .none { loop.append(noted: self) }
    news = .fresh
  }

  /// From now on, triggering its token ends it. False: no descriptor is free.
  func watchToken() -> Bool {
    if !isWatched { isWatched = token == nil || loop.watchToken(of: self) }
    return isWatched
  }

  func forgetToken() {
    if isWatched { loop.forgetToken(of: self) }
    isWatched = false
  }

  func apply(_ command: Command) {
    guard !isOver else { return }
    switch command {
    case .cancel: cancel("cancelled by the caller")
    case .pause:
      setPaused(true)
      call.pause()
    case .resume:
      guard isPaused else { return }
      setPaused(false)
      call.resume()
      if isWaiting { return loop.startWaiting() }
      if call.isQueued { host?.noteRoom() }
      note()
    }
  }

  private func setPaused(_ isPaused: Bool) {
    if isWaiting {
      loop.setPaused(isPaused, waiting: self)
    } else if let host {
      host.queue.setPaused(isPaused, self)
    } else {
      self.isPaused = isPaused
    }
  }

  /// Cancels it, even if it has ended well but not everything was reported yet.
  func cancel(_ reason: Constant) {
    call.cancel(reason)
    note()
  }

  /// Ends it if its token was triggered, after a fork, or when the process exits.
  func stopIfAsked() {
    call.stopIfAsked()
    if call.hasEnded { note() }
  }

  /// When it must be checked next.
  var deadline: Int64 {
    drainsUntil ?? call.deadline
  }

  /// Whether the host may look at its last chunk while libcurl reads.
  func setLent(_ isLent: Bool) { call.stream?.isLent = isLent }

  func flush(isPaused: Bool) { call.flush(isPaused: isPaused) }

  /// It has drained for long enough.
  func release() { call.release() }

  /// The completion that the chunks so far add up to; nil: there can be none.
  package func completion() throws(Failure) -> Completion? { try call.takeCompletion(soFar: true) }

  /// The next event; nil: none has arrived.
  func nextEvent() -> LoopEvent? {
    news = .seen
    if isOver || isWaiting && !call.hasEnded { return nil }
    // A cancel also takes effect between two events that have both arrived; during a pause, so does the total clock.
    call.stopIfAsked()
    if isPaused { call.tick() }
    if isPaused && (call.failure == nil || call.isFailureUntold) { return nil }
    if call.nextChunk() { return LoopEvent(call: self, outcome: nil) }
    if !call.hasEnded {
      call.advance()
      if call.hasMoreChunks, call.nextChunk() { return LoopEvent(call: self, outcome: nil) }
    }
    guard call.hasEnded else { return nil }
    return LoopEvent(call: self, outcome: call.outcome(wantsCompletion: true))
  }
}

/// What a call needs of its loop.
extension LoopCall: CallOwner {
  var multi: CurlMulti { loop.multi }
  var limiter: RateLimiter? { loop.limiter }

  func callBegan() -> Bool {
    if !watchToken() { return false }
    host = loop.enter(client.connectionHost)
    return true
  }

  func hasNews() { note() }

  var hasQueue: Bool { host?.queue.first != nil }
  var sharesConnections: Bool { host?.isShared == true }
  var makesSharedConnection: Bool { host.map { $0.isShared && $0.connecting > 0 } ?? false }
  func joinQueue() { host?.queue.append(self) }
  func leaveQueue() { host?.queue.remove(self) }
  func connectionBegan() { host?.connectionBegan(self) }

  func connectionMade(localPort: Int32) {
    host?.connectionMade(self, localPort: localPort)
    loop.schedule(self)
  }

  func transferEnded() {
    host?.transferEnded(self)
    // libcurl knows a host that is written in several ways as one.
    if multi.isLimited { multi.hasFreed = true }
  }

  func callEnded() { forgetToken() }

  func drain() {
    drainsUntil = Clocks.deadline(csystem_now(), Call.drainTime)
    loop.schedule(self)
  }

  func callReleased() {
    drainsUntil = nil
    guard let host else { return }
    host.queue.remove(self)
    transferEnded()
    self.host = nil
    loop.leave(host)
  }

  func addMemory(to list: PrefetchList) {
    list.add(self)
    list.add(scheduled)
  }
}

/// An event of a loop, lent until the next one.
package struct LoopEvent {
  /// The loop keeps it until the next event, so that it need not be counted.
  package unowned(unsafe) let call: LoopCall
  /// How the call ended; nil: this event is a chunk.
  package let outcome: Outcome?

  package var reader: Unmanaged<StreamReader>? { call.reader }
}
