/// When a failed attempt is made again, and after how long. Times in milliseconds.
package struct RetryPolicy {
  package static let defaultMax = 2
  /// What a server may ask us to wait; beyond it there is no retry.
  static let retryAfterMost: Int64 = 120_000

  package var retriesMax = defaultMax

  package init() {}

  /// What a server asked for in `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3); -1: nothing that can be read.
  package static func retryAfter(_ headers: ResponseHeaders, unixTime: Int64) -> Int64 {
    if let text = headers.value("retry-after-ms"), let value = milliseconds(text, scale: 1) { return value }
    guard let text = headers.value("retry-after") else { return -1 }
    if let value = milliseconds(text, scale: 1000) { return value }
    guard let date = HTTPDate.unixTime(text) else { return -1 }
    return max(0, date - unixTime) * 1000
  }

  /// The delay before the next attempt; nil: there is none. `httpStatus` is 0 until the response's headers are whole,
  /// `random` uniform over all values.
  package func delay(
    after failure: Status, httpStatus: Int32, attempt: Int, headers: ResponseHeaders, unixTime: Int64, random: UInt32
  ) -> Int64? {
    guard attempt < retriesMax, Self.isRetryable(failure, httpStatus, headers) else { return nil }
    let asked = httpStatus == 0 ? -1 : Self.retryAfter(headers, unixTime: unixTime)
    if asked > Self.retryAfterMost { return nil }
    if asked > 0 { return asked }
    let full = min(8000, Int64(500) << Int64(min(attempt, 4)))
    return full - full / 4 * Int64(random >> 16) / 65536
  }

  private static func isRetryable(_ failure: Status, _ httpStatus: Int32, _ headers: ResponseHeaders) -> Bool {
    switch failure {
    case .insufficientCredits, .cancelled, .tls, .outOfMemory, .tooLarge, .malformed, .redirected, .resource:
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

  /// A decimal number of seconds or milliseconds, without sign or exponent.
  private static func milliseconds(_ text: Bytes, scale: Int64) -> Int64? {
    let dot = text.firstIndex(of: UInt8(ascii: "."), from: 0) ?? text.count
    guard dot <= 15, let whole = Text.integer(text.part(0, dot)), whole >= 0 else { return nil }
    var value = whole * scale
    var unit = scale
    for i in dot + 1..<max(dot + 1, text.count) {
      guard text[i].isDigit else { return nil }
      unit /= 10
      value += Int64(text[i] - UInt8(ascii: "0")) * unit
    }
    return value
  }
}
