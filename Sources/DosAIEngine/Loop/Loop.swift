import CSystem
import DosaiCore
import DosaiHTTP
import Synchronization

/// Many calls on one thread, with one descriptor to poll. Only one thread may use it at a time, except for `add` and
/// `wake`.
package final class Loop {
  let multi: CurlMulti
  private let process = ProcessState.id
  let limiter: RateLimiter?
  private let inFlightMax: Int
  private var admission = Clocks.never  // when a rate may let one of those that wait begin
  private var waiting = WaitingCalls()
  private var hosts: [LoopHost] = []
  private var calls: [LoopCall] = []  // in flight, in no order
  private var noted = CallQueue()  // calls for which something may have arrived
  private var deadlines = DeadlineHeap<LoopCall>()
  private var byToken: [LoopCall?] = []  // the first of the calls with a token, by its descriptor
  private var isBusy = false
  private var isAwake = false  // the next step will not wait

  private let mutex: Mutex
  private var inbox: [(call: LoopCall, command: LoopCall.Command)] = []
  private let hasInbox = Atomic<Bool>(false)
  private var isClosed = false

  /// RESOURCE: no descriptor is free.
  package static func make(
    inFlightMax: Int, connectionsPerHostMax: Int, rate: RateSettings
  ) throws(Failure) -> Loop {
    try ProcessState.start()
    let multi = try CurlMulti.make(forLoop: true)
    multi.serveMany(connectionsPerHostMax: connectionsPerHostMax)
    return Loop(multi, inFlightMax, try rate.makeLimiter(), try Mutex.make())
  }

  private init(_ multi: CurlMulti, _ inFlightMax: Int, _ limiter: RateLimiter?, _ mutex: Mutex) {
    self.limiter = limiter
    self.multi = multi
    self.mutex = mutex
    self.inFlightMax = inFlightMax
  }

  /// Whether this process made it, and not the parent before a fork.
  package var isOurs: Bool { process == ProcessState.id }

  /// Readable when `step` has something to do.
  package var descriptor: Int32 { multi.descriptor }

  /// The number of calls that are not over.
  package var active: Int { calls.count + waiting.count }

  // MARK: submitting

  /// Submits a call, which starts when there is room for it. Delivers no event. Throws BUSY while the loop is closed.
  package func submit(_ call: Call, tag: UInt) throws(Failure) -> LoopCall {
    if isClosed { throw Failure(.busy, "the loop is being closed") }
    let lender = noted.first
    lender?.setLent(true)
    defer { lender?.setLent(false) }
    let made = LoopCall(call, self, tag: tag)
    waiting.append(made)
    startWaiting()
    if made.isWaiting { _ = made.watchToken() }
    prepare()
    return made
  }

  func startWaiting() {
    admission = Clocks.never
    while waiting.count > 0, calls.count < inFlightMax, let next = waiting.popFirst(where: isAdmitted) {
      fly(next)
      next.start()
      schedule(next)
    }
  }

  private func isAdmitted(_ call: LoopCall) -> Bool {
    guard let time = call.awaitAdmission() else { return true }
    admission = min(admission, time)
    return false
  }

  func setPaused(_ isPaused: Bool, waiting call: LoopCall) { waiting.setPaused(isPaused, call) }

  private func fly(_ call: LoopCall) {
    call.phase = .inFlight(calls.count)
    calls.append(call)
  }

  /// The host of a call, which is in flight from now on.
  func enter(_ name: Buffer) -> LoopHost {
    let known = hosts.first { $0.name.bytes.equals(name.bytes) }
    let host = known ?? LoopHost(name)
    if known == nil { hosts.append(host) }
    host.users += 1
    return host
  }

  func leave(_ host: LoopHost) {
    host.users -= 1
    if host.users > 0 { return }
    host.clear()
    if let index = hosts.firstIndex(where: { $0 === host }) { hosts.remove(at: index) }
  }

  private func startQueued() {
    if multi.hasFreed { for host in hosts { host.noteRoom() } }
    multi.hasFreed = false
    while let host = hosts.first(where: { $0.hasRoom }) {
      host.hasRoom = false
      while let call = host.queue.first, call.connectionFreed() {
        host.queue.remove(call)
        schedule(call)
      }
    }
  }

  // MARK: tokens

  func watchToken(of call: LoopCall) -> Bool {
    guard let token = call.token else { return false }
    let index = Int(token.descriptor)
    while byToken.count <= index { byToken.append(nil) }
    let first = byToken[index]
    if first == nil, !multi.watch(token) { return false }
    call.nextOfToken = first
    first?.previousOfToken = call
    byToken[index] = call
    return true
  }

  func forgetToken(of call: LoopCall) {
    guard let token = call.token else { return }
    call.nextOfToken?.previousOfToken = call.previousOfToken
    if let previous = call.previousOfToken {
      previous.nextOfToken = call.nextOfToken
    } else {
      byToken[Int(token.descriptor)] = call.nextOfToken
      if call.nextOfToken == nil { multi.forget(token) }
    }
    call.previousOfToken = nil
  }

  private func endCalls(ofToken descriptor: Int32) {
    guard descriptor >= 0 else { return }
    while let call = byToken[Int(descriptor)], call.token?.isTriggered == true {
      call.stopIfAsked()
    }
  }

  // MARK: stepping

  /// Waits until something happens, at most `timeout` milliseconds (-1: no limit), and handles it. If it `delivers`,
  /// each event is passed to `onEvent`, which returns false to cancel its call; otherwise `next` returns the events.
  /// Throws BUSY inside `onEvent`, and FORKED.
  package func step(timeout: Int64, delivers: Bool, onEvent: (LoopEvent) -> Bool) throws(Failure) {
    try checkFree()
    isBusy = true
    defer { isBusy = false }
    readInbox()
    startWaiting()
    var deadline = Clocks.never
    if hasNoted || timeout == 0 {
      deadline = 0
    } else if timeout > 0 {
      deadline = Clocks.deadline(csystem_now(), min(timeout, Clocks.never / 1_000_000) * 1_000_000)
    }
    repeat {
      _ = multi.step(until: min(deadline, firstDeadline))
      isAwake = false
      endCalls(ofToken: multi.token)
      if ProcessState.isExiting || multi.isOutOfMemory { noteAll() }
      multi.recover()
      if !multi.hasMore { expire() }
      readInbox()
      if delivers { try deliver(onEvent) }
    } while multi.hasMore
    prepare()
  }

  private func deliver(_ onEvent: (LoopEvent) -> Bool) throws(Failure) {
    while let event = pull() {
      let goesOn = onEvent(event)
      if !isOurs { throw Failure(.forked, "the loop was made before a fork") }
      if !goesOn { event.call.apply(.cancel) }
      readInbox()
    }
  }

  /// The next event that has arrived; nil: there is none. Throws BUSY inside `onEvent`.
  package func next() throws(Failure) -> LoopEvent? {
    try checkFree()
    readInbox()
    let event = pull()
    if event != nil { return event }
    if isAwake && !multi.isDue {
      multi.unwake()
      isAwake = false
    }
    prepare()
    return nil
  }

  /// Throws BUSY inside `onEvent`.
  package func checkFree() throws(Failure) {
    if isBusy { throw Failure(.busy, "the loop is already in a step") }
  }

  /// How long the host may wait before it calls `step`, in milliseconds; -1: no limit.
  package var timeout: Int64 {
    if hasNoted || hasInbox.load(ordering: .acquiring) { return 0 }
    let first = min(firstDeadline, multi.deadline)
    if first == Clocks.never { return -1 }
    return max(0, (first - csystem_now() + 999_999) / 1_000_000)
  }

  private var hasNoted: Bool { noted.first != nil }

  func append(noted call: LoopCall) { noted.append(call) }

  private func pull() -> LoopEvent? {
    while let call = noted.lent {
      if let event = call._withUnsafeGuaranteedRef({ $0.nextEvent() }) {
        if event.outcome != nil { remove(event.call) }
        return event
      }
      guard let call = noted.first, call.news != .fresh || call.isOver else { continue }
      noted.removeFirst()
      call.news = .none
      schedule(call)
    }
    return nil
  }

  /// The call is over.
  private func remove(_ call: LoopCall) {
    let phase = call.phase
    if !call.isDraining { deadlines.remove(call.scheduled) }
    call.phase = .over
    guard case .inFlight(let position) = phase else { return waiting.remove(call) }
    guard let last = calls.popLast() else { return }
    if last !== call {
      calls[position] = last
      last.phase = phase
    }
    startWaiting()
  }

  private func noteAll() {
    for call in calls { call.stopIfAsked() }
    waiting.visit { call in call.stopIfAsked() }
  }

  /// Makes the descriptor readable when there is something to do; at once, if there is now, without the timer, which
  /// costs more.
  private func prepare() {
    if multi.hasUnflushed { flush() }
    startWaiting()
    startQueued()
    if !hasNoted && !multi.isDue { return multi.prepare(until: firstDeadline) }
    if !isAwake { multi.wake() }
    isAwake = true
  }

  /// Lets servers know of the streams that were left: by a transfer that flows, if the connection has one.
  private func flush() {
    flush(isPaused: false)
    flush(isPaused: true)
    if multi.hasUnflushed { multi.forgetUnflushed() }
  }

  private func flush(isPaused: Bool) {
    for call in calls {
      if !multi.hasUnflushed { return }
      call.flush(isPaused: isPaused)
    }
  }

  // MARK: clocks

  private var firstDeadline: Int64 { min(deadlines.first ?? Clocks.never, admission) }

  /// Makes the loop check the call when the first of its clocks runs out. If that time has moved, this is noticed at
  /// the earlier time.
  func schedule(_ call: LoopCall) {
    let deadline = call.deadline
    if deadline < call.scheduled.time { deadlines.insert(deadline, call.scheduled, call) }
  }

  private func expire() {
    let now = multi.readUntil
    while let call = deadlines.popFirst(until: now) {
      if call.deadline > now {
        schedule(call)
      } else if call.isOver {
        call.release()
      } else {
        call.note()
      }
    }
  }

  // MARK: from other threads

  /// May be called by any thread.
  package func wake() { multi.wake() }

  func add(_ command: LoopCall.Command, for call: LoopCall) {
    mutex.locked {
      if isClosed { return }
      inbox.append((call, command))
      hasInbox.store(true, ordering: .releasing)
    }
    multi.wake()
  }

  @inline(__always)
  private func readInbox() { if hasInbox.load(ordering: .acquiring) { applyInbox() } }

  private func applyInbox() {
    let entries = mutex.locked {
      hasInbox.store(false, ordering: .releasing)
      let entries = inbox
      inbox = []
      return entries
    }
    for entry in entries { entry.call.apply(entry.command) }
  }

  // MARK: the end

  /// Ends each call as cancelled, and delivers its last event. Throws BUSY inside `onEvent`.
  package func close(onEvent: (LoopEvent) -> Void) throws(Failure) {
    try checkFree()
    isBusy = true
    mutex.locked {
      isClosed = true
      inbox = []
    }
    waiting.visit(fly)
    waiting = WaitingCalls()
    for call in calls { call.cancel("the loop was closed") }
    while let event = pull() {
      onEvent(event)
      if !isOurs { return abandon() }
    }
    while let call = deadlines.popFirst(until: Clocks.never) { call.release() }
  }

  /// In a forked child: drops everything, and delivers nothing.
  package func abandon() {
    calls = []
    waiting = WaitingCalls()
    byToken = []
    for host in hosts { host.clear() }
    hosts = []
    noted.removeAll()
    deadlines = DeadlineHeap()
  }
}
