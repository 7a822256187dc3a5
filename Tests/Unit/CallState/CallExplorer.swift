/// Who drives the call decides what can happen: a loop pauses it, a caller is away.
enum CallDriver: CaseIterable { case loop, limitedLoop, caller }

/// Tries every order of events on a call's state, and checks after each what must always hold.
struct CallExplorer<Machine: CallMachine> {
  /// All clocks and delays are multiples of it.
  static var unit: Int64 { 250_000_000 }

  /// A state in its surroundings, with what the checks know by themselves.
  struct World {
    var machine: Machine
    var now: Int64 = 0
    var ends = 0
    var retries = 0
    var failedAttempts = 0
    var redirects = 0
    /// For how long the server has owed bytes while the host was there, and for how long a connection was awaited.
    var silence: Int64 = 0
    var connecting: Int64 = 0
    var total: Int64 = 0

    var state: CallState { machine.state }
  }

  /// A state as it matters for what follows, as one number: times are distances, cut off where more makes no difference.
  struct Key: Hashable {
    private(set) var number: UInt64 = 0

    mutating func add(_ flag: Bool) { number = number << 1 | (flag ? 1 : 0) }
    mutating func add(count: Int) { number = number << 2 | UInt64(count) }

    /// The distance to a time, in units: not less than `least`; none where there is no such time.
    mutating func add(time: Int64, _ now: Int64, least: Int64) {
      let units = time == Clocks.never ? 31 : max((time - now) / CallExplorer.unit, least) + 12
      number = number << 5 | UInt64(units)
    }
  }

  let driver: CallDriver
  let rules: CallState.Rules
  let isLimited: Bool
  let events: [CallEvent]
  init(_ driver: CallDriver, isStream: Bool, hasTotal: Bool) {
    self.driver = driver
    var clocks = Clocks()
    clocks.connect = 5 * Self.unit
    clocks.firstToken = 2 * Self.unit
    clocks.idle = Self.unit
    clocks.total = hasTotal ? 7 * Self.unit : Clocks.never
    var retry = RetryPolicy()
    retry.retriesMax = 2
    rules = CallState.Rules(clocks: clocks, retry: retry, redirectsMax: 1, isStream: isStream)
    isLimited = driver == .limitedLoop
    let moments = Moment.Which.allCases.filter { hasTotal || $0 != .total }.flatMap { which in
      (-1...1).map { Moment(which: which, offset: $0) }
    }
    var events: [CallEvent] = [
      .begin(isLimited: isLimited), .held, .started, .didConnect, .responseBegan, .bytesTaken, .transferEnded,
      .answered,
      .redirected, .cancel,
      .failedLate, .eventRead(isToken: true), .eventRead(isToken: false), .unacknowledged(isShared: true),
      .unacknowledged(isShared: false), .unsent(.connection, hasIPv4: false), .unsent(.ok, hasIPv4: true),
      .unsent(.timeout, hasIPv4: false), .stop(.cancelled), .stop(.forked), .stop(.outOfMemory),
    ]
    events += AttemptFailure.allCases.map { .failed($0) }
    if driver == .caller {
      events += moments.flatMap { [.wait(until: $0, hasRead: false), .wait(until: $0, hasRead: true)] }
      events += moments.map { .away(until: $0) }
    } else {
      events += [.noConnection, .connectionFreed, .pause, .resume]
      events += moments.flatMap { [.pass(to: $0, hasRead: false), .pass(to: $0, hasRead: true)] }
    }
    self.events = events
  }

  /// The call begins some time after it was made.
  var start: World { World(machine: Machine(CallState(rules, 0)), now: 2 * Self.unit) }

  // MARK: one event

  /// What the event makes of the world; nil: it cannot happen there. `fault` is what must not be.
  func apply(_ event: CallEvent, to before: World) -> (world: World, action: CallState.Action, fault: String?)? {
    var world = before
    let old = before.state
    switch event {
    case .unsent: if old.phase == .attempting, old.connected != nil { return nil }  // then it was sent
    case .failedLate:
      guard let total = rules.clocks.total, old.phase != .idle, old.hasEnded || before.total >= total else {
        return nil
      }
    case .eventRead:
      if !rules.isStream || old.phase != .attempting || old.connected == nil || old.isPaused { return nil }
    case .pass(let moment, _), .wait(let moment, _), .away(let moment):
      guard old.phase != .idle, let time = time(of: moment, in: before), time >= before.now else { return nil }
      let passed = time - before.now
      world.now = time
      world.total += passed
      if case .away = event {
        if old.waitEnded == nil && !old.hasEnded { return nil }
        world.machine.state.waitBegan(time, goesOn: false)
        world.machine.state.waitIsOver(time)
      } else {
        if case .wait = event {
          world.machine.state.waitBegan(before.now, goesOn: true)
          world.machine.state.waitIsOver(time)
        }
        if !old.isPaused {
          if old.connected == nil { world.connecting += passed } else { world.silence += passed }
        }
      }
      if case .away = event, old.connected == nil { world.connecting += passed }
    default: break
    }
    let clock = world.state.clock
    let action = world.machine.apply(event, at: world.now)
    let fault = check(event, action, clock, before, &world)
    return (world, action, fault)
  }

