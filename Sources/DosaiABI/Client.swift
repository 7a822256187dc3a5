import CDosai
import DosAIEngine
import DosaiCore
import DosaiHTTP

extension Client: Handled { static var typeTag: UInt32 { 0x434C_4945 } }

@implementation @_cdecl("dosai_call_options_init")
public func dosai_call_options_init(_ options: UnsafeMutablePointer<dosai_call_options>?, _ struct_size: Int) {
  clear(options, struct_size)
}

@implementation @_cdecl("dosai_client_new")
public func dosai_client_new(
  _ options: UnsafePointer<dosai_client_options>?, _ out_client: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_client, "out_client: is NULL")
    try out.give(try Client.make(try ClientSettings(options)))
  }
}

@implementation @_cdecl("dosai_client_get")
public func dosai_client_get(
  _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_response: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  run(.get(path), client, options, out_response, out_error)
}

@implementation @_cdecl("dosai_client_post")
public func dosai_client_post(
  _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?, _ length: Int,
  _ options: UnsafePointer<dosai_call_options>?, _ out_response: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  run(.post(path, json, length), client, options, out_response, out_error)
}

@implementation @_cdecl("dosai_client_warm")
public func dosai_client_warm(
  _ client: OpaquePointer?, _ connections: Int32, _ options: UnsafePointer<dosai_call_options>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  runCall(nil, out_error) { () throws(Failure) in
    let client = try Handle.borrow(client, Client.self, "client: is not a client")
    guard connections >= 1, connections <= Client.idleMax else {
      throw .invalid("connections: must be between 1 and 64")
    }
    return try client.warm(Int(connections), try CallSettings(client, options))
  }
}

@implementation @_cdecl("dosai_client_free")
public func dosai_client_free(_ client: OpaquePointer?) { Handle.free(client, Client.self) }
