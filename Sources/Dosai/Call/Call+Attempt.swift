import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// The end of an attempt: an answer, another attempt, or a failure.
extension Call {
  /// The transfer has ended and its body is not events.
  func conclude(_ transfer: Transfer) throws(Failure) {
    let httpStatus = transfer.headers.httpStatus
    if transfer.isUnsent, transfer.failure?.status != .timeout || mayConnectLonger { return try sendAgain() }
    if let failure = transfer.failure, !isCutShort { return failAttempt(failure) }
    if !transfer.hasAnswer {
      return failAttempt(Failure(.truncated, "the connection closed inside the response's headers"))
    }
    if httpStatus >= 300 && httpStatus < 400, try follow(transfer) { return }
    if httpStatus > 299 { return failAttempt(try refusal(httpStatus)) }
    client.settings.secret?.redact(received, isAnswer: true)
    do throws(Failure) {
      try readAnswer()
      received = Buffer()  // the answer has it
      end(nil)
    } catch { failAttempt(error) }
  }

  func readAnswer() throws(Failure) {
    guard !received.bytes.trimmed.isEmpty else {
      let status = transfer?.headers.httpStatus
      let isStream = stream != nil && status != 204 && status != 205
      throw Failure(isStream ? .truncated : .malformed, "the answer is empty")
    }
    let quirks: Quirks = stream == nil ? [] : [.wholeAnswer]
    let document = try Document.read(taking: received, limits: limits)
    if ServerError.isError(document.root) { throw try provider(document.root) }
    if kind == .other {
      response = Response(document.source, facts([]))
      return
    }
    guard document.root.kind == .object, document.root.memberWithoutText("choices")?.kind == .array else {
      let said = try ServerError(document.root)
      if said.message != nil { throw try provider(document.root) }
      throw Failure(.malformed, "the answer has no choices")
    }
    let made = try completion(of: document, quirks)
    if let stream {
      try stream.take(whole: document)
      guard stream.builder.isFinished else { throw Failure(.truncated, "the answer has no finish reason") }
    }
    completion = made
  }

  func completion(of document: Document, _ quirks: Quirks) throws(Failure) -> Completion {
    try Completion.make(document, facts(quirks), limits: client.settings.limits)
  }

  func facts(_ quirks: Quirks) -> AnswerFacts {
    let headers = transfer?.headers ?? ResponseHeaders()
    headers.redact(client.settings.secret)
    let all = hasEnded ? attempts : attempts + [Attempt(status: .ok, httpStatus: headers.httpStatus)]
    return AnswerFacts(headers, timings, all, quirks)
  }

  /// The failure of an answer that came with success and tells of an error.
  func provider(_ body: Value) throws(Failure) -> Failure {
    server = try ServerError(body)
    if received.isEmpty { try received.append(body.text) }
    return Failure(.provider, Status.provider.explanation, detail: server.message)
  }

  func refusal(_ httpStatus: Int32) throws(Failure) -> Failure {
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

  func readRefusal() throws(Failure) -> ServerError {
    let text = try Buffer(copying: received.bytes)
    if let document = try? Document.read(taking: text, limits: client.settings.limits) {
      return try ServerError(document.root)
    }
    return ServerError()
  }

  /// Follows a redirect if the client allows it and it stays within the origin. A POST stays a POST.
  func follow(_ transfer: Transfer) throws(Failure) -> Bool {
    let status = transfer.headers.httpStatus
    let keepsMethod = status == 307 || status == 308
    guard redirects < client.settings.redirectsMax, keepsMethod || body == nil && status >= 301 && status <= 303,
      let location = transfer.headers.value("location"),
      let target = try resolve(location, from: url.bytes), client.settings.address.isOrigin(of: target.bytes)
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
    if failure.clock == .total { return end(failure) }
    if failure.status == .timeout { transfer?.giveUpConnection() }
    let headers = transfer?.headers ?? ResponseHeaders()
    let httpStatus = transfer?.hasAnswer == true ? headers.httpStatus : 0
    var delay: Int64?
    if lastChunk < 0 {
      delay = settings.retry.delay(
        after: failure.status, httpStatus: httpStatus, attempt: attempts.count, headers: headers,
        unixTime: csystem_unix_time(), random: UInt32(truncatingIfNeeded: csystem_now() &* 2_654_435_761))
    }
    guard let delay else { return end(failure) }
    attempts.append(Attempt(status: failure.status, httpStatus: headers.httpStatus, delay: delay))
    log(.warning, failure.status, httpStatus)
    dropTransfer()
    isIPv4 = false
    phase = .waiting(until: Clocks.deadline(csystem_now(), delay * 1_000_000))
  }

  /// The request was not acknowledged: its connection is dead, such as one that a middlebox has forgotten. The server may
  /// have got it all the same.
  func failUnacknowledged(_ transfer: Transfer) {
    transfer.giveUpConnection()
    isFresh = loopCall?.host?.isShared != true
    failAttempt(Failure(.connection, "the connection is dead: the request was not acknowledged"))
  }

  /// Without a connect clock the system's own time for connecting ends an attempt.
  private var mayConnectLonger: Bool {
    connectDeadline != Clocks.never && (csystem_now() < connectDeadline || prolongConnect())
  }

  func dropTransfer() {
    if let transfer { multi?.remove(transfer) }
    transfer = nil
    if let loopCall { loopCall.host?.noteEnd(loopCall) }
  }
}