  private func time(of moment: Moment, in world: World) -> Int64? {
    // After the end there are no deadlines; but time goes on.
    if world.state.hasEnded { return moment == Moment(which: .next, offset: 0) ? world.now : nil }
    var isConnecting = world.state.connected == nil
    if case .waiting = world.state.phase { isConnecting = false }
    let deadline =
      switch moment.which {
      case .next: world.machine.deadline
      case .clock: world.state.clock.time
      case .connect: isConnecting ? world.state.connectDeadline : Clocks.never
      case .total: world.state.totalDeadline
      }
    return deadline == Clocks.never ? nil : deadline + moment.offset * Self.unit
  }

  private func check(
    _ event: CallEvent, _ action: CallState.Action, _ clock: (time: Int64, clock: Clock), _ before: World,
    _ world: inout World
  ) -> String? {
    let old = before.state
    let new = world.state
    // One end, and nothing after it.
    if case .end = action { world.ends += 1 }
    if world.ends > 1 { return "a second end" }
    if new.hasEnded != (world.ends == 1) { return "an end that was not said, or was said and is none" }
    if old.hasEnded {
      let expected = event == .cancel && old.phase == .ended(.ok) ? CallState.Action.discard : .none
      return action == expected ? nil : "\(action) after the end, not \(expected)"
    }
    // Cancels.
    switch event {
    case .stop, .cancel: if world.ends == 0 { return "a cancel was lost" }
    default: break
    }
    if action == .discard { return "a discard before the end" }
    if let fault = checkAnswer(to: event, action, old, new) { return fault }
    if event == .redirected, action == .attempt { world.redirects += 1 }
    if new.redirects != world.redirects { return "redirects: \(new.redirects), not \(world.redirects)" }
    if case .unsent(.timeout, _) = event, action == .resend, old.isConnectExtended, old.connectDeadline <= world.now {
      return "sent again after the connect clock"
    }
    // Pauses.
    if old.isPaused, event != .resume, [.attempt, .start, .deliver].contains(action), event != .redirected,
      old.phase != .idle
    {
      return "\(action) in a pause"
    }
    // Clocks.
    if case .end(.timeout, let which) = action, which != .none {
      if let fault = checkClock(which, before, world) { return fault }
    }
    switch event {
    case .pass, .wait:
      if action == .wait, clock.clock == .total { return "a retry after the total clock" }
      if action == .wait, let fault = checkClock(clock.clock, before, world) { return fault }
    default: break
    }
    // Attempts, as reported.
    if action == .wait {
      world.retries += 1
      world.failedAttempts += 1
      if world.retries > rules.retry.retriesMax { return "one attempt too many" }
    }
    if case .end = action, old.phase == .attempting { world.failedAttempts += 1 }
    if new.attempts.count != world.failedAttempts {
      return "attempts: \(new.attempts.count), not \(world.failedAttempts)"
    }
    // The connect clock is extended once, by three times as much as the host is late.
    let isExtended = !old.isConnectExtended && new.isConnectExtended
    let mayExtend = !old.isConnectExtended && old.connectDeadline != Clocks.never
    switch event {
    case .pass(_, true), .wait(_, true):
      if mayExtend, clock.clock == .connect, clock.time <= world.now, !isExtended { return "no time for a late host" }
      guard isExtended else { break }
      let extended = min(world.now + rules.clocks.connect, clock.time + 4 * (world.now - clock.time))
      if new.connectDeadline != extended { return "an extension too long, or too short" }
    case .unsent(.timeout, _):
      if old.phase == .attempting, mayExtend, action != .resend { return "it is not sent again" }
    default: break
    }
    // Its own times.
    switch action {
    case .attempt, .resend:
      world.silence = 0
      if action == .attempt { world.connecting = 0 }
    case .start where isLimited: world.connecting = 0
    default: break
    }
    switch event {
    case .didConnect, .eventRead: world.silence = 0
    default: break
    }
    if new.hasEnded { return nil }
    if let fault = checkLateness(world) { return fault }
    // No wait without a deadline or a reason.
    let deadline = world.machine.deadline
    switch event {
    case .pass(_, true), .wait(_, true):
      // All was read, so that what was due is done, or the connect clock was extended.
      if action == .none, deadline <= world.now, !isExtended { return "what was due is not done" }
    default: break
    }
    switch new.phase {
    case .waiting(let until):
      if new.isPaused { break }
      if deadline != min(until, new.totalDeadline) { return "the wait has no deadline" }
    case .queued:
      if deadline == Clocks.never && !new.isPaused && !isLimited { return "queued without a deadline" }
    case .starting, .attempting:
      let mayWait = new.isPaused || new.isTransferOver || !rules.isStream && new.hasResponse
      if deadline == Clocks.never && !mayWait { return "an attempt without a deadline" }
    default: break
    }
    return nil
  }

