import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// One call from its start to its one outcome, retries included. All faces drive it the same way: `begin`, then `turn`
/// until it has ended, with `nextChunk` in between for streams. One thread at a time.
package final class Call: TransferReceiver {
  enum Kind { case chat, stream, other }

  enum Phase {
    case attempting
    case waiting(until: Int64)
    /// There is no connection for the attempt.
    case held(until: Int64)
    case ended
  }

  let client: Client
  let settings: CallSettings
  let kind: Kind
  let url: Buffer
  let body: Buffer?
  let headers: HeaderList

  var phase = Phase.attempting
  var multi: CurlMulti?
  var transfer: Transfer?
  var attempts: [Attempt] = []
  var redirects = 0
  /// The next transfer makes a connection of its own: one that was idle has failed it.
  var isFresh = false
  /// It goes to one of IPv4.
  var isIPv4 = false
  /// How it ended, once it has; nil: well.
  var failure: Failure?
  var server = ServerError()
  var completion: Completion?
  var response: Response?

  // The answer of the current attempt.
  var received = Buffer()
  var isCutShort = false  // enough of an error's body has come
  var stream: StreamReader? { didSet { reader = stream.map { Unmanaged.passUnretained($0) } } }
  /// The same, to be used for each chunk without counting a reference.
  private(set) var reader: Unmanaged<StreamReader>?

  // Monotonic nanoseconds.
  var started = csystem_now()
  var attemptStarted: Int64 = 0
  var lastChunk: Int64 = -1
  var firstToken: Int64 = -1
  var ended: Int64 = -1
  var held: Int64 = -1  // since when the host wants no more
  var left: Int64 = -1  // when the last wait ended
  var away: Int64 = 0  // how long since the last chunk the host has not been waiting; that is not the server's time
  var isConnectLate = false  // the connect clock has run out and was given more
  private var nextCheck = Clocks.never  // when `onWait` is due

  /// The host has paused it while it has a connection: its body does not come.
  var isHeldBack = false

  /// Where the call is one of many of a loop.
  unowned(unsafe) var loopCall: LoopCall?

  static let errorBodyMost = 64 << 10
  /// A stream holds about this much that was not read; then its connection waits.
  static let unreadMost = 256 << 10

  /// INVALID_ARGUMENT: the path cannot be joined to the base URL.
  static func make(
    _ client: Client, _ settings: CallSettings, _ kind: Kind, path: Bytes, body: Buffer?
  ) throws(Failure) -> Call {
    let url = Buffer()
    try client.settings.address.write(path: path, to: url)
    let headers = try client.headers(settings.fields, body: body != nil, streaming: kind == .stream)
    return Call(client, settings, kind, url, body, headers)
  }

  private init(
    _ client: Client, _ settings: CallSettings, _ kind: Kind, _ url: Buffer, _ body: Buffer?, _ headers: HeaderList
  ) {
    self.client = client
    self.settings = settings
    self.kind = kind
    self.url = url
    self.body = body
    self.headers = headers
  }

  var hasEnded: Bool {
    if case .ended = phase { return true }
    return false
  }

  var isHeld: Bool {
    if case .held = phase { return true }
    return false
  }

  // MARK: driving it

  /// Starts the first attempt. What fails from here on is the call's outcome.
  func begin() {
    started = csystem_now()
    noteCheck(started)
    do throws(Failure) {
      try checkCancelled()
      let multi: CurlMulti
      if let loopCall { multi = loopCall.multi } else { multi = try client.borrow() }
      if let token = settings.token, !(loopCall?.watchToken() ?? multi.watch(token)) {
        if loopCall == nil { client.giveBack(multi) }
        throw .noDescriptor
      }
      self.multi = multi
      if let loopCall { loopCall.host = loopCall.loop.enter(client.host) }
      try startAttempt()
    } catch { end(error) }
  }

  /// Waits until something happens or `deadline` comes, and acts on it. `again`: since the last turn the host had no part;
  /// to read what gives no chunk is no time of its own.
  func turn(until deadline: Int64, again: Bool = false) {
    guard let multi, !hasEnded else { return }
    if left >= 0 && !again { away += csystem_now() - left }
    // Where it finished before the wait, as in its start, libcurl has nothing left that would end the wait.
    let isOver = transfer?.isFinished == true
    let pause = multi.step(until: isOver ? 0 : min(deadline, min(self.deadline, nextCheck)))
    left = csystem_now()
    if let onWait = settings.onWait, pause == .signal || left >= nextCheck {
      if onWait(settings.waitContext) != 0 { return end(Failure(.cancelled, "cancelled by on_wait")) }
      if hasEnded { return }
      noteCheck(csystem_now())
    }
    advance()
  }

  private func noteCheck(_ now: Int64) {
    if settings.onWait != nil { nextCheck = Clocks.deadline(now, settings.waitInterval) }
  }

  /// Acts on what has happened: the end of the attempt, a clock, a cancel.
  func advance() {
    guard !hasEnded else { return }
    do throws(Failure) {
      try checkCancelled()
      if case .waiting(let until) = phase {
        if csystem_now() >= until { try startAttempt() }
      } else if case .held(let until) = phase {
        if csystem_now() >= until { try launchHeld() }
      } else if let transfer, transfer.isFinished, stream?.takesEvents != true {
        try conclude(transfer)
      } else if let transfer, !transfer.look() {
        failUnacknowledged(transfer)
      }
      try checkClocks()
    } catch {
      if error.status == .timeout && error.clock != .total { failAttempt(error) } else { end(error) }
    }
  }

  /// Whether something from outside ends the call.
  @inline(__always)
  var isStopped: Bool { !client.isOurs || settings.token?.isTriggered == true || Process.isExiting }

  func checkCancelled() throws(Failure) {
    if !client.isOurs { throw Failure(.forked, "the client was made before a fork") }
    if settings.token?.isTriggered == true { throw Failure(.cancelled, "cancelled by its token") }
    if Process.isExiting { throw Failure(.cancelled, "the process exits") }
    if multi?.isOutOfMemory == true { throw .outOfMemory }
  }

  package var isFull: Bool { isHeldBack || (stream?.unread ?? 0) >= Self.unreadMost }

  /// Lets a body that was held back come again. False: none was.
  func flow() -> Bool {
    guard let transfer, transfer.isPaused, !transfer.isFinished, let multi else { return false }
    transfer.isPaused = false
    multi.resume(transfer)
    return true
  }

  package func finish() {
    guard let loopCall else { return }
    loopCall.host?.noteEnd(loopCall)
    loopCall.note()
  }

  package func connected() {
    guard let loopCall else { return }
    loopCall.host?.noteConnected(loopCall)
    loopCall.loop.schedule(loopCall)
  }

  package func receive(_ bytes: Bytes) throws(Failure) {
    guard let transfer else { return }
    loopCall?.note()
    let limits = client.settings.limits
    if transfer.headers.httpStatus < 200 || transfer.headers.httpStatus > 299 {
      // The key is looked for before the body is cut, so that no part of it is left; escaped it is six times as long.
      let most = Self.errorBodyMost + 6 * (client.settings.secret?.bytes.count ?? 0)
      try received.append(bytes.slice(0, most - received.count))
      if received.count < most { return }
      isCutShort = true
      throw Failure(.tooLarge, "enough of the error's body has come")
    }
    if let stream {
      if try stream.receive(bytes) { return }
      if received.isEmpty { try received.append(stream.blanks.bytes) }
    }
    if bytes.count > limits.responseBytes - received.count {
      throw Failure(.tooLarge, "the answer is larger than max_response_bytes")
    }
    try received.append(bytes)
  }

  // MARK: clocks

  /// When the first of the clocks that run will run out.
  var deadline: Int64 {
    switch phase {
    case .waiting(let until), .held(let until): return min(until, totalDeadline)
    default: return min(min(totalDeadline, attemptDeadline.time), transfer?.lookTime ?? Clocks.never)
    }
  }

  var totalDeadline: Int64 { Clocks.deadline(started, settings.clocks.total(streaming: kind == .stream)) }

  var connectDeadline: Int64 { Clocks.deadline(attemptStarted, settings.clocks.connect) }

  var attemptDeadline: (time: Int64, clock: Clock) {
    guard case .attempting = phase, let transfer, !transfer.isFinished, held < 0 else { return (Clocks.never, .none) }
    if transfer.readyTime < 0 { return (connectDeadline, .connect) }
    if kind == .stream && lastChunk >= 0 { return (Clocks.deadline(lastChunk + away, settings.clocks.idle), .idle) }
    if kind != .stream && transfer.firstByteTime >= 0 { return (Clocks.never, .none) }
    return (Clocks.deadline(transfer.readyTime + away, settings.clocks.firstToken), .firstToken)
  }

  /// The client's limits, which look at the total clock within long work.
  var limits: Limits {
    var limits = client.settings.limits
    let deadline = totalDeadline
    if deadline != Clocks.never {
      limits.check = { () throws(Failure) in
        if csystem_now() >= deadline { throw Failure(.timeout, Self.lateWords, clock: .total) }
      }
    }
    return limits
  }

  private static var lateWords: StaticString { "the total time is over" }

  func makeReader() -> StreamReader { StreamReader(limits, client.settings.secret) }

  /// A clock that has run out ends something only once all that had arrived by then was read.
  func checkClocks() throws(Failure) {
    guard let multi, !hasEnded else { return }
    let total = totalDeadline
    var (time, clock) = attemptDeadline
    if total <= time { (time, clock) = (total, .total) }
    guard multi.hasRead(transfer, until: time) else { return }
    let words: StaticString
    switch clock {
    case .total: words = Self.lateWords
    case .connect:
      if prolongConnect() { return }
      words = "no connection within the connect timeout"
    case .idle: words = "nothing came within the idle timeout"
    default: words = "no answer began within the first token timeout"
    }
    throw Failure(.timeout, words, clock: clock)
  }

  /// The connect clock has run out. In a handshake the server waits for the host, too: for being late the host gets three
  /// times that more, once, and no more than a whole connect timeout. False: it had that.
  func prolongConnect() -> Bool {
    if isConnectLate { return false }
    isConnectLate = true
    let now = csystem_now()
    attemptStarted = min(now, attemptStarted &+ 4 &* (now &- connectDeadline))
    return true
  }

  /// The host wants no more for now; that time is not the server's either.
  func hold() { held = csystem_now() }

  func resume() {
    if held >= 0 { away += csystem_now() - held }
    held = -1
  }

  /// A chunk has come, with what the last wait brought.
  @inline(__always)
  func noteChunk(isToken: Bool) {
    lastChunk = left >= 0 ? left : csystem_now()
    away = 0
    if isToken && firstToken < 0 { firstToken = lastChunk }
  }
}
