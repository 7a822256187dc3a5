import CDosai
import CSystem
import DosAIEngine
import DosaiCore

extension ChatRequest: Handled { static var typeTag: UInt32 { 0x5245_5155 } }

/// Changes a request with `body`, which throws if it cannot.
private func change(
  _ request: OpaquePointer?, _ outError: HandleOut?, _ body: (ChatRequest) throws(Failure) -> Void
) -> dosai_status {
  catchFailure(outError) { () throws(Failure) in
    try body(try Handle.borrow(request, ChatRequest.self, "request: is not a request"))
  }
}

@implementation @_cdecl("dosai_request_new")
public func dosai_request_new(
  _ model: UnsafePointer<CChar>?, _ length: Int, _ out_request: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_request, "out_request: is NULL")
    try out.give(try ChatRequest(model: try text(model, length, "model: is NULL")))
  }
}

@implementation @_cdecl("dosai_request_parse")
public func dosai_request_parse(
  _ json: UnsafePointer<CChar>?, _ length: Int, _ out_request: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_request, "out_request: is NULL")
    try out.give(try ChatRequest(json: try text(json, length, "json: is NULL")))
  }
}

@implementation @_cdecl("dosai_request_copy")
public func dosai_request_copy(
  _ request: OpaquePointer?, _ out_request: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_request, "out_request: is NULL")
    let source = try Handle.borrow(request, ChatRequest.self, "request: is not a request")
    try out.give(try ChatRequest(copying: source))
  }
}

@implementation @_cdecl("dosai_request_add_message")
public func dosai_request_add_message(
  _ request: OpaquePointer?, _ role: UnsafePointer<CChar>?, _ content: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.addMessage(
      role: try requiredCString(role, "role: is NULL"), content: try text(content, length, "content: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_add_message_json")
public func dosai_request_add_message_json(
  _ request: OpaquePointer?, _ json: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.addMessage(json: try text(json, length, "json: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_set_message_text")
public func dosai_request_set_message_text(
  _ request: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.setMessageText(
      try requiredCString(key, "key: is NULL"), try DosaiABI.text(text, length, "text: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_add_completion")
public func dosai_request_add_completion(
  _ request: OpaquePointer?, _ completion: OpaquePointer?, _ choice: Int32,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    let completion = try Handle.borrow(completion, Completion.self, "completion: is not a completion")
    guard let message = try completion.message(Int(choice)) else {
      throw .invalid("choice: the completion has no such choice, or no message in it")
    }
    try request.addMessage(json: message)
  }
}

@implementation @_cdecl("dosai_request_add_tool")
public func dosai_request_add_tool(
  _ request: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ description: UnsafePointer<CChar>?,
  _ parameters_json: UnsafePointer<CChar>?, _ length: Int, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    let parameters = try parameters_json.map { start throws(Failure) in try text(start, length, "") }
    try request.addTool(
      name: try requiredCString(name, "name: is NULL"), description: description.map { cStringBytes($0) },
      parameters: parameters)
  }
}

@implementation @_cdecl("dosai_request_add_tool_result")
public func dosai_request_add_tool_result(
  _ request: OpaquePointer?, _ tool_call_id: UnsafePointer<CChar>?, _ content: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.addToolResult(
      id: try requiredCString(tool_call_id, "tool_call_id: is NULL"),
      content: try text(content, length, "content: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_set_tool_choice")
public func dosai_request_set_tool_choice(
  _ request: OpaquePointer?, _ function_name: UnsafePointer<CChar>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.setToolChoice(function: try requiredCString(function_name, "function_name: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_add_stop")
public func dosai_request_add_stop(
  _ request: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.addStop(try DosaiABI.text(text, length, "text: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_set_text")
public func dosai_request_set_text(
  _ request: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.set(try requiredCString(key, "key: is NULL"), text: try DosaiABI.text(text, length, "text: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_set_number")
public func dosai_request_set_number(
  _ request: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ number: Double,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    let text: UnsafeMutablePointer<CChar> = try allocate(32)
    defer { text.deallocate() }
    guard csystem_write_number(number, text) != 0 else { throw .outOfMemory }
    try request.set(try requiredCString(key, "key: is NULL"), number: number, written: cStringBytes(text))
  }
}

@implementation @_cdecl("dosai_request_set_integer")
public func dosai_request_set_integer(
  _ request: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ integer: Int64,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.set(try requiredCString(key, "key: is NULL"), integer: integer)
  }
}

@implementation @_cdecl("dosai_request_set_json")
public func dosai_request_set_json(
  _ request: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.set(try requiredCString(key, "key: is NULL"), json: try text(json, length, "json: is NULL"))
  }
}

@implementation @_cdecl("dosai_request_set_json_schema")
public func dosai_request_set_json_schema(
  _ request: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ schema_json: UnsafePointer<CChar>?, _ length: Int,
  _ strict: Int32, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  change(request, out_error) { request throws(Failure) in
    try request.setSchema(
      name: try requiredCString(name, "name: is NULL"),
      schema: try text(schema_json, length, "schema_json: is NULL"), strict: strict != 0)
  }
}

@implementation @_cdecl("dosai_request_json")
public func dosai_request_json(
  _ request: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(Handle.peek(request, ChatRequest.self)?.bytes, out_length) }

@implementation @_cdecl("dosai_request_free")
public func dosai_request_free(_ request: OpaquePointer?) { Handle.free(request, ChatRequest.self) }