  /// What an event must lead to, whatever else there is.
  private func checkAnswer(
    to event: CallEvent, _ action: CallState.Action, _ old: CallState, _ new: CallState
  ) -> String? {
    let isInTransfer = old.phase == .starting || old.phase == .attempting
    let nothingCame = old.connected == nil && !old.isTransferOver
    switch event {
    case .begin: if old.phase == .idle && (action != .attempt || new.begun == 0) { return "it does not begin" }
    case .held:
      if case .waiting = new.phase { break }
      if old.phase == .starting { return "it is not held" }
    case .started: if new.phase == .starting { return "it is never started" }
    case .noConnection: if isInTransfer && nothingCame && action != .queue { return "it is not queued" }
    case .connectionFreed: if old.isQueued && !old.isPaused && action != .start { return "a place is not taken" }
    case .responseBegan: if isInTransfer && !new.hasResponse { return "its response has not begun" }
    case .bytesTaken: if isInTransfer && !old.isPaused && action != .deliver { return "bytes are not delivered" }
    case .transferEnded:
      if new.isTransferOver != (old.isTransferOver || isInTransfer) { return "its transfer is over, or is not" }
    case .resume: if old.isPaused && action != .deliver { return "it is not resumed" }
    case .answered: if old.phase == .attempting && action != .end(.ok, .none) { return "it does not end well" }
    case .redirected:
      if old.phase == .attempting && (action == .attempt) != (old.redirects < rules.redirectsMax) {
        return "a redirect too many, or too few"
      }
    case .unsent(let status, let hasIPv4):
      guard old.phase == .attempting else { break }
      if status != .timeout && action != .resend { return "it is not sent again" }
      if action == .resend && !(new.route.isFresh && new.route.isIPv4 == hasIPv4) { return "it is sent the same way" }
    case .unacknowledged(let isShared):
      if action == .wait && new.route.isFresh == isShared { return "its route is wrong" }
    case .stop(let status): if action != .end(status, .none) { return "another end than \(status)" }
    case .cancel: if action != .end(.cancelled, .none) { return "another end than a cancel" }
    case .failed(let failure):
      if case .end(let status, let clock) = action, status != failure.status || clock != .none { return "another end" }
    default: break
    }
    if case .end(let status, let clock) = action {
      if new.phase != .ended(status) { return "the end is another one" }
      if status == .ok, event != .answered { return "it ends well without an answer" }
      if status == .ok, clock != .none { return "a good end by a clock" }
    }
    switch action {
    case .wait: if old.hasChunk { return "a retry after a chunk" }
    case .attempt, .resend: if new.phase != .starting || new.connected != nil || new.hasChunk { return "a dirty start" }
    case .start: if !old.isQueued { return "a start that was not queued" }
    default: break
    }
    if action == .wait, case .failedLate = event { return "a retry after the total clock" }
    return nil
  }

  /// A clock that runs must run out once its time has passed without the host's absence. The connect clock may be extended.
  private func checkLateness(_ world: World) -> String? {
    let (time, clock) = world.state.clock
    let (spent, allowed) = spending(clock, world)
    if clock == .connect || allowed == Clocks.never { return nil }
    return time > world.now + allowed - spent ? "\(clock) runs too slowly" : nil
  }

  /// A clock may end something only where its time has passed without the host's absence.
  private func checkClock(_ clock: Clock, _ before: World, _ world: World) -> String? {
    let (spent, allowed) = spending(clock, world)
    if clock != .total && before.state.isPaused { return "\(clock) ran in a pause" }
    return spent < allowed ? "\(clock) ran out after \(spent / Self.unit) of \(allowed / Self.unit)" : nil
  }

  /// How much of a clock's time has passed, and how much it has.
  private func spending(_ clock: Clock, _ world: World) -> (spent: Int64, allowed: Int64) {
    switch clock {
    case .connect: (world.connecting, rules.clocks.connect)
    case .firstToken: (world.silence, rules.clocks.firstToken)
    case .idle: (world.silence, rules.clocks.idle)
    case .total: (world.total, rules.clocks.total ?? Clocks.never)
    case .none: (0, Clocks.never)
    }
  }

