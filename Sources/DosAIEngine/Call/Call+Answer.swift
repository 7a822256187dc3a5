import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// Decides what an attempt led to when its transfer has ended: an answer, a redirect, another attempt, or a failure.
extension Call {
  /// Concludes an attempt. Its transfer has ended, and its events, if any, were read.
  func conclude(_ transfer: Transfer) {
    do throws(Failure) {
      if transfer.isUnsent {
        let failure = transfer.failure
        return perform(
          state.unsent(csystem_now(), failure?.status ?? .ok, hasIPv4: transfer.hasIPv4, reply), failure)
      }
      if kind == .warming && transfer.readyTime >= 0 { return succeed() }
      if let failure = transfer.failure, !isCutShort { throw failure }
      if !transfer.hasAnswer {
        throw Failure(.truncated, "the connection closed inside the response's headers")
      }
      if try follow(transfer) { return }
      if httpStatus > 299 { throw try refusal() }
      if let stream, stream.takesEvents {
        if let failure = stream.conclude(
          mayBeEvents: mayBeEvents(transfer.headers), isDelimited: transfer.isDelimited)
        {
          throw failure
        }
      } else {
        secret?.redact(received, isAnswer: true)
        try readAnswer()
        received = Buffer()  // the answer has taken it
      }
      succeed()
    } catch { fail(error) }
  }

  /// The answer is complete.
  func succeed() { perform(state.answered(csystem_now(), httpStatus: httpStatus)) }

  func readAnswer() throws(Failure) {
    guard !received.bytes.trimmed.isEmpty else {
      let isStream = stream != nil && httpStatus != 204 && httpStatus != 205
      throw Failure(isStream ? .truncated : .malformed, "the answer is empty")
    }
    let quirks: Quirks = stream == nil ? [] : [.wholeAnswer]
    let document = try Document.read(taking: received, limits: limits, isAnswer: kind == .chat)
    if ServerError.isError(document.root, isChat: kind != .other) {
      throw try provider(document.root)
    }
    if kind == .other {
      response = Response(document.source, facts([]), document.root.member(Wire.usage).map { Usage($0) })
      return
    }
    if kind == .events { throw StreamReader.notEvents }
    try document.checkChoices { (body: Value) throws(Failure) -> Failure in try provider(body) }
    if let stream {
      try stream.add(wholeAnswer: document)
      noteChunk(isToken: stream.givesToken)
    }
    let made = try completion(of: document, quirks)
    try stream?.checkFinished()
    completion = made
  }

  func completion(of document: Document, _ quirks: Quirks) throws(Failure) -> Completion {
    try Completion.make(document, facts(quirks), limits: client.settings.limits)
  }

  func facts(_ quirks: Quirks) -> AnswerFacts {
    let headers = transfer?.headers ?? ResponseHeaders()
    headers.redact(secret)
    let attempts = state.attempts + (hasEnded ? [] : [Attempt(.ok, httpStatus: headers.httpStatus)])
    return AnswerFacts(headers, timings, attempts, quirks)
  }

  /// The failure for an answer that reports an error although its HTTP status is a success.
  func provider(_ body: Value) throws(Failure) -> Failure {
    try serverError.read(body, in: received, secret, client.settings.limits)
  }

  func refusal() throws(Failure) -> Failure {
    secret?.redact(received, isAnswer: false)
    try serverError.read(received, client.settings.limits)
    let status = Status(httpStatus: httpStatus, serverError)
    let detail = Buffer()
    try detail.append("HTTP ")
    try detail.append(decimal: Int64(httpStatus))
    if let message = serverError.message, !message.isEmpty {
      try detail.append(": ")
      try detail.append(message.bytes)
    }
    return Failure(status, status.explanation, detail: detail)
  }

  /// Follows a redirect if the client allows it and it stays within the origin. A POST stays a POST.
  func follow(_ transfer: Transfer) throws(Failure) -> Bool {
    let keepsMethod = httpStatus == 307 || httpStatus == 308
    guard state.mayRedirect, keepsMethod || body == nil && httpStatus >= 301 && httpStatus <= 303,
      let location = transfer.headers.value("location"),
      let target = try resolve(location, from: url.bytes),
      let own = try resolve(literal("/"), from: url.bytes),  // libcurl writes some hosts and ports in another form
      (try? BaseURL(own.bytes))?.isOrigin(of: target.bytes) == true
    else { return false }
    url.removeAll()
    try url.append(target.bytes)
    toldPath = nil
    perform(state.redirected(csystem_now()))
    return true
  }
}
