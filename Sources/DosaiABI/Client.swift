import CDosai
import Dosai
import DosaiCore
import DosaiHTTP

@implementation @_cdecl("dosai_client_options_init")
public func dosai_client_options_init(_ options: UnsafeMutablePointer<dosai_client_options>?, _ struct_size: Int) {
  clear(options, struct_size)
}

@implementation @_cdecl("dosai_call_options_init")
public func dosai_call_options_init(_ options: UnsafeMutablePointer<dosai_call_options>?, _ struct_size: Int) {
  clear(options, struct_size)
}

@implementation @_cdecl("dosai_client_new")
public func dosai_client_new(
  _ options: UnsafePointer<dosai_client_options>?, _ out_client: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  answer(out_error) { () throws(Failure) in
    let out = try cleared(out_client, "out_client: is NULL")
    try out.give(try Client.make(try ClientSettings(options)))
  }
}

@implementation @_cdecl("dosai_client_get")
public func dosai_client_get(
  _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_completion: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  call(client, options, out_completion, out_error) { client, settings throws(Failure) in
    try client.send(path: try word(path, "path: is NULL"), json: nil, settings)
  }
}

@implementation @_cdecl("dosai_client_post")
public func dosai_client_post(
  _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?, _ length: Int,
  _ options: UnsafePointer<dosai_call_options>?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  call(client, options, out_completion, out_error) { client, settings throws(Failure) in
    guard let json else { throw .invalid("json: is NULL") }
    return try client.send(path: try word(path, "path: is NULL"), json: try jsonBody(json, length), settings)
  }
}

@implementation @_cdecl("dosai_client_free")
public func dosai_client_free(_ client: OpaquePointer?) { Handle.free(client, Client.self) }

/// A copy of the JSON text.
func jsonBody(_ json: Characters, _ length: Int) throws(Failure) -> Buffer {
  let body = try Buffer(copying: try text(json, length, "json: is NULL"))
  do throws(Failure) { _ = try JSONScanner.check(body.bytes) } catch { throw .invalid("json: is not JSON") }
  return body
}

/// A call that ends with a completion or an error.
func call(
  _ handle: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?, _ outCompletion: HandleOut?,
  _ outError: HandleOut?, _ body: (Client, CallSettings) throws(Failure) -> Outcome
) -> dosai_status {
  var report: ErrorReport?
  let status = answer(outError) { () throws(Failure) in
    outCompletion?.pointee = nil
    let client = try Handle.borrow(handle, Client.self, "client: is not a client")
    switch try body(client, try CallSettings(client, options)) {
    case .completion(let completion):
      if let completion, let outCompletion { try outCompletion.give(completion) }
    case .failure(let failed): report = failed
    }
  }
  guard let report else { return status }
  return refuse(report, outError)
}