  // MARK: all of them

  func key(_ world: World) -> Key {
    let state = world.state
    var key = Key()
    if case .ended(let status) = state.phase {
      key.add(status == .ok)
      return key
    }
    key.add(count: 1)
    key.add(count: world.retries)
    key.add(count: state.redirects)
    key.add(state.isPaused)
    key.add(state.waitEnded != nil)
    key.add(state.isTransferOver)
    key.add(state.attempts.count == world.retries)
    key.add(time: state.totalDeadline, world.now, least: -2)
    switch state.phase {
    case .idle: key.add(count: 0)
    case .starting:
      key.add(count: 1)
      key.add(state.route.isPatient)
    case .queued(let until):
      key.add(count: 2)
      key.add(time: until, world.now, least: -2)
      key.add(state.route.isPatient)
    case .waiting(let until):
      key.add(count: 3)
      key.add(count: 0)
      key.add(time: until, world.now, least: -2)
      return key
    default:
      key.add(count: 3)
      key.add(count: 1)
      key.add(state.route.isPatient)
    }
    key.add(rules.isStream ? state.hasChunk : state.hasResponse)
    let least = -2 - max(rules.clocks.firstToken, rules.clocks.idle) / Self.unit
    if state.connected == nil {
      key.add(true)
      key.add(state.isConnectExtended)
      key.add(time: state.connectDeadline, world.now, least: -6)
      key.add(time: -world.connecting, 0, least: -6)
      if let paused = state.pausedSince { key.add(time: min(0, state.attemptBegun - paused), 0, least: -12) }
    } else if !state.isTransferOver {
      key.add(false)
      key.add(time: state.silentSince, world.now, least: least)
      key.add(time: -world.silence, 0, least: least)
      if let paused = state.pausedSince { key.add(time: min(0, state.silentSince - paused), 0, least: least) }
      if let ended = state.waitEnded { key.add(time: min(0, state.silentSince - ended), 0, least: least) }
    }
    return key
  }

  struct Result {
    var states = 0
    var transitions = 0
    var depth = 0
    var fault: String?
  }

  struct Effect: Equatable {
    var key: Key
    var action: CallState.Action
  }

  /// What each event does, by state; nil: it cannot happen there.
  typealias Effects = [Key: [Effect?]]

  /// Breadth first, until no state comes that was not there before.
  func explore(_ effects: inout Effects) -> Result {
    var result = Result()
    var seen: Set<Key> = [key(start)]
    var front = [start]
    while !front.isEmpty {
      result.depth += 1
      var next: [World] = []
      for world in front {
        var row: [Effect?] = []
        for event in events {
          guard let (made, action, fault) = apply(event, to: world) else {
            row.append(nil)
            continue
          }
          result.transitions += 1
          if let fault {
            result.fault = "\(fault): \(event) in \(world.state.phase)"
            return result
          }
          let to = key(made)
          row.append(Effect(key: to, action: action))
          if seen.insert(to).inserted { next.append(made) }
        }
        effects[key(world)] = row
      }
      front = next
    }
    result.states = seen.count
    return result
  }

  /// Every sequence of so many events, without regard to what was seen: each event must do what the search has noted for
  /// the state that stands for this one. Gives what does not.
  func walk(_ depth: Int, from world: World, _ effects: Effects, _ count: inout Int) -> String? {
    guard let row = effects[key(world)] else { return "a state that the search has not found: \(world.state)" }
    for (event, noted) in zip(events, row) {
      guard let (made, action, fault) = apply(event, to: world) else {
        if noted != nil { return "\(event) cannot happen in \(world.state)" }
        continue
      }
      count += 1
      if let fault { return "\(fault): \(event)" }
      guard let noted, noted.action == action, noted.key == key(made) else {
        return "\(event) does another thing in \(world.state)"
      }
      // Where nothing has changed, what follows is that of a shorter sequence.
      if depth == 1 || made.now == world.now && made.state.equals(world.state) { continue }
      if let fault = walk(depth - 1, from: made, effects, &count) { return fault }
    }
    return nil
  }
}

extension CallState {
  /// Whether all that may change is the same.
  func equals(_ other: CallState) -> Bool {
    phase == other.phase && route == other.route && attempts.count == other.attempts.count
      && redirects == other.redirects && begun == other.begun && attemptBegun == other.attemptBegun
      && connected == other.connected && hasResponse == other.hasResponse && hasChunk == other.hasChunk
      && isTransferOver == other.isTransferOver && silentSince == other.silentSince
      && isConnectExtended == other.isConnectExtended && waitEnded == other.waitEnded
      && pausedSince == other.pausedSince && firstToken == other.firstToken
      && end == other.end
  }
}
