/// What may happen to a call, with the time that passes before it.
enum CallEvent: Hashable {
  case begin(isLimited: Bool)
  /// The rate lets no attempt begin before a second from now.
  case held
  case started, noConnection, connectionFreed, didConnect, responseBegan, bytesTaken, transferEnded, answered
  case eventRead(isToken: Bool)
  case failed(AttemptFailure)
  /// A clock ran out within long work.
  case failedLate
  case unacknowledged(isShared: Bool)
  case unsent(Status, hasIPv4: Bool)
  case redirected
  case stop(Status)
  case cancel, pause, resume
  /// In a loop time passes until shortly before, at or after a deadline.
  case pass(to: Moment, hasRead: Bool)
  /// A caller waits until then.
  case wait(until: Moment, hasRead: Bool)
  /// The caller does something else until then.
  case away(until: Moment)
}

/// A time beside one of the deadlines that a state has.
struct Moment: Hashable {
  enum Which: CaseIterable { case next, clock, connect, total }
  var which: Which
  var offset: Int64  // in units
}

/// How an attempt may fail: each makes the retry policy answer in its own way.
enum AttemptFailure: CaseIterable {
  case noAnswer, tls, cutHeaders, cutBody, badRequest, rateLimited, rateLimitedForLong, server, refusesRetry, tooLarge

  var status: Status {
    switch self {
    case .noAnswer: .connection
    case .tls: .tls
    case .cutHeaders, .cutBody: .truncated
    case .badRequest: .badRequest
    case .rateLimited, .rateLimitedForLong: .rateLimited
    case .server, .refusesRetry: .server
    case .tooLarge: .tooLarge
    }
  }

  /// Made once: the state only reads it.
  private static let replies: [AttemptFailure: CallState.Reply] = {
    func reply(_ status: Int32, _ field: String = "") -> CallState.Reply {
      let headers = ResponseHeaders()
      if status != 0 {
        for line in ["HTTP/1.1 \(status) x\r\n", field.isEmpty ? "" : field + "\r\n", "\r\n"] where !line.isEmpty {
          try? [UInt8](line.utf8).withUnsafeBufferPointer { try headers.add(line: $0) }
        }
      }
      return CallState.Reply(headers, isWhole: status != 0, unixTime: 0, random: 0)
    }
    return [
      .noAnswer: reply(0), .tls: reply(0), .cutHeaders: reply(0), .cutBody: reply(200), .badRequest: reply(400),
      .rateLimited: reply(429, "retry-after-ms: 250"), .rateLimitedForLong: reply(429, "retry-after: 121"),
      .server: reply(500), .refusesRetry: reply(503, "x-should-retry: false"), .tooLarge: reply(0),
    ]
  }()

  var reply: CallState.Reply { Self.replies[self] ?? Self.none }
  static let none = CallState.Reply(ResponseHeaders(), isWhole: false, unixTime: 0, random: 0)
}

/// A call's state, or one with a fault.
protocol CallMachine {
  var state: CallState { get set }
  init(_ state: CallState)
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action
  var deadline: Int64 { get }
}

extension CallMachine {
  var deadline: Int64 { state.deadline }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action { state.applied(event, at: now) }
}

extension CallState {
  mutating func applied(_ event: CallEvent, at now: Int64) -> Action {
    switch event {
    case .begin(let isLimited): return begin(now, isLimited: isLimited)
    case .held: held(until: now + 1_000_000_000)
    case .started: started()
    case .noConnection: return noConnection()
    case .connectionFreed: return connectionFreed(now)
    case .didConnect: didConnect(now)
    case .responseBegan: responseBegan()
    case .bytesTaken: return bytesTaken()
    case .transferEnded: transferEnded()
    case .answered: return answered(now, httpStatus: 200)
    case .eventRead(let isToken): eventRead(waitEnded ?? now, isToken: isToken)
    case .failed(let failure): return failed(now, failure.status, .none, failure.reply)
    case .failedLate: return failed(now, .timeout, .total, AttemptFailure.none)
    case .unacknowledged(let isShared): return unacknowledged(now, isShared: isShared, AttemptFailure.none)
    case .unsent(let status, let hasIPv4): return unsent(now, status, hasIPv4: hasIPv4, AttemptFailure.none)
    case .redirected: return redirected(now)
    case .stop(let status): return stop(now, status)
    case .cancel: return cancel(now)
    case .pause: pause(now)
    case .resume: return resume(now)
    case .pass(_, let hasRead), .wait(_, let hasRead): return tick(now, hasRead: hasRead, AttemptFailure.none)
    case .away: break
    }
    return .none
  }
}

struct SoundCall: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
}

// Six faults, each at one transition.

struct EndsTwice: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action {
    if case .ended(let status) = state.phase, case .failed = event { return .end(status, .none) }
    return state.applied(event, at: now)
  }
}

struct LosesADeadline: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  var deadline: Int64 { if case .waiting = state.phase { Clocks.never } else { state.deadline } }
}

struct ActsAfterTheEnd: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action {
    state.hasEnded && event == .bytesTaken ? .deliver : state.applied(event, at: now)
  }
}

struct RunsClocksInAPause: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action {
    guard case .pass = event else { return state.applied(event, at: now) }
    let paused = state.pausedSince
    state.pausedSince = nil
    defer { state.pausedSince = paused }
    return state.applied(event, at: now)
  }
}

struct TriesOnceTooOften: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action {
    guard case .failed = event, let last = state.attempts.popLast() else { return state.applied(event, at: now) }
    defer { state.attempts.insert(last, at: 0) }
    return state.applied(event, at: now)
  }
}

struct LosesACancel: CallMachine {
  var state: CallState
  init(_ state: CallState) { self.state = state }
  mutating func apply(_ event: CallEvent, at now: Int64) -> CallState.Action {
    if case .stop = event, state.isQueued { return .none }
    return state.applied(event, at: now)
  }
}
