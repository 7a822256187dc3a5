import CLibdosai
import Dispatch
import Synchronization

typealias Submission = (OpaquePointer, UnsafePointer<dosai_call_options>, UInt, Out, Out) -> dosai_status

/// The asynchronous calls of a client. Dispatch waits for the loop's descriptor; then this hands out what has come.
final class Loop: @unchecked Sendable {
  private let loop: OpaquePointer
  private let gate = Mutex(())  // the library wants one at a time
  private let source: any DispatchSourceRead

  init(_ options: ClientOptions) throws(DosaiError) {
    let loop = try options.makeLoop()
    self.loop = loop
    source = DispatchSource.makeReadSource(fileDescriptor: dosai_loop_fd(loop), queue: DispatchQueue(label: "dosai"))
    source.setEventHandler { [weak self] in self?.step() }
    nonisolated(unsafe) let last = loop
    source.setCancelHandler { dosai_loop_close(last, nil, nil, nil) }
    source.resume()
  }

  /// No call runs any more: each keeps its client.
  deinit { source.cancel() }

  func submit(_ call: Call, _ options: CallOptions, _ submission: Submission) throws(DosaiError) {
    try options.pass { to throws(DosaiError) in
      let tag = Unmanaged.passRetained(call)
      do throws(DosaiError) {
        try gate.withLock { _ throws(DosaiError) in
          try check { error in submission(loop, to, UInt(bitPattern: tag.toOpaque()), &call.handle, error) }
        }
      } catch {
        tag.release()
        throw error
      }
    }
  }

  private func step() {
    gate.withLock { _ in
      dosai_loop_step(loop, 0, nil, nil, nil, nil)
      var event: UnsafePointer<dosai_event>?
      var tag: UInt = 0
      var chunks: [Chunk] = []  // of one call, one behind the other
      func flush() {
        guard !chunks.isEmpty, let call = UnsafeRawPointer(bitPattern: tag) else { return }
        Unmanaged<Call>.fromOpaque(call).takeUnretainedValue().add(chunks)
        chunks.removeAll(keepingCapacity: false)
      }
      while dosai_loop_next(loop, &event, nil) == 0, let event {
        if event.pointee.tag != tag { flush() }
        tag = event.pointee.tag
        if let chunk = event.pointee.chunk {
          chunks.append(Chunk(chunk))
        } else if let call = UnsafeRawPointer(bitPattern: tag) {
          flush()
          Unmanaged<Call>.fromOpaque(call).takeRetainedValue().finish(Last(event.pointee))
        }
      }
      flush()
    }
  }
}

/// How a call ended.
enum Last: Sendable {
  case completion(Completion)
  case response(Response)
  case error(DosaiError)

  init(_ event: dosai_event) {
    do throws(DosaiError) {
      if let completion = event.completion {
        self = .completion(try Completion(copy: completion))
      } else if let response = event.response {
        self = .response(
          Response(handle: try make(dosai_response_free) { dosai_response_copy(response, $0, $1) }))
      } else {
        let error = try make(dosai_error_free) { dosai_error_copy(event.error, $0, $1) }
        self = .error(DosaiError(Status(rawValue: dosai_error_status(event.error)), error))
      }
    } catch {
      self = .error(error)
    }
  }
}
