import DosaiCore
import DosaiHTTP

/// What has happened to a call: everything that an observer and the log are told. Lent.
package struct CallEvent {
  package enum Kind: Int32 {
    case started = 1
    case attempt, connected, headers, firstToken, retry, ended
  }

  package var kind: Kind
  package var status = Status.ok
  package var delay: Int64 = 0
  package var call: UInt = 0
  package var method: StaticString = "GET"
  package var host: Bytes
  package var path: Bytes
  package var model: Bytes?
  package var requestID: Bytes?
  package var attempt = 0
  package var isStream = false
  package var httpStatus: Int32 = 0
  package var sentBytes = 0
  package var receivedBytes: Int64 = 0
  package var eventCount: Int64 = 0
  package var usage: Usage?
  package var timings = Timings(total: 0)
}

/// Whom a client tells what happens to its calls.
package struct Observer {
  package typealias Function = (CallEvent) -> Void
  private let function: Function

  package init(_ function: @escaping Function) { self.function = function }

  func tell(_ event: CallEvent) { function(event) }
}

/// Where a client writes its log lines.
package struct Log {
  package enum Level: Int32 {
    case off = 0
    case error = 1
    case warning = 2
    case info = 3
    case debug = 4
  }

  package typealias Function =
    @convention(c) (
      Int32, UnsafePointer<CChar>?, Int, UnsafeMutableRawPointer?
    ) -> Void

  private let level: Int32
  private let function: Function
  private let context: UnsafeMutableRawPointer?

  package init(level: Int32, function: @escaping Function, context: UnsafeMutableRawPointer?) {
    self.level = level
    self.function = function
    self.context = context
  }

  /// The level of an event's line; nil: it has none, or the log is off for it.
  private func level(of kind: CallEvent.Kind, _ status: Status) -> Level? {
    let level: Level
    switch kind {
    case .attempt: level = .debug
    case .retry: level = .warning
    case .ended: level = status == .ok ? .info : .error
    default: return nil
    }
    return level.rawValue <= self.level ? level : nil
  }

  func isOn(_ kind: CallEvent.Kind, _ status: Status) -> Bool { level(of: kind, status) != nil }

  func write(_ event: CallEvent, _ secret: Secret?) {
    guard let level = level(of: event.kind, event.status) else { return }
    let line = Buffer()
    try? Self.write(event, to: line)
    secret?.redact(line, isAnswer: false)
    function(level.rawValue, line.cString, line.count, context)
  }

  private static func write(_ event: CallEvent, to line: Buffer) throws(Failure) {
    try line.append(event.method)
    try line.append(" ")
    try line.append(event.host)
    try line.append(event.path)
    try line.append(": ")
    try line.append(event.status.name)
    try line.append(", HTTP ")
    try line.append(decimal: Int64(event.httpStatus))
    try line.append(", attempt ")
    try line.append(decimal: Int64(event.attempt))
    try line.append(", ")
    try line.append(decimal: event.timings.total / 1_000_000)
    try line.append(" ms")
    guard let id = event.requestID else { return }
    try line.append(", request ")
    let plain = try ServerError.line(id)
    try line.append(plain.bytes)
  }
}
