/// What bounds a call. A limit of `Int.max` is none.
package struct Limits {
  package var eventBytes = 16 << 20
  package var responseBytes = 64 << 20
  package var textBytes = 64 << 20
  package var headerBytes = 300 << 10
  package var jsonNodes = 1_000_000
  package var jsonDepth = 512
  package var choices = 128
  package var toolCalls = 1024

  package init() {}
}

/// The four clocks, in nanoseconds; `Int64.max` is never.
package struct Clocks {
  package static let never = Int64.max
  package var connect: Int64 = 10_000_000_000
  package var firstToken: Int64 = 600_000_000_000
  package var idle: Int64 = 300_000_000_000
  /// nil: 600 s for unary calls, none for streams.
  package var total: Int64?

  package init() {}

  package func total(streaming: Bool) -> Int64 { total ?? (streaming ? Self.never : 600_000_000_000) }

  /// `start + duration` without overflow.
  package static func deadline(_ start: Int64, _ duration: Int64) -> Int64 {
    let (sum, overflow) = start.addingReportingOverflow(duration)
    return overflow ? never : sum
  }
}

/// The key. Its memory is overwritten when it goes.
package final class Secret {
  private let buffer = Buffer()

  package init(_ bytes: Bytes) throws(Failure) { try buffer.append(bytes) }

  deinit { buffer.wipe() }

  package var bytes: Bytes { buffer.bytes }

  private static let answerLeast = 12

  /// The bytes, where they may not stand in an answer; else none.
  package var answerBytes: Bytes { buffer.count >= Self.answerLeast ? buffer.bytes : .empty }

  /// Writes asterisks over each place where the key stands in `text`.
  ///
  /// In what is the model's own text, words such as "ollama" or "EMPTY", which are given as keys to servers that want
  /// none, are left alone: nothing shorter than 12 bytes counts as a secret there.
  package func redact(_ text: Buffer, isAnswer: Bool) {
    guard bytes.count >= (isAnswer ? Self.answerLeast : 4) else { return }
    var from = 0
    while let found = text.bytes.firstIndex(of: bytes, from: from) {
      for i in found..<found + bytes.count { text.mutable[i] = UInt8(ascii: "*") }
      from = found + bytes.count
    }
  }
}
