import CDosai
import DosAIEngine
import DosaiCore

extension ErrorReport: Handled { static var typeTag: UInt32 { 0x4552_524F } }

private func report(_ error: OpaquePointer?) -> ErrorReport? { Handle.peek(error, ErrorReport.self) }

@implementation @_cdecl("dosai_error_status")
public func dosai_error_status(_ error: OpaquePointer?) -> dosai_status {
  (report(error)?.status ?? .invalidArgument).rawValue
}

@implementation @_cdecl("dosai_error_message")
public func dosai_error_message(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.line.bytes, out_length) }

@implementation @_cdecl("dosai_error_http_status")
public func dosai_error_http_status(_ error: OpaquePointer?) -> Int32 { report(error)?.httpStatus ?? 0 }

@implementation @_cdecl("dosai_error_code")
public func dosai_error_code(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.server.code?.bytes, out_length) }

@implementation @_cdecl("dosai_error_type")
public func dosai_error_type(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.server.type?.bytes, out_length) }

@implementation @_cdecl("dosai_error_param")
public func dosai_error_param(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.server.param?.bytes, out_length) }

@implementation @_cdecl("dosai_error_request_id")
public func dosai_error_request_id(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.headers?.requestID, out_length) }

@implementation @_cdecl("dosai_error_retry_after_ms")
public func dosai_error_retry_after_ms(_ error: OpaquePointer?) -> Int64 { report(error)?.retryAfter ?? -1 }

@implementation @_cdecl("dosai_error_is_retryable")
public func dosai_error_is_retryable(_ error: OpaquePointer?) -> Int32 {
  report(error).map { RetryPolicy.mayPass($0.status, $0.httpStatus, $0.headers) ? 1 : 0 } ?? 0
}

@implementation @_cdecl("dosai_error_header")
public func dosai_error_header(
  _ error: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? {
  lend(name.flatMap { report(error)?.headers?.value(cStringBytes($0)) }, out_length)
}

@implementation @_cdecl("dosai_error_headers")
public func dosai_error_headers(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.headers?.list, out_length) }

@implementation @_cdecl("dosai_error_body")
public func dosai_error_body(
  _ error: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(report(error)?.body?.bytes, out_length) }

@implementation @_cdecl("dosai_error_clock")
public func dosai_error_clock(_ error: OpaquePointer?) -> dosai_clock { (report(error)?.clock ?? .none).rawValue }

@implementation @_cdecl("dosai_error_attempt_count")
public func dosai_error_attempt_count(_ error: OpaquePointer?) -> Int32 {
  Int32(truncatingIfNeeded: report(error)?.attempts.count ?? 0)
}

@implementation @_cdecl("dosai_error_attempt")
public func dosai_error_attempt(
  _ error: OpaquePointer?, _ index: Int32, _ out_attempt: UnsafeMutablePointer<dosai_attempt>?
) -> dosai_status { fill(out_attempt, report(error)?.attempts, index) }

@implementation @_cdecl("dosai_error_timings")
public func dosai_error_timings(
  _ error: OpaquePointer?, _ out_timings: UnsafeMutablePointer<dosai_timings>?
) -> dosai_status { fill(out_timings, report(error)?.timings) }

@implementation @_cdecl("dosai_error_completion")
public func dosai_error_completion(_ error: OpaquePointer?) -> OpaquePointer? { report(error)?.lentCompletion }

@implementation @_cdecl("dosai_error_copy")
public func dosai_error_copy(
  _ error: OpaquePointer?, _ out_copy: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_copy, "out_copy: is NULL")
    let copy = ErrorReport(copying: try Handle.borrow(error, ErrorReport.self, "error: is not an error"))
    try out.give(copy)
    copy.lentCompletion = copy.completion.flatMap { Handle.give($0, isLent: true) }
  }
}

@implementation @_cdecl("dosai_error_free")
public func dosai_error_free(_ error: OpaquePointer?) {
  guard let report = Handle.consume(error, ErrorReport.self) else { return }
  _ = Handle.consume(report.lentCompletion, Completion.self, lent: true)
}

/// Fills in one attempt. INVALID_ARGUMENT: there is no such attempt.
func fill(
  _ out: UnsafeMutablePointer<dosai_attempt>?, _ attempts: [Attempt]?, _ index: Int32
) -> dosai_status {
  guard let attempts, index >= 0, index < attempts.count else { return Status.invalidArgument.rawValue }
  var filled = dosai_attempt()
  let attempt = attempts[Int(index)]
  filled.status = attempt.status.rawValue
  filled.http_status = attempt.httpStatus
  filled.delay_ms = attempt.delay
  return fill(out, from: filled)
}

func fill(_ out: UnsafeMutablePointer<dosai_timings>?, _ timings: Timings?) -> dosai_status {
  guard let timings else { return Status.invalidArgument.rawValue }
  return fill(out, from: dosai_timings(timings))
}

extension dosai_timings {
  init(_ timings: Timings) {
    func microseconds(_ time: Int64) -> Int64 { time < 0 ? -1 : time / 1000 }
    self.init()
    struct_size = UInt32(MemoryLayout<dosai_timings>.size)
    reused_connection = timings.reusedConnection ? 1 : 0
    connect_us = microseconds(timings.connect)
    first_byte_us = microseconds(timings.firstByte)
    first_token_us = microseconds(timings.firstToken)
    total_us = microseconds(timings.total)
  }
}
