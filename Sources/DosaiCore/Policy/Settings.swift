/// The limits of a call. `Int.max` means no limit.
package struct Limits {
  package var eventBytes = 16 << 20
  package var responseBytes = 64 << 20
  package var textBytes = 64 << 20
  package var headerBytes = 300 << 10
  package var jsonNodes = 1_000_000
  package var jsonDepth = 512
  package var choices = 128
  package var toolCalls = 1024
  /// Called from time to time during long work; it throws if the work must end.
  package var check: (() throws(Failure) -> Void)?

  package init() {}
}

/// The four clocks, in nanoseconds; `Int64.max` means no limit.
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
