import DosaiCore
import DosaiJSON

/// Reads a stream whose bytes the host receives itself.
package final class Decoder {
  package let reader: StreamReader
  private let limits: Limits
  private let secret: Secret?
  private var received = Buffer()  // a body that is not an event stream
  private var hasEnded = false
  private var isOver = false
  private var failure: Failure?
  private var serverError = ServerError()
  private var answer: Completion?

  package init(_ limits: Limits, _ secret: Secret?) {
    self.limits = limits
    self.secret = secret
    reader = StreamReader(limits, secret)
  }

  /// Takes a part of the body.
  package func feed(_ bytes: Bytes) throws(Failure) {
    if hasEnded { throw .invalid("decoder: the body has ended") }
    if failure != nil || bytes.isEmpty { return }
    do throws(Failure) {
      if try reader.receive(bytes) { return }
      if received.isEmpty { try received.append(reader.blanks.bytes) }
      if bytes.count > limits.responseBytes - received.count {
        throw Failure(.tooLarge, "the answer is larger than max_response_bytes")
      }
      try received.append(bytes)
    } catch {
      failure = error
      throw error
    }
  }

  /// The body has ended.
  package func finish() { hasEnded = true }

  /// Makes the next chunk current.
  package func next() -> StreamReader.Next {
    do throws(Failure) {
      if reader.nextInEvent() { return .chunk }
      if failure == nil && !isOver && reader.nextMatching() { return .chunk }
      if let failure = failure ?? reader.failure { throw failure }
      if isOver { return .end }
      guard reader.takesEvents else { return try readAnswer() }
      switch try reader.next(isEnd: hasEnded, onError: { (body: Value) throws(Failure) in try provider(body) }) {
      case .event: return .chunk
      case .empty:
        if !hasEnded { return .wouldBlock }
        if let failure = reader.conclude(mayBeEvents: true, isDelimited: true) { throw failure }
      case .done: break
      }
      isOver = true
      return .end
    } catch {
      failure = error
      return reader.nextInEvent() ? .chunk : .failure
    }
  }

  private func readAnswer() throws(Failure) -> StreamReader.Next {
    if !hasEnded { return .wouldBlock }
    if received.bytes.trimmed.isEmpty { throw Failure(.truncated, "the answer is empty") }
    secret?.redact(received, isAnswer: true)
    let document = try Document.read(taking: received, limits: limits)
    let onError = { (body: Value) throws(Failure) -> Failure in try self.provider(body) }
    if ServerError.isError(document.root, isChat: true) { throw try onError(document.root) }
    try document.checkChoices(onError: onError)
    let made = try Completion.make(document, facts([.wholeAnswer]), limits: limits)
    try reader.add(wholeAnswer: document)
    try reader.checkFinished()
    answer = made
    received = Buffer()  // the answer has taken it
    isOver = true
    return reader.nextInEvent() ? .chunk : .end
  }

  private func provider(_ body: Value) throws(Failure) -> Failure {
    try serverError.read(body, in: received, secret, limits)
  }

  private func facts(_ quirks: Quirks) -> AnswerFacts { AnswerFacts(ResponseHeaders(), Timings(), [], quirks) }

  /// The completion that the chunks so far add up to.
  package func completion() throws(Failure) -> Completion {
    let readCount = reader.readCount
    if let answer, readCount == nil { return answer }
    let isWhole = isOver && readCount == nil
    let made = try reader.completion(facts(reader.quirks), isWhole: isWhole, readCount: readCount)
    if isWhole { answer = made }
    return made
  }

  /// The error, after `next` has returned a failure.
  package var report: ErrorReport? {
    guard let failure else { return nil }
    let report = ErrorReport(failure, secret: secret)
    serverError.redact(secret)
    report.server = serverError
    if reader.builder.hasStarted {
      report.completion = try? reader.completion(facts(reader.quirks), isWhole: false, readCount: nil)
    }
    report.keep(received, or: reader.errorText, secret)
    return report
  }
}
