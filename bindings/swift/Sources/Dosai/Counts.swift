import CLibdosai

/// Numbers of tokens; nil if the server sent none.
public struct Usage: Sendable, Hashable {
  public let promptTokens: Int?
  public let completionTokens: Int?
  public let totalTokens: Int?
  public let cachedTokens: Int?
  public let reasoningTokens: Int?

  init(_ from: dosai_usage) {
    func known(_ count: Int64) -> Int? { count < 0 ? nil : Int(count) }
    promptTokens = known(from.prompt_tokens)
    completionTokens = known(from.completion_tokens)
    totalTokens = known(from.total_tokens)
    cachedTokens = known(from.cached_tokens)
    reasoningTokens = known(from.reasoning_tokens)
  }
}

/// Since the start of the call; nil if not reached. All but the total are those of the last attempt.
public struct Timings: Sendable, Hashable {
  /// The request could be sent.
  public let connect: Duration?
  public let firstByte: Duration?
  /// Only of streams.
  public let firstToken: Duration?
  public let total: Duration?
  public let reusedConnection: Bool

  init(_ fill: (UnsafeMutablePointer<dosai_timings>) -> dosai_status) {
    var times = dosai_timings()
    times.struct_size = UInt32(MemoryLayout<dosai_timings>.size)
    let isFilled = fill(&times) == 0
    func known(_ time: Int64) -> Duration? { isFilled ? Duration(microseconds: time) : nil }
    connect = known(times.connect_us)
    firstByte = known(times.first_byte_us)
    firstToken = known(times.first_token_us)
    total = known(times.total_us)
    reusedConnection = times.reused_connection == 1
  }
}

/// One attempt to get an answer.
public struct Attempt: Sendable, Hashable {
  public let status: Status
  /// nil if there was no answer.
  public let httpStatus: Int?
  /// The wait before the next attempt.
  public let delay: Duration

  static func list(_ count: Int32, _ fill: (Int32, UnsafeMutablePointer<dosai_attempt>) -> dosai_status) -> [Attempt] {
    (0..<count).map { at in
      var one = dosai_attempt()
      one.struct_size = UInt32(MemoryLayout<dosai_attempt>.size)
      _ = fill(at, &one)
      return Attempt(
        status: Status(rawValue: one.status), httpStatus: one.http_status > 0 ? Int(one.http_status) : nil,
        delay: .milliseconds(one.delay_ms))
    }
  }
}
