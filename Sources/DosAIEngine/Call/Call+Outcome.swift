import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// The results of a call.
extension Call {
  /// That of the last attempt.
  @inline(never)
  var lastTransfer: Transfer? { transfer ?? ended }

  /// The numbers of tokens, as far as they have come.
  var usage: Usage? { stream?.usage ?? completion?.fields.usage ?? response?.usage }

  var timings: Timings {
    let transfer = lastTransfer
    func since(_ time: Int64?) -> Int64 { time.map { $0 < 0 ? -1 : $0 - state.begun } ?? -1 }
    let firstByte = since(transfer?.firstByteTime)
    return Timings(
      connect: since(transfer?.readyTime), firstByte: firstByte,
      // A chunk has the time at which the wait for its bytes ended, before they were read.
      firstToken: state.firstToken.map { max(since($0), firstByte) } ?? -1,
      total: since(state.end ?? csystem_now()), reusedConnection: transfer?.reusedConnection ?? false)
  }

  /// The completion of a call that ended well, or the part that has arrived; nil: there is none. `soFar`: of a stream,
  /// the completion that the chunks so far add up to, which may be empty.
  func takeCompletion(soFar: Bool = false) throws(Failure) -> Completion? {
    let stream = self.stream ?? (soFar && kind.isStream ? makeReader() : nil)
    let readCount = soFar ? stream?.readCount : nil
    if let completion, readCount == nil { return completion }
    guard let stream, soFar || stream.builder.hasStarted || failure == nil else { return nil }
    let isWhole = hasEnded && readCount == nil
    let made = try stream.completion(facts(stream.quirks), isWhole: isWhole, readCount: readCount)
    if isWhole { completion = made }
    return made
  }

  /// The error of a call that failed.
  func report(_ failure: Failure) -> ErrorReport {
    let report = ErrorReport(failure, secret: secret)
    serverError.redact(secret)
    report.server = serverError
    report.attempts = state.attempts
    report.timings = timings
    report.completion = try? takeCompletion()
    guard let transfer = lastTransfer, transfer.headers.httpStatus != 0 else { return report }
    report.httpStatus = transfer.headers.httpStatus
    transfer.headers.redact(secret)
    report.headers = transfer.headers
    report.retryAfter = RetryPolicy.retryAfter(transfer.headers, unixTime: csystem_unix_time())
    report.keep(received, or: stream?.errorText, secret)
    return report
  }
}
