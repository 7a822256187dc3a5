import DosaiCore
import DosaiJSON

/// Why a call failed, with what had arrived. Immutable.
package final class ErrorReport {
  static let bodyMax = 64 << 10

  package let status: Status
  package let line: Buffer
  package let clock: Clock
  package var httpStatus: Int32 = 0
  package var server = ServerError()
  package var headers: ResponseHeaders?
  package var retryAfter: Int64 = -1
  package var body: Buffer?
  package var attempts: [Attempt] = []
  package var timings = Timings()
  package var completion: Completion?
  /// The handle by which the ABI lends the completion.
  package var lentCompletion: OpaquePointer?

  package init(_ failure: Failure, secret: Secret? = nil) {
    status = failure.status
    clock = failure.clock
    line = Buffer()
    // If there is no memory for the message, there is still the status.
    try? failure.writeLine(to: line)
    secret?.redact(line, isAnswer: false)
  }

  /// Keeps what the server said: the body that was received, or the text of an event of it that reported the error.
  func keep(_ received: Buffer, or eventText: Buffer?, _ secret: Secret?) {
    guard let text = received.isEmpty ? eventText : received, !text.isEmpty else { return }
    secret?.redact(text, isAnswer: false)
    text.truncate(to: Self.bodyMax)
    body = text
  }

  package init(copying other: ErrorReport) {
    status = other.status
    line = other.line
    clock = other.clock
    httpStatus = other.httpStatus
    server = other.server
    headers = other.headers
    retryAfter = other.retryAfter
    body = other.body
    attempts = other.attempts
    timings = other.timings
    completion = other.completion
  }
}

extension ServerError {
  /// Reads an answer that reports an error although its HTTP status is a success, and returns the failure. `text`: the
  /// answer's; if it is empty, it becomes the body's.
  mutating func read(
    _ body: Value, in text: Buffer, _ secret: Secret?, _ limits: Limits
  ) throws(Failure) -> Failure {
    if text.isEmpty { try text.append(body.text) }
    // A key goes before the fields are cut, so that no part of it remains.
    if secret?.redact(text, isAnswer: false) == true {
      try read(text, limits)
    } else {
      self = try ServerError(body)
    }
    return Failure(.provider, Status.provider.explanation, detail: message)
  }

  /// Reads a text, without the key, if it is JSON.
  mutating func read(_ text: Buffer, _ limits: Limits) throws(Failure) {
    let copy = try Buffer(copying: text.bytes)
    if let document = try? Document.read(taking: copy, limits: limits) { self = try ServerError(document.root) }
  }
}
