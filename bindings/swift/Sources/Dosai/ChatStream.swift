import CLibdosai
import Synchronization

/// A stream. Each iterator sends the request, when it is first asked; one that is let go of cancels its call.
public final class ChatStream: AsyncSequence, Sendable {
  public typealias Element = Chunk
  public typealias Failure = DosaiError

  private let submit: @Sendable () throws(DosaiError) -> Call
  private let whole = Mutex<Completion?>(nil)

  init(_ submit: @escaping @Sendable () throws(DosaiError) -> Call) { self.submit = submit }

  /// The answer, put together from its chunks, once all of them have been read.
  public var completion: Completion? { whole.withLock { $0 } }

  fileprivate func finish(_ answer: Completion) { whole.withLock { $0 = answer } }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    private final class Owner {
      let call: Call
      init(_ call: Call) { self.call = call }
      deinit { call.cancel() }
    }

    private let stream: ChatStream
    private var owner: Owner?
    private var chunks: [Chunk] = []
    private var at = 0
    private var ended: Result<Void, DosaiError>?

    fileprivate init(_ stream: ChatStream) { self.stream = stream }

    /// Throws if the answer is not complete, and if the task is cancelled, even where chunks have come that were not read.
    public mutating func next(isolation: isolated (any Actor)?) async throws(DosaiError) -> Chunk? {
      if at == chunks.count || Task.isCancelled {
        if let ended {
          try ended.get()
          return nil
        }
        do throws(DosaiError) {
          try await more()
        } catch {
          (chunks, at, owner, ended) = ([], 0, nil, .failure(error))
          throw error
        }
      }
      guard at < chunks.count else { return nil }
      at += 1
      return chunks[at - 1]
    }

    private nonisolated(nonsending) mutating func more() async throws(DosaiError) {
      if owner == nil {
        if Task.isCancelled { throw .cancelled() }
        owner = Owner(try stream.submit())
      }
      guard let owner else { return }
      let (taken, last) = try await owner.call.take()
      (chunks, at) = (taken, 0)
      guard taken.isEmpty else { return }
      (self.owner, ended) = (nil, .success(()))
      if case .completion(let answer) = last { stream.finish(answer) }
    }
  }
}
