import CLibdosai
import Synchronization

/// An endpoint, a key, limits and open connections, for any number of tasks and threads. Make one, and keep it. It is freed
/// with the last call that runs. Calls wait without a thread, and are cancelled with their task; `blocking` has others.
public final class Client: Sendable {
  let handle: Handle
  private let options: ClientOptions
  private let made = Mutex<Loop?>(nil)

  /// Nothing is sent yet.
  public init(_ options: ClientOptions = ClientOptions()) throws(DosaiError) {
    handle = try options.makeClient()
    var kept = ClientOptions()  // no secret: what the loop needs
    (kept.maxInFlight, kept.maxConnectionsPerHost) = (options.maxInFlight, options.maxConnectionsPerHost)
    self.options = kept
  }

  private func loop() throws(DosaiError) -> Loop {
    try made.withLock { made throws(DosaiError) in
      if let made { return made }
      let loop = try Loop(options)
      made = loop
      return loop
    }
  }

  private func submit(_ options: CallOptions, _ submission: Submission) throws(DosaiError) -> Call {
    let call = Call(self)
    try loop().submit(call, options, submission)
    return call
  }

  private nonisolated(nonsending) func end(_ options: CallOptions, _ submission: Submission) async throws(DosaiError)
    -> Last?
  {
    if Task.isCancelled { throw .cancelled() }
    return try await submit(options, submission).take().1
  }

  // ---- chats

  /// Sends the request, and gives the whole answer.
  public nonisolated(nonsending) func chat(_ request: Request, _ options: CallOptions = CallOptions())
    async throws(DosaiError) -> Completion
  {
    let last = try await end(options) {
      dosai_loop_submit_chat($0, handle.pointer, request.handle.pointer, $1, $2, $3, $4)
    }
    guard case .completion(let answer) = last else { throw DosaiError(.internal, "the call ended without an answer") }
    return answer
  }

  /// A stream, which sends the request when it is read.
  public func stream(_ request: Request, _ options: CallOptions = CallOptions()) -> ChatStream {
    ChatStream { () throws(DosaiError) in
      try self.submit(options) {
        dosai_loop_submit_stream($0, self.handle.pointer, request.handle.pointer, $1, $2, $3, $4)
      }
    }
  }

  // ---- other endpoints

  /// A GET, such as of "/models".
  public nonisolated(nonsending) func get(_ path: String, _ options: CallOptions = CallOptions())
    async throws(DosaiError) -> Response
  {
    let path = try path.word()
    return try Client.response(
      try await end(options) { dosai_loop_submit_get($0, handle.pointer, path, $1, $2, $3, $4) })
  }

  /// A POST of JSON to any endpoint.
  public nonisolated(nonsending) func post(
    _ path: String, json: String, _ options: CallOptions = CallOptions()
  ) async throws(DosaiError) -> Response {
    let path = try path.word()
    return try Client.response(
      try await end(options) { loop, to, tag, out, error in
        json.pass { dosai_loop_submit_post(loop, handle.pointer, path, $0, $1, to, tag, out, error) }
      })
  }

  private static func response(_ last: Last?) throws(DosaiError) -> Response {
    guard case .response(let answer) = last else { throw DosaiError(.internal, "the call ended without an answer") }
    return answer
  }

  /// A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind `event`.
  public func postStream(_ path: String, json: String, _ options: CallOptions = CallOptions()) -> ChatStream {
    ChatStream { () throws(DosaiError) in
      let path = try path.word()
      return try self.submit(options) { loop, to, tag, out, error in
        json.pass { dosai_loop_submit_stream_post(loop, self.handle.pointer, path, $0, $1, to, tag, out, error) }
      }
    }
  }
}
