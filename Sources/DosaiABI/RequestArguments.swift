import CDosai
import DosAIEngine
import DosaiCore

/// The request of a call, as the host passed it.
enum RequestArguments {
  case chat(OpaquePointer?, streaming: Bool)
  case get(CString?)
  case post(CString?, CString?, Int, streaming: Bool = false)

  /// Makes the call, but does not start it.
  @inline(never)
  func makeCall(
    _ client: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?
  ) throws(Failure) -> Call {
    let client = try Handle.borrow(client, Client.self, "client: is not a client")
    let settings = try CallSettings(client, options)
    switch self {
    case .chat(let request, let streaming):
      let request = try Handle.borrow(request, ChatRequest.self, "request: is not a request")
      return try client.chat(request, streaming: streaming, settings)
    case .get(let path):
      return try client.call(path: try requiredCString(path, "path: is NULL"), json: nil, settings)
    case .post(let path, let json, let length, let streaming):
      guard let json else { throw .invalid("json: is NULL") }
      let path = try requiredCString(path, "path: is NULL")
      let body = try Buffer(copying: try text(json, length, "json: is NULL"))
      do throws(Failure) { _ = try JSONScanner.check(body.bytes) } catch { throw .invalid("json: is not JSON") }
      return try client.call(path: path, json: body, streaming: streaming, settings)
    }
  }
}

/// Makes a call, waits until it has ended, and writes its answer or error to the outputs.
@inline(never)
func run(
  _ arguments: RequestArguments, _ client: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ outAnswer: HandleOut?,
  _ outError: HandleOut?
) -> dosai_status {
  runCall(outAnswer, outError) { () throws(Failure) in try arguments.makeCall(client, options).run() }
}

/// Runs `body`, and writes the outcome that it returns to the outputs.
@inline(__always)
func runCall(
  _ outAnswer: HandleOut?, _ outError: HandleOut?, _ body: () throws(Failure) -> Outcome
) -> dosai_status {
  var report: ErrorReport?
  let status = catchFailure(outError) { () throws(Failure) in
    outAnswer?.pointee = nil
    switch try body() {
    case .completion(let completion): if let completion { try outAnswer?.give(completion) }
    case .response(let response): try outAnswer?.give(response)
    case .failure(let failed): report = failed
    }
  }
  guard let report else { return status }
  return giveError(report, outError)
}
