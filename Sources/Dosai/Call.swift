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
    case ended
  }

  let client: Client
  let settings: CallSettings
  let kind: Kind
  private let url: Buffer
  private let body: Buffer?
  private let headers: HeaderList

  private(set) var phase = Phase.attempting
  private(set) var engine: Engine?
  private(set) var transfer: Transfer?
  private(set) var attempts: [Attempt] = []
  private var redirects = 0
  /// How it ended, once it has; nil: well.
  private(set) var failure: Failure?
  private var server = ServerMessage()
  private var completion: Completion?

  // The answer of the current attempt.
  let received = Buffer()
  private var isCutShort = false  // enough of an error's body has come
  var stream: StreamReader?

  // Monotonic nanoseconds.
  private let started = csystem_now()
  private var attemptStarted: Int64 = 0
  private var lastChunk: Int64 = -1
  private var firstToken: Int64 = -1
  private var ended: Int64 = -1
  private var away: Int64 = 0  // how long the host has not been waiting since the last chunk
  private var left: Int64 = -1  // since when it is away

  static let errorBodyMost = 64 << 10

  init(
    _ client: Client, _ settings: CallSettings, _ kind: Kind, path: Bytes, body: Buffer?
  ) throws(Failure) {
    self.client = client
    self.settings = settings
    self.kind = kind
    self.body = body
    url = Buffer()
    try client.settings.address.write(path: path, to: url)
    headers = try client.headers(for: settings, body: body != nil, streaming: kind == .stream)
  }

  var hasEnded: Bool {
    if case .ended = phase { return true }
    return false
  }

  // MARK: driving it

  /// Starts the first attempt. What fails from here on is the call's outcome.
  func begin() {
    do throws(Failure) {
      try checkCancelled()
      let engine = try client.borrow()
      guard engine.begin(settings.token) else { throw Failure(.resource, "no file descriptor is free") }
      self.engine = engine
      try startAttempt()
    } catch { end(error) }
  }

  /// Waits until something happens or `deadline` comes, and acts on it.
  func turn(until deadline: Int64) {
    guard let engine, !hasEnded else { return }
    engine.move()
    let asks = settings.onWait != nil
    let next = asks ? Clocks.deadline(csystem_now(), settings.waitInterval) : Clocks.never
    let undisturbed = engine.step(until: min(deadline, min(self.deadline, next)))
    if let onWait = settings.onWait, !undisturbed || csystem_now() >= next {
      if onWait(settings.waitContext) != 0 { return end(Failure(.cancelled, "cancelled by on_wait")) }
    }
    advance()
  }

  /// Acts on what has happened: the end of the attempt, a clock, a cancel.
  private func advance() {
    guard !hasEnded else { return }
    do throws(Failure) {
      try checkCancelled()
      let now = csystem_now()
      if case .waiting(let until) = phase {
        if now >= until { try startAttempt() }
      } else if let transfer, transfer.isFinished, stream?.takesEvents != true {
        try conclude(transfer)
      }
      try checkClocks(now)
    } catch {
      if error.status == .timeout && error.clock != .total { failAttempt(error) } else { end(error) }
    }
  }

  func checkCancelled() throws(Failure) {
    if !client.isOurs { throw Failure(.forked, "the client was made before a fork") }
    if settings.token?.isTriggered == true { throw Failure(.cancelled, "cancelled by its token") }
    if Process.isExiting { throw Failure(.cancelled, "the process exits") }
  }

  private func startAttempt() throws(Failure) {
    guard let engine else { throw .internalError }
    received.removeAll()
    isCutShort = false
    lastChunk = -1
    away = 0
    stream = kind == .stream ? StreamReader(client.settings.limits, client.settings.secret) : nil
    let transfer = try Transfer(
      client.settings.endpoint, share: client.share, url: url, isHTTPS: client.settings.address.isHTTPS,
      headers: headers, body: body, compressed: kind != .stream, receiver: self)
    self.transfer = transfer
    phase = .attempting
    attemptStarted = csystem_now()
    log(.debug, .ok, 0)
    try engine.start(transfer)
  }

  package func receive(_ bytes: Bytes) throws(Failure) {
    guard let transfer else { return }
    let limits = client.settings.limits
    if transfer.headers.httpStatus < 200 || transfer.headers.httpStatus > 299 {
      try received.append(bytes.part(0, Self.errorBodyMost - received.count))
      if received.count < Self.errorBodyMost { return }
      isCutShort = true
      throw Failure(.tooLarge, "enough of the error's body has come")
    }
    if let stream, try stream.receive(bytes) { return }
    if bytes.count > limits.responseBytes - received.count {
      throw Failure(.tooLarge, "the answer is larger than response_bytes_max")
    }
    try received.append(bytes)
  }

  // MARK: clocks

  /// When the first of the clocks that run will run out.
  private var deadline: Int64 {
    if case .waiting(let until) = phase { return min(until, totalDeadline) }
    return min(totalDeadline, attemptDeadline.time)
  }

  private var totalDeadline: Int64 { Clocks.deadline(started, settings.clocks.total(streaming: kind == .stream)) }

  private var attemptDeadline: (time: Int64, clock: Clock) {
    guard let transfer, !transfer.isFinished else { return (Clocks.never, .none) }
    if transfer.readyTime < 0 { return (Clocks.deadline(attemptStarted, settings.clocks.connect), .connect) }
    if kind == .stream && lastChunk >= 0 { return (Clocks.deadline(lastChunk + away, settings.clocks.idle), .idle) }
    if kind != .stream && transfer.firstByteTime >= 0 { return (Clocks.never, .none) }
    return (Clocks.deadline(transfer.readyTime + away, settings.clocks.firstToken), .firstToken)
  }

  private func checkClocks(_ now: Int64) throws(Failure) {
    if hasEnded { return }
    if now >= totalDeadline { throw Failure(.timeout, "the total time is over", clock: .total) }
    guard case .attempting = phase else { return }
    let (time, clock) = attemptDeadline
    guard now >= time else { return }
    switch clock {
    case .connect: throw Failure(.timeout, "no connection within the connect timeout", clock: clock)
    case .idle: throw Failure(.timeout, "nothing came within the idle timeout", clock: clock)
    default: throw Failure(.timeout, "no answer began within the first token timeout", clock: clock)
    }
  }

  /// The host leaves the call between two waits; that time is not the server's.
  func leave() { left = csystem_now() }

  func comeBack() {
    if left >= 0 { away += csystem_now() - left }
    left = -1
  }

  /// A chunk has come.
  func noteChunk(isToken: Bool) {
    lastChunk = csystem_now()
    away = 0
    if isToken && firstToken < 0 { firstToken = lastChunk }
  }

  // MARK: the end of an attempt

  /// The transfer has ended and its body is not events.
  private func conclude(_ transfer: Transfer) throws(Failure) {
    let httpStatus = transfer.headers.httpStatus
    transfer.headers.redact(client.settings.secret)
    if let failure = transfer.failure, !isCutShort { return failAttempt(failure) }
    if !transfer.hasAnswer {
      return failAttempt(Failure(.truncated, "the connection closed inside the response's headers"))
    }
    if httpStatus >= 300 && httpStatus < 400, try follow(transfer) { return }
    if httpStatus > 299 { return failAttempt(try refusal(httpStatus)) }
    client.settings.secret?.redact(received, isAnswer: true)
    do throws(Failure) {
      completion = try readAnswer()
      end(nil)
    } catch { failAttempt(error) }
  }

  private func readAnswer() throws(Failure) -> Completion {
    guard !received.bytes.trimmed.isEmpty else { throw Failure(.malformed, "the answer is empty") }
    var quirks: Quirks = stream == nil ? [] : [.wholeAnswer]
    var text = received
    if Text.firstInvalid(received.bytes) != nil {
      text = Buffer()
      try Text.appendRepaired(received.bytes, to: text)
      quirks.insert(.textRepaired)
    } else {
      text = try Buffer(copying: received.bytes)
    }
    let document = try Document(taking: text, limits: client.settings.limits)
    if ServerMessage.isError(document.root) { throw try provider(document.root) }
    if kind == .other { return try completion(of: document, quirks) }
    guard document.root.kind == .object, document.root.present("choices")?.kind == .array else {
      let said = try ServerMessage(document.root)
      if said.message != nil { throw try provider(document.root) }
      throw Failure(.malformed, "the answer has no choices")
    }
    let completion = try completion(of: document, quirks)
    guard let stream else { return completion }
    try stream.take(whole: document)
    guard stream.assembler.isFinished else { throw Failure(.truncated, "the answer has no finish reason") }
    return completion
  }

  func completion(of document: Document, _ quirks: Quirks) throws(Failure) -> Completion {
    let headers = transfer?.headers ?? ResponseHeaders()
    let all = hasEnded ? attempts : attempts + [Attempt(status: .ok, httpStatus: headers.httpStatus)]
    return try Completion(
      document, AnswerFacts(headers: headers, timings: timings, attempts: all, quirks: quirks),
      limits: client.settings.limits)
  }

  /// The failure of an answer that came with success and tells of an error.
  func provider(_ body: Value) throws(Failure) -> Failure {
    server = try ServerMessage(body)
    return Failure(.provider, Status.provider.explanation, detail: server.message)
  }

  private func refusal(_ httpStatus: Int32) throws(Failure) -> Failure {
    client.settings.secret?.redact(received, isAnswer: false)
    server = try readRefusal()
    let status = Status(httpStatus: httpStatus, server)
    let detail = Buffer()
    try detail.append("HTTP ")
    try detail.append(decimal: Int64(httpStatus))
    if let message = server.message, !message.isEmpty {
      try detail.append(": ")
      try detail.append(message.bytes)
    }
    return Failure(status, status.explanation, detail: detail)
  }

  private func readRefusal() throws(Failure) -> ServerMessage {
    let text = Buffer()
    try Text.appendRepaired(received.bytes, to: text)
    if let document = try? Document(taking: text, limits: client.settings.limits) {
      return try ServerMessage(document.root)
    }
    return ServerMessage()
  }

  /// Follows a redirect if the client allows it and it stays within the origin. A POST stays a POST.
  private func follow(_ transfer: Transfer) throws(Failure) -> Bool {
    let status = transfer.headers.httpStatus
    guard redirects < client.settings.redirectsMax, status == 307 || status == 308 || (body == nil && status != 304),
      let location = transfer.headers.value("location"),
      let target = try client.settings.address.redirect(location)
    else { return false }
    redirects += 1
    dropTransfer()
    url.removeAll()
    try url.append(target.bytes)
    try startAttempt()
    return true
  }

  /// The attempt has failed: another one, or the end.
  func failAttempt(_ failure: Failure) {
    guard !hasEnded else { return }
    let headers = transfer?.headers ?? ResponseHeaders()
    let httpStatus = transfer?.hasAnswer == true ? headers.httpStatus : 0
    var delay: Int64?
    if lastChunk < 0 {
      delay = settings.retry.delay(
        after: failure.status, httpStatus: httpStatus, attempt: attempts.count, headers: headers,
        unixTime: csystem_unix_time(), random: UInt32(truncatingIfNeeded: csystem_now() &* 2_654_435_761))
    }
    guard let delay else { return end(failure) }
    attempts.append(Attempt(status: failure.status, httpStatus: httpStatus, delay: delay))
    log(.warning, failure.status, httpStatus)
    dropTransfer()
    phase = .waiting(until: Clocks.deadline(csystem_now(), delay * 1_000_000))
  }

  private func dropTransfer() {
    if let transfer { engine?.remove(transfer) }
    transfer = nil
  }

  // MARK: the end

  /// Ends the call, well where there is no failure.
  func end(_ failure: Failure?) {
    guard !hasEnded else { return }
    self.failure = failure
    ended = csystem_now()
    phase = .ended
    let httpStatus = transfer?.hasAnswer == true ? transfer?.headers.httpStatus ?? 0 : 0
    if failure == nil || transfer != nil {
      attempts.append(Attempt(status: failure?.status ?? .ok, httpStatus: httpStatus))
    }
    log(failure == nil ? .info : .error, failure?.status ?? .ok, httpStatus)
    if let transfer { engine?.remove(transfer) }
    if let engine {
      engine.end(settings.token)
      client.giveBack(engine)
    }
    engine = nil
  }

  /// Lets the rest of a whole answer come for up to 5 ms, so that its connection can be used again.
  func settle() {
    guard let engine, let transfer else { return }
    let deadline = csystem_now() + 5_000_000
    while !transfer.isFinished && csystem_now() < deadline { _ = engine.step(until: deadline) }
  }

  var timings: Timings {
    func since(_ time: Int64?) -> Int64 { time.map { $0 < 0 ? -1 : $0 - started } ?? -1 }
    return Timings(
      connect: since(transfer?.readyTime), firstByte: since(transfer?.firstByteTime), firstToken: since(firstToken),
      total: since(ended >= 0 ? ended : csystem_now()), reusedConnection: transfer?.reusedConnection ?? false)
  }

  /// The completion of a call that ended well, or what has come of it so far; nil: nothing can come, or has come.
  func takeCompletion() throws(Failure) -> Completion? {
    if let completion { return completion }
    guard let stream, stream.assembler.hasStarted || failure == nil else { return nil }
    let text = Buffer()
    try stream.assembler.write(to: text)
    var limits = Limits()
    limits.jsonNodes = .max
    let made = try completion(of: try Document(taking: text, limits: limits), stream.quirks)
    if hasEnded { completion = made }
    return made
  }

  /// The report of a call that failed.
  func report(_ failure: Failure) -> ErrorReport {
    let report = ErrorReport(failure, secret: client.settings.secret)
    report.server = server
    report.attempts = attempts
    report.timings = timings
    report.completion = try? takeCompletion()
    guard let transfer, transfer.headers.httpStatus != 0 else { return report }
    report.httpStatus = transfer.headers.httpStatus
    report.headers = transfer.headers
    report.retryAfter = RetryPolicy.retryAfter(transfer.headers, unixTime: csystem_unix_time())
    if !received.isEmpty {
      received.truncate(to: Self.errorBodyMost)
      report.body = received
    }
    return report
  }

  private func log(_ level: Log.Level, _ status: Status, _ httpStatus: Int32) {
    guard let log = client.settings.log, log.isOn(level) else { return }
    let line = Buffer()
    try? writeLog(line, status, httpStatus)
    client.settings.secret?.redact(line, isAnswer: false)
    log.write(level, line)
  }

  private func writeLog(_ line: Buffer, _ status: Status, _ httpStatus: Int32) throws(Failure) {
    try line.append(body == nil ? "GET " : "POST ")
    let query = url.bytes.firstIndex(of: UInt8(ascii: "?"), from: 0) ?? url.count
    try line.append(url.bytes.part(0, query))
    try line.append(": ")
    try line.append(status.name)
    try line.append(", HTTP ")
    try line.append(decimal: Int64(httpStatus))
    try line.append(", attempt ")
    try line.append(decimal: Int64(attempts.count))
    try line.append(", ")
    try line.append(decimal: (csystem_now() - started) / 1_000_000)
    try line.append(" ms")
    guard let id = transfer?.headers.requestID else { return }
    try line.append(", request ")
    try line.append(id)
  }
}
