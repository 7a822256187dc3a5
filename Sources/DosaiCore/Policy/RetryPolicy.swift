/// Whether and when a failed attempt is repeated. Times are in milliseconds.
package struct RetryPolicy {
  package static let defaultMax = 2
  /// The longest wait that a server may ask for; if it asks for more, there is no retry.
  static let retryAfterMax: Int64 = 120_000
  /// The first delay, which then doubles up to the maximum.
  private static let backoff: Int64 = 500
  private static let backoffMax: Int64 = 8000

  package var retriesMax = defaultMax

  package init() {}

  /// The wait that a server asked for in `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3); -1: none, or it is
  /// malformed.
  package static func retryAfter(_ headers: ResponseHeaders, unixTime: Int64) -> Int64 {
    if let text = headers.value("retry-after-ms"), let value = milliseconds(text, scale: 1) { return value }
    guard let text = headers.value("retry-after") else { return -1 }
    if let value = milliseconds(text, scale: 1000) { return value }
    guard let date = HTTPDate.unixTime(text) else { return -1 }
    return max(0, date - unixTime) * 1000
  }

  /// The delay before the next attempt; nil: there is none. `httpStatus` is 0 until all headers have arrived. `random`
  /// is uniformly distributed over all values.
  package func delay(
    after failure: Status, httpStatus: Int32, attempt: Int, headers: ResponseHeaders, unixTime: Int64, random: UInt32
  ) -> Int64? {
    guard attempt < retriesMax, Self.isRetryable(failure, httpStatus, headers) else { return nil }
    let asked = httpStatus == 0 ? -1 : Self.retryAfter(headers, unixTime: unixTime)
    if asked > Self.retryAfterMax { return nil }
    if asked > 0 { return asked }
    let full = min(Self.backoffMax, Self.backoff << Int64(min(attempt, 4)))
    return full - full / 4 * Int64(random >> 16) / 65536
  }

  /// For how long the server wants no call at all; nil: it did not say that.
  package static func hold(after failure: Status, _ headers: ResponseHeaders, unixTime: Int64) -> Int64? {
    let asked = retryAfter(headers, unixTime: unixTime)
    guard failure == .rateLimited || failure == .unavailable && asked > 0 else { return nil }
    return asked > 0 ? min(asked, retryAfterMax) : backoff
  }

  /// Whether the same call may succeed if it is repeated.
  package static func mayPass(_ failure: Status, _ httpStatus: Int32, _ headers: ResponseHeaders?) -> Bool {
    if failure == .connection || failure == .timeout || failure == .truncated { return true }
    guard httpStatus != 0, let headers else { return false }
    return isRetryable(failure, httpStatus, headers)
  }

  private static func isRetryable(_ failure: Status, _ httpStatus: Int32, _ headers: ResponseHeaders) -> Bool {
    switch failure {
    case .insufficientCredits, .cancelled, .tls, .outOfMemory, .tooLarge, .redirected, .resource:
      return false
    default: break
    }
    if httpStatus == 0 { return failure == .connection || failure == .timeout || failure == .truncated }
    if httpStatus < 400 { return false }
    if let word = headers.value("x-should-retry") {
      if word.equals("true") { return true }
      if word.equals("false") { return false }
    }
    return httpStatus == 408 || httpStatus == 409 || httpStatus == 429 || httpStatus >= 500
  }

  /// Reads an unsigned decimal number of seconds or milliseconds, in milliseconds; `Int64.max` if it is too large.
  static func milliseconds(_ text: Bytes, scale: Double) -> Int64? {
    var at = 0
    func digits(_ take: (Double) -> Void) -> Bool {
      let start = at
      while at < text.count, text[at].isDigit {
        take(Double(text[at] - UInt8(ascii: "0")))
        at += 1
      }
      return at > start
    }
    var value = 0.0
    var divisor = 1.0
    guard digits({ value = value * 10 + $0 }) else { return nil }
    if at < text.count, text[at] == UInt8(ascii: ".") {
      at += 1
      _ = digits {
        guard divisor < 1e15 else { return }
        value = value * 10 + $0
        divisor *= 10
      }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      let isNegative = at < text.count && text[at] == UInt8(ascii: "-")
      if isNegative || at < text.count && text[at] == UInt8(ascii: "+") { at += 1 }
      var power = 0.0
      guard digits({ power = min(400, power * 10 + $0) }) else { return nil }
      for _ in 0..<Int(power) { if isNegative { divisor *= 10 } else { value *= 10 } }
    }
    guard at == text.count else { return nil }
    let time = value * scale / divisor
    return time < 1e15 ? Int64(time) : .max
  }
}
