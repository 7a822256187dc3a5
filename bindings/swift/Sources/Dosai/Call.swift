import CLibdosai
import Synchronization

/// A call in a loop, with what has come for it and is unread. The loop has it until its last event.
final class Call: @unchecked Sendable {
  private static let unread = 256 << 10  // bytes; then its connection waits

  private let client: Client
  var handle: OpaquePointer?  // set before anybody else knows the call
  // Of all below. A waiter is resumed outside of it: a task that is being cancelled is locked, and asks for the gate.
  private let gate = Mutex(())
  private var chunks: [Chunk] = []
  private var bytes = 0
  private var isPaused = false
  private var isCancelled = false
  private var last: Last?
  private var waiter: UnsafeContinuation<Void, Never>?

  init(_ client: Client) { self.client = client }

  deinit { dosai_call_free(handle) }

  func add(_ more: [Chunk]) {
    let waiter: UnsafeContinuation<Void, Never>? = gate.withLock { _ in
      guard !isCancelled else { return nil }
      chunks = chunks.isEmpty ? more : chunks + more
      for chunk in more { bytes += chunk.size }
      if bytes >= Call.unread, !isPaused {
        isPaused = true
        dosai_call_pause(handle)
      }
      return leave()
    }
    waiter?.resume()
  }

  func finish(_ last: Last) {
    let waiter = gate.withLock { _ in
      self.last = last
      return leave()
    }
    waiter?.resume()
  }

  /// What is unread is not read any more; a last event comes.
  func cancel() {
    gate.withLock { _ in
      isCancelled = true
      chunks = []
      dosai_call_cancel(handle)
    }
  }

  /// Who waited.
  private func leave() -> UnsafeContinuation<Void, Never>? {
    defer { waiter = nil }
    return waiter
  }

  /// The next chunks, or how the answer ended.
  nonisolated(nonsending) func take() async throws(DosaiError) -> ([Chunk], Last?) {
    if Task.isCancelled { cancel() }
    while true {
      await wait()
      let (taken, end, isCut) = gate.withLock { _ in
        let taken = chunks
        chunks = []
        bytes = 0
        if isPaused { dosai_call_resume(handle) }
        isPaused = false
        return (taken, taken.isEmpty ? last : nil, isCancelled)
      }
      switch end {
      case .error(let error): throw error
      case .completion(let part) where isCut: throw .cancelled(part)
      case .response where isCut: throw .cancelled()
      case nil where taken.isEmpty: continue  // cancelled just now: its end will come
      default: return (taken, end)
      }
    }
  }

  private nonisolated(nonsending) func wait() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
        let (before, isReady) = gate.withLock { _ in
          let before = leave()
          if chunks.isEmpty && last == nil { self.waiter = waiter }
          return (before, self.waiter == nil)
        }
        before?.resume()
        if isReady { waiter.resume() }
      }
    } onCancel: {
      cancel()
    }
  }
}
