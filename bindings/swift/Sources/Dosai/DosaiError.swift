import CLibdosai

/// Why a call failed, and what had arrived. Of a task that was cancelled, the status is `cancelled`.
public struct DosaiError: Error, CustomStringConvertible {
  /// How the call ended.
  public let status: Status
  private let handle: Handle?
  private let own: String?
  private let part: Completion?

  init(_ status: Status, _ handle: Handle?) {
    (self.status, self.handle, own, part) = (status, handle, nil, nil)
  }

  init(_ status: Status, _ message: String, _ part: Completion? = nil) {
    (self.status, handle, own, self.part) = (status, nil, message, part)
  }

  static func cancelled(_ part: Completion? = nil) -> DosaiError {
    DosaiError(.cancelled, "the call was cancelled", part)
  }

  private func read(_ getter: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?) -> String? {
    text { getter(handle?.pointer, $0) }
  }

  public var description: String { "\(status): \(message)" }
  /// What happened, in one line, with the server's own message.
  public var message: String { own ?? read(dosai_error_message) ?? status.description }
  /// The HTTP status of the last attempt; nil if it got no answer.
  public var httpStatus: Int? {
    let status = Int(dosai_error_http_status(handle?.pointer))
    return status > 0 ? status : nil
  }
  /// The server's code, type, parameter, and id of the request.
  public var code: String? { read(dosai_error_code) }
  public var type: String? { read(dosai_error_type) }
  public var param: String? { read(dosai_error_param) }
  public var requestID: String? { read(dosai_error_request_id) }
  /// The first 64 KiB of the response.
  public var body: [UInt8]? {
    var length = 0
    guard let start = dosai_error_body(handle?.pointer, &length) else { return nil }
    return Array(UnsafeRawBufferPointer(start: start, count: length))
  }
  /// The wait that the server asks for.
  public var retryAfter: Duration? {
    let asked = dosai_error_retry_after_ms(handle?.pointer)
    return asked < 0 ? nil : .milliseconds(asked)
  }
  /// Whether repeating the call may help.
  public var isRetryable: Bool { dosai_error_is_retryable(handle?.pointer) == 1 }
  /// The clock that ran out, of a timeout.
  public var clock: CallClock { CallClock(rawValue: dosai_error_clock(handle?.pointer)) }
  /// The attempts to get an answer.
  public var attempts: [Attempt] {
    Attempt.list(dosai_error_attempt_count(handle?.pointer)) { dosai_error_attempt(handle?.pointer, $0, $1) }
  }
  /// When what was reached.
  public var timings: Timings { Timings { dosai_error_timings(handle?.pointer, $0) } }
  /// The part of the answer that had arrived.
  public var completion: Completion? {
    if let part { return part }
    guard let borrowed = dosai_error_completion(handle?.pointer) else { return nil }
    return try? Completion(copy: borrowed)
  }
  /// A header of the response.
  public func header(_ name: String) -> String? { text { dosai_error_header(handle?.pointer, name, $0) } }
}
