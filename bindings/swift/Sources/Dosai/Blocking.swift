import CLibdosai

extension Client {
  /// Calls that wait on the thread that makes them, for programs without tasks. In a task they hold up a thread that others
  /// need, and the task does not cancel them: see `CallOptions.cancel`.
  public var blocking: Blocking { Blocking(client: self) }
}

public struct Blocking: Sendable {
  fileprivate let client: Client

  /// Sends the request, and waits for the whole answer.
  public func chat(_ request: Request, _ options: CallOptions = CallOptions()) throws(DosaiError) -> Completion {
    try options.pass { to throws(DosaiError) in
      Completion(
        try make(dosai_completion_free) {
          dosai_chat(client.handle.pointer, request.handle.pointer, to, $0, $1)
        })
    }
  }

  /// Sends the request when it is first asked for a chunk.
  public func stream(_ request: Request, _ options: CallOptions = CallOptions()) -> BlockingStream {
    BlockingStream(client, options) { client, to, out, error in
      dosai_stream_open(client, request.handle.pointer, to, out, error)
    }
  }

  /// A GET, such as of "/models".
  public func get(_ path: String, _ options: CallOptions = CallOptions()) throws(DosaiError) -> Response {
    let path = try path.word()
    return try options.pass { to throws(DosaiError) in
      Response(
        handle: try make(dosai_response_free) { dosai_client_get(client.handle.pointer, path, to, $0, $1) })
    }
  }

  /// A POST of JSON to any endpoint.
  public func post(_ path: String, json: String, _ options: CallOptions = CallOptions()) throws(DosaiError) -> Response
  {
    let path = try path.word()
    return try options.pass { to throws(DosaiError) in
      Response(
        handle: try make(dosai_response_free) { out, error in
          json.pass { dosai_client_post(client.handle.pointer, path, $0, $1, to, out, error) }
        })
    }
  }

  /// A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind `event`.
  public func postStream(
    _ path: String, json: String, _ options: CallOptions = CallOptions()
  ) throws(DosaiError) -> BlockingStream {
    let path = try path.word()
    return BlockingStream(client, options) { client, to, out, error in
      json.pass { dosai_stream_open_post(client, path, $0, $1, to, out, error) }
    }
  }
}

/// `while let chunk = try chunks.next()`: each call waits, on its thread, for the next chunk. A stream that is let go of is
/// cancelled.
public final class BlockingStream {
  typealias Open = (OpaquePointer, UnsafePointer<dosai_call_options>, Out, Out) -> dosai_status

  private let client: Client
  private let options: CallOptions
  private let open: Open
  private var handle: Handle?
  private var ended: Result<Void, DosaiError>?
  /// The answer, put together from its chunks, once all of them have been read.
  public private(set) var completion: Completion?

  init(_ client: Client, _ options: CallOptions, _ open: @escaping Open) {
    (self.client, self.options, self.open) = (client, options, open)
  }

  /// nil is the end of a complete answer.
  public func next() throws(DosaiError) -> Chunk? {
    if let ended {
      try ended.get()
      return nil
    }
    do throws(DosaiError) {
      let handle = try opened()
      var chunk: UnsafePointer<dosai_chunk>?
      try check { dosai_stream_next(handle.pointer, -1, &chunk, $0) }
      if let chunk { return Chunk(chunk) }
      completion = Completion(
        try make(dosai_completion_free) { dosai_stream_completion(handle.pointer, $0, $1) })
      (self.handle, ended) = (nil, .success(()))
      return nil
    } catch {
      (handle, ended) = (nil, .failure(error))
      throw error
    }
  }

  private func opened() throws(DosaiError) -> Handle {
    if let handle { return handle }
    let made = try options.pass { to throws(DosaiError) in
      try make(dosai_stream_free) { open(client.handle.pointer, to, $0, $1) }
    }
    handle = made
    return made
  }
}
