/// How a call ended: the numbers of `dosai_status`, which are never reused.
package enum Status: Int32 {
  case ok = 0
  case invalidArgument = -1
  case outOfMemory = -2
  case resource = -3
  case busy = -4
  case forked = -5
  case cancelled = -6
  case timeout = -7
  case connection = -8
  case tls = -9
  case truncated = -10
  case malformed = -11
  case tooLarge = -12
  case redirected = -13
  case wouldBlock = -14
  case proxy = -15
  case badRequest = -20
  case authentication = -21
  case insufficientCredits = -22
  case permission = -23
  case notFound = -24
  case rateLimited = -25
  case server = -26
  case unavailable = -27
  case provider = -28
  case internalError = -99

  package var name: StaticString {
    switch self {
    case .ok: "OK"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .outOfMemory: "OUT_OF_MEMORY"
    case .resource: "RESOURCE"
    case .busy: "BUSY"
    case .forked: "FORKED"
    case .cancelled: "CANCELLED"
    case .timeout: "TIMEOUT"
    case .connection: "CONNECTION"
    case .tls: "TLS"
    case .truncated: "TRUNCATED"
    case .malformed: "PROTOCOL"
    case .tooLarge: "TOO_LARGE"
    case .redirected: "REDIRECTED"
    case .wouldBlock: "WOULD_BLOCK"
    case .proxy: "PROXY"
    case .badRequest: "BAD_REQUEST"
    case .authentication: "AUTHENTICATION"
    case .insufficientCredits: "INSUFFICIENT_CREDITS"
    case .permission: "PERMISSION"
    case .notFound: "NOT_FOUND"
    case .rateLimited: "RATE_LIMITED"
    case .server: "SERVER"
    case .unavailable: "UNAVAILABLE"
    case .provider: "PROVIDER"
    case .internalError: "INTERNAL"
    }
  }
}

/// The four clocks: the values of `dosai_clock`.
package enum Clock: Int32 {
  case none = 0
  case connect = 1
  case firstToken = 2
  case idle = 3
  case total = 4
}

/// Why something failed. The only error that is thrown in the library. In three words: it then stays in registers, which
/// makes all that throws smaller.
package struct Failure: Error {
  package var status: Status
  package var message: Constant
  /// More information, such as the server's message or the name of an option.
  package var detail: Buffer?
  package var clock = Clock.none

  package init(_ status: Status, _ message: Constant, detail: Buffer? = nil, clock: Clock = .none) {
    self.status = status
    self.message = message
    self.detail = detail
    self.clock = clock
  }

  package static var outOfMemory: Failure { Failure(.outOfMemory, "out of memory") }
  package static var internalError: Failure { Failure(.internalError, "internal error, please report it") }
  package static func invalid(_ message: Constant) -> Failure { Failure(.invalidArgument, message) }

  /// An argument was refused; `name` is the part of it that the message starts with.
  package static func invalid(_ name: Bytes, _ message: Constant) -> Failure {
    Failure(.invalidArgument, message, detail: try? ServerError.line(name))
  }

  /// Writes one line for people. An invalid argument starts with the detail; otherwise, the detail follows the message.
  package func writeLine(to buffer: Buffer) throws(Failure) {
    if status == .invalidArgument, let detail {
      try buffer.append(detail.bytes)
      try buffer.append(" ")
      try buffer.append(message.bytes)
    } else {
      let message = message.bytes
      try buffer.append(message)
      guard let detail, !detail.isEmpty else { return }
      if !message.isEmpty { try buffer.append(": ") }
      try buffer.append(detail.bytes)
    }
  }
}
