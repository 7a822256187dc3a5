import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// Drives one call from its start to its one outcome: it turns what libcurl reports into events of `CallState`, and
/// what the state answers into calls of libcurl. `begin`, then `turn` until it has ended, with `nextChunk` in between
/// for streams. One thread at a time.
package final class Call: TransferReceiver {
  enum Kind {
    case chat, stream, other
    /// The events of an endpoint other than chat.
    case events
    /// Only opens a connection.
    case warming

    var isStream: Bool { self == .stream || self == .events }
  }

  let client: Client
  let settings: CallSettings
  let kind: Kind
  let url: Buffer
  let body: Buffer?
  private(set) var headers: HeaderList
  /// The key that was sent last.
  private(set) var secret: Secret?

  var state: CallState
  var multi: CurlMulti?
  var transfer: Transfer?
  /// While the next attempt waits, the transfer of the last one.
  var ended: Transfer?
  /// Why it failed; nil once it has ended: it succeeded.
  var failure: Failure?
  var serverError = ServerError()
  var completion: Completion?
  var response: Response?
  /// Its place under the rate.
  var claim = Rate.Claim()
  /// The rate lets an attempt wait that had begun, and then waited for a connection.
  var startIsHeld = false

  // The answer of the current attempt.
  var received = Buffer()
  var isCutShort = false  // enough of an error's body has arrived
  var stream: StreamReader? { didSet { reader = stream.map { Unmanaged.passUnretained($0) } } }
  /// The stream, for use with each chunk without reference counting.
  private(set) var reader: Unmanaged<StreamReader>?
  /// The state knows of a chunk with text that has come in the last turn.
  var isNoted = false

  /// The observer knows of it.
  var isObserved = false
  /// The path that it was told last; nil: it has to be found again.
  var toldPath: Buffer?
  /// The request id that it was told last.
  var toldID: Buffer?
  /// The model that is asked for, if there is an observer.
  var model: Buffer?

  var nextOnWait = Clocks.never  // when `onWait` is due
  /// nil: its caller drives it.
  unowned(unsafe) var owner: (any CallOwner)?

  /// A stream buffers about this many unread bytes; then its connection waits.
  static let unreadMax = 256 << 10

  /// INVALID_ARGUMENT: the path cannot be joined to the base URL.
  static func make(
    _ client: Client, _ settings: CallSettings, _ kind: Kind, path: Bytes, body: Buffer?
  ) throws(Failure) -> Call {
    let url = Buffer()
    try client.settings.baseURL.write(path: path, to: url)
    let headers = try client.headers(settings.fields, body: body != nil, streaming: kind.isStream)
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
    secret = client.settings.secret
    let rules = CallState.Rules(
      clocks: settings.clocks, retry: settings.retry, redirectsMax: client.settings.redirectsMax,
      isStream: kind.isStream)
    state = CallState(rules, csystem_now())
  }

  var hasEnded: Bool { state.hasEnded }
  var isQueued: Bool { state.isQueued }

  // MARK: driving it

  /// Starts the first attempt. From now on, a failure is the outcome of the call.
  func begin(on given: CurlMulti? = nil) {
    announce()
    noteOnWait(csystem_now())
    let multi: CurlMulti
    do throws(Failure) {
      if let stopReason {
        if let given { client.giveBack(given) }
        throw stopReason
      }
      if let known = owner?.multi ?? given { multi = known } else { multi = try client.borrow() }
      if let owner {
        if !owner.callBegan() { throw .noDescriptor }
      } else if !settings.looksOften && !multi.makeWakeable() || settings.token.map({ !multi.watch($0) }) == true {
        client.giveBack(multi)
        throw .noDescriptor
      }
    } catch { return stop(error) }
    self.multi = multi
    perform(state.begin(csystem_now(), isLimited: multi.isLimited))
    if owner == nil { state.waitIsOver(csystem_now()) }  // a part of the answer may have come already
  }

  /// Waits until something happens, at most until `deadline`, and handles it. `goesOn`: the host did not get control
  /// after the last turn, because what was read gave no chunk.
  func turn(until deadline: Int64, goesOn: Bool = false) {
    guard let multi, !hasEnded else { return }
    isNoted = false
    state.waitBegan(csystem_now(), goesOn: goesOn)
    // If the transfer has already finished, for example when it was started, nothing in libcurl would end the wait.
    let isOver = transfer?.isFinished == true
    let pause = multi.step(until: isOver ? 0 : min(deadline, min(self.deadline, nextOnWait)))
    let now = csystem_now()
    state.waitIsOver(now)
    if let onWait = settings.onWait, pause == .signal || now >= nextOnWait, !ProcessState.isExiting {
      if onWait(settings.waitContext) != 0 { return stop(Failure(.cancelled, "cancelled by on_wait")) }
      if hasEnded { return }
      noteOnWait(csystem_now())
    }
    advance()
  }

  private func noteOnWait(_ now: Int64) {
    if settings.onWait != nil { nextOnWait = Clocks.deadline(now, settings.waitInterval) }
  }

  /// Handles what has happened: a cancel, the end of the attempt, a clock.
  func advance() {
    stopIfAsked()
    if state.phase == .attempting, let transfer {
      if transfer.isFinished {
        if stream?.takesEvents != true { conclude(transfer) }
      } else if !transfer.checkProgress() {
        failUnacknowledged()
      }
    }
    tick()
  }

  /// Checks the clocks.
  func tick() {
    guard let multi, !hasEnded else { return }
    let (time, clock) = state.clock
    let hasRead = multi.hasRead(transfer, until: time)
    if !hasRead && state.phase == .attempting { return }  // the usual case: nothing is due
    let action = state.tick(csystem_now(), hasRead: hasRead, reply)
    if action != .none { perform(action, Failure(.timeout, Self.words(clock), clock: clock)) }
  }

  /// When it must be checked next.
  var deadline: Int64 {
    let deadline = state.deadline
    guard let transfer, transfer.checkTime < deadline, state.phase == .attempting, !state.isPaused else {
      return deadline
    }
    return transfer.checkTime
  }

  /// Whether there may be a reason other than the server to end the call.
  @inline(__always)
  var isStopAsked: Bool { !client.isOurs || isCancelAsked }

  @inline(__always)
  var isCancelAsked: Bool { settings.token?.isTriggered == true || ProcessState.isExiting }

  private var stopReason: Failure? {
    if !client.isOurs { return Failure(.forked, "the client was made before a fork") }
    if settings.token?.isTriggered == true { return Failure(.cancelled, "cancelled by its token") }
    if ProcessState.isExiting { return Failure(.cancelled, "the process is exiting") }
    if multi?.isOutOfMemory == true { return .outOfMemory }
    return nil
  }

  /// Ends the call if there is a reason other than the server.
  func stopIfAsked() {
    guard isStopAsked || multi?.isOutOfMemory == true, !hasEnded, let stopReason else { return }
    stop(stopReason)
  }

  /// A connection may be available. False: none is, and the call continues to wait.
  func connectionFreed() -> Bool {
    perform(state.connectionFreed(csystem_now()))
    return !state.isQueued
  }

  func pause() {
    transfer?.closeInbox()
    state.pause(csystem_now())
  }

  func resume() {
    let action = state.resume(csystem_now())
    letFlow()
    perform(action)
  }

  // MARK: what libcurl reports

  /// Continues to receive a body that was paused. False: none was.
  @discardableResult
  func letFlow() -> Bool {
    guard let transfer, transfer.isPaused, !transfer.isFinished, let multi else { return false }
    transfer.isPaused = false
    multi.resume(transfer)
    return true
  }

  package func connected() {
    state.didConnect(csystem_now())
    observe(.connected)
    owner?.connectionMade(localPort: transfer?.localPort ?? 0)
  }

  package func responseBegan() { state.responseBegan() }

  package func headersArrived() { observe(.headers) }

  package func receive(_ bytes: Bytes) throws(Failure) -> Bool {
    if state.isPaused || reader?._withUnsafeGuaranteedRef({ $0.unread >= Self.unreadMax }) == true { return false }
    if state.bytesTaken() == .deliver { owner?.hasNews() }
    if let reader, reader._withUnsafeGuaranteedRef({ $0.receiveEvents(bytes) }) {
      // What libcurl has read besides needs no more than to be stored, until the events are read.
      transfer?.openInbox(reader._withUnsafeGuaranteedRef { $0.input }, max: Self.unreadMax)
      return true
    }
    try store(bytes)
    return true
  }

  private func store(_ bytes: Bytes) throws(Failure) {
    guard let transfer else { return }
    if transfer.headers.httpStatus < 200 || transfer.headers.httpStatus > 299 {
      // The key is redacted before the body is cut, so that no part of it remains; escaped, it may be six times as
      // long.
      let errorBytesMax = ErrorReport.bodyMax + 6 * (secret?.bytes.count ?? 0)
      try received.append(bytes.slice(0, errorBytesMax - received.count))
      if received.count < errorBytesMax { return }
      isCutShort = true
      throw Failure(.tooLarge, "enough of the error's body has arrived")
    }
    if let stream {
      if try stream.receive(bytes) { return }
      if received.isEmpty { try received.append(stream.blanks.bytes) }
    }
    if bytes.count > client.settings.limits.responseBytes - received.count {
      throw Failure(.tooLarge, "the answer is larger than max_response_bytes")
    }
    try received.append(bytes)
  }

  package func finish() {
    state.transferEnded()
    owner?.transferEnded()
    owner?.hasNews()
  }

  // MARK: for the state

  /// What the attempt has received so far.
  var reply: CallState.Reply {
    CallState.Reply(
      transfer?.headers ?? ResponseHeaders(), isWhole: transfer?.hasAnswer == true, unixTime: csystem_unix_time(),
      random: UInt32(truncatingIfNeeded: csystem_now() &* 2_654_435_761))
  }

  var httpStatus: Int32 { transfer?.headers.httpStatus ?? 0 }

  /// The client's limits, which check the total clock during long work.
  var limits: Limits {
    var limits = client.settings.limits
    let deadline = state.totalDeadline
    if deadline != Clocks.never {
      limits.check = { () throws(Failure) in
        if csystem_now() >= deadline { throw Failure(.timeout, Self.words(.total), clock: .total) }
      }
    }
    return limits
  }

  private static func words(_ clock: Clock) -> Constant {
    switch clock {
    case .total: "the total timeout expired"
    case .connect: "no connection within the connect timeout"
    case .idle: "nothing arrived within the idle timeout"
    default: "no answer began within the first-token timeout"
    }
  }

  /// Asks for the key of the next attempt, if it changes.
  func renewKey() throws(Failure) {
    let key = client.settings.key
    guard let function = key.function, kind != .warming else { return }
    let given = try key.ask(function)
    headers = try client.headers(
      settings.fields, key: try key.field(given.bytes), body: body != nil, streaming: kind.isStream)
    secret = given
    state.keyRenewed(csystem_now())
  }

  func makeReader() -> StreamReader {
    StreamReader(limits, secret, kind == .events ? AnyEvent(lastOf: settings.lastEvent) : nil)
  }

  /// A chunk was read, which had arrived when the last wait ended.
  @inline(__always)
  func noteChunk(isToken: Bool) {
    let isFirst = isToken && state.firstToken == nil
    state.eventRead(state.waitEnded ?? multi?.waitEnded ?? csystem_now(), isToken: isToken)
    if isFirst { observe(.firstToken) }
  }
}
