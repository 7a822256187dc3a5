import CDosai
import DosAIEngine
import DosaiCore

extension Response: Handled { static var typeTag: UInt32 { 0x5245_5350 } }

private func peek(_ response: OpaquePointer?) -> Response? { Handle.peek(response, Response.self) }

@implementation @_cdecl("dosai_response_json")
public func dosai_response_json(
  _ response: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(response)?.json.bytes, out_length) }

@implementation @_cdecl("dosai_response_http_status")
public func dosai_response_http_status(_ response: OpaquePointer?) -> Int32 {
  peek(response)?.facts.headers.httpStatus ?? 0
}

@implementation @_cdecl("dosai_response_header")
public func dosai_response_header(
  _ response: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(response)?.facts.header(name), out_length) }

@implementation @_cdecl("dosai_response_headers")
public func dosai_response_headers(
  _ response: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(response)?.facts.headers.list, out_length) }

@implementation @_cdecl("dosai_response_request_id")
public func dosai_response_request_id(
  _ response: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(response)?.facts.headers.requestID, out_length) }

@implementation @_cdecl("dosai_response_attempt_count")
public func dosai_response_attempt_count(_ response: OpaquePointer?) -> Int32 {
  Int32(truncatingIfNeeded: peek(response)?.facts.attempts.count ?? 0)
}

@implementation @_cdecl("dosai_response_attempt")
public func dosai_response_attempt(
  _ response: OpaquePointer?, _ index: Int32, _ out_attempt: UnsafeMutablePointer<dosai_attempt>?
) -> dosai_status { fill(out_attempt, peek(response)?.facts.attempts, index) }

@implementation @_cdecl("dosai_response_timings")
public func dosai_response_timings(
  _ response: OpaquePointer?, _ out_timings: UnsafeMutablePointer<dosai_timings>?
) -> dosai_status { fill(out_timings, peek(response)?.facts.timings) }

@implementation @_cdecl("dosai_response_copy")
public func dosai_response_copy(
  _ response: OpaquePointer?, _ out_response: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_response, "out_response: is NULL")
    try out.give(try Handle.borrow(response, Response.self, "response: is not a response"))
  }
}

@implementation @_cdecl("dosai_response_free")
public func dosai_response_free(_ response: OpaquePointer?) { Handle.free(response, Response.self) }
