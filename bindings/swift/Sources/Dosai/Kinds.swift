// Written by scripts/declarations.py: change include/dosai.h, then run that.

/// How a call ended.
public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let ok = Status(rawValue: 0)
  /// An invalid value, handle, struct_size or JSON.
  public static let invalidArgument = Status(rawValue: -1)
  /// Memory could not be allocated; see "Memory".
  public static let outOfMemory = Status(rawValue: -2)
  /// No free file descriptor, or libcurl is too old.
  public static let resource = Status(rawValue: -3)
  /// Not possible in a callback, or another thread is using the handle.
  public static let busy = Status(rawValue: -4)
  /// The handle was created before a fork.
  public static let forked = Status(rawValue: -5)
  /// By a token, a callback, a cancel, free or close function, or exit().
  public static let cancelled = Status(rawValue: -6)
  /// A clock ran out; dosai_error_clock says which.
  public static let timeout = Status(rawValue: -7)
  /// Unknown host, no connection, or it broke before the answer began.
  public static let connection = Status(rawValue: -8)
  /// No secure connection, for example with an untrusted certificate.
  public static let tls = Status(rawValue: -9)
  /// The answer ended before it was complete.
  public static let truncated = Status(rawValue: -10)
  /// The answer is not valid HTTP, JSON or server-sent events.
  public static let `protocol` = Status(rawValue: -11)
  /// A limit was exceeded; the message names it.
  public static let tooLarge = Status(rawValue: -12)
  /// 3xx; see dosai_error_header(error, "location", NULL).
  public static let redirected = Status(rawValue: -13)
  /// Nothing came within timeout_ms; there is no error object.
  public static let wouldBlock = Status(rawValue: -14)
  /// The proxy refused the connection, or the answer is a 407.
  public static let proxy = Status(rawValue: -15)
  /// 400, 409, 413, 422 and other 4xx.
  public static let badRequest = Status(rawValue: -20)
  /// 401.
  public static let authentication = Status(rawValue: -21)
  /// 402, or 429 with the error code insufficient_quota.
  public static let insufficientCredits = Status(rawValue: -22)
  /// 403.
  public static let permission = Status(rawValue: -23)
  /// 404.
  public static let notFound = Status(rawValue: -24)
  /// Any other 429.
  public static let rateLimited = Status(rawValue: -25)
  /// 408, 500, 502, 504 and other 5xx.
  public static let server = Status(rawValue: -26)
  /// 503, 529.
  public static let unavailable = Status(rawValue: -27)
  /// An error inside a stream, or in the body of a 200 response.
  public static let provider = Status(rawValue: -28)
  /// A bug in the library; please report it.
  public static let `internal` = Status(rawValue: -99)

  public var description: String {
    switch rawValue {
    case 0: "OK"
    case -1: "INVALID_ARGUMENT"
    case -2: "OUT_OF_MEMORY"
    case -3: "RESOURCE"
    case -4: "BUSY"
    case -5: "FORKED"
    case -6: "CANCELLED"
    case -7: "TIMEOUT"
    case -8: "CONNECTION"
    case -9: "TLS"
    case -10: "TRUNCATED"
    case -11: "PROTOCOL"
    case -12: "TOO_LARGE"
    case -13: "REDIRECTED"
    case -14: "WOULD_BLOCK"
    case -15: "PROXY"
    case -20: "BAD_REQUEST"
    case -21: "AUTHENTICATION"
    case -22: "INSUFFICIENT_CREDITS"
    case -23: "PERMISSION"
    case -24: "NOT_FOUND"
    case -25: "RATE_LIMITED"
    case -26: "SERVER"
    case -27: "UNAVAILABLE"
    case -28: "PROVIDER"
    case -99: "INTERNAL"
    default: "\(rawValue)"
    }
  }
}

/// What a chunk is.
public struct ChunkKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Another reason; see dosai_completion_finish_reason_text.
  public static let other = ChunkKind(rawValue: 0)
  /// Text.
  public static let content = ChunkKind(rawValue: 1)
  /// Text.
  public static let reasoning = ChunkKind(rawValue: 2)
  /// Text.
  public static let refusal = ChunkKind(rawValue: 3)
  /// Tool_call; tool_call_id and _name if sent; text: the next piece of the arguments.
  public static let toolCall = ChunkKind(rawValue: 4)
  /// Finish_reason; text: the reason as the server sent it.
  public static let finish = ChunkKind(rawValue: 5)
  /// Usage.
  public static let usage = ChunkKind(rawValue: 6)
  /// An event had no data.
  public static let event = ChunkKind(rawValue: 7)

  public var description: String {
    switch rawValue {
    case 0: "other"
    case 1: "content"
    case 2: "reasoning"
    case 3: "refusal"
    case 4: "tool_call"
    case 5: "finish"
    case 6: "usage"
    case 7: "event"
    default: "\(rawValue)"
    }
  }
}

/// Why a choice ended.
public struct FinishReason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not specified by the server.
  public static let none = FinishReason(rawValue: 0)
  public static let stop = FinishReason(rawValue: 1)
  public static let length = FinishReason(rawValue: 2)
  /// Or the older "function_call".
  public static let toolCalls = FinishReason(rawValue: 3)
  public static let contentFilter = FinishReason(rawValue: 4)
  /// Another reason; see dosai_completion_finish_reason_text.
  public static let other = FinishReason(rawValue: 5)

  public var description: String {
    switch rawValue {
    case 0: "none"
    case 1: "stop"
    case 2: "length"
    case 3: "tool_calls"
    case 4: "content_filter"
    case 5: "other"
    default: "\(rawValue)"
    }
  }
}

/// A clock of a call.
public struct CallClock: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Not specified by the server.
  public static let none = CallClock(rawValue: 0)
  /// From the start of an attempt until the request can be sent; stopped while the call waits because of
  /// max_connections_per_host.
  public static let connect = CallClock(rawValue: 1)
  /// From then until the first chunk of any kind; in a unary call, until the first byte of the response.
  public static let firstToken = CallClock(rawValue: 2)
  /// Between two chunks; comments and empty events do not reset it.
  public static let idle = CallClock(rawValue: 3)
  /// The whole call, including retries.
  public static let total = CallClock(rawValue: 4)

  public var description: String {
    switch rawValue {
    case 0: "none"
    case 1: "connect"
    case 2: "first_token"
    case 3: "idle"
    case 4: "total"
    default: "\(rawValue)"
    }
  }
}

/// What was unusual in an answer.
public struct Quirks: OptionSet, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The stream ended without [DONE], but all choices were finished.
  public static let doneMissing = Quirks(rawValue: 1)
  /// [DONE] had spaces around it, or no blank line after it.
  public static let donePadded = Quirks(rawValue: 2)
  /// There were bytes after [DONE]; they are ignored.
  public static let afterDone = Quirks(rawValue: 4)
  /// An event had no data.
  public static let emptyEvent = Quirks(rawValue: 8)
  /// The last event had no blank line after it.
  public static let lastEventOpen = Quirks(rawValue: 16)
  /// A stream was requested; the answer was a whole completion.
  public static let wholeAnswer = Quirks(rawValue: 32)
  /// Choices were missing or null in an event.
  public static let choicesMissing = Quirks(rawValue: 64)
  /// Delta was missing or null in a choice.
  public static let deltaMissing = Quirks(rawValue: 128)
  /// Index was missing, null or -1; the position in the event is used.
  public static let choiceIndex = Quirks(rawValue: 256)
  /// A finish reason was empty, unknown, or sent twice.
  public static let finishReason = Quirks(rawValue: 512)
  /// Usage was sent more than once; the last is used.
  public static let usageRepeated = Quirks(rawValue: 1024)
  /// Usage was in x_groq.
  public static let usageElsewhere = Quirks(rawValue: 2048)
  /// Content was a list of parts; their text is used.
  public static let contentParts = Quirks(rawValue: 4096)
  /// Created was not an integer.
  public static let created = Quirks(rawValue: 8192)
  /// Id changed between chunks.
  public static let idChanged = Quirks(rawValue: 16384)
  /// A tool call was not in a list or had no index, or several had the same.
  public static let toolIndex = Quirks(rawValue: 32768)
  /// The id or name of a tool call was empty, sent again, or in pieces.
  public static let toolRepeated = Quirks(rawValue: 65536)
  /// Arguments was an object; its JSON is used as the text.
  public static let argumentsObject = Quirks(rawValue: 131072)
  /// Invalid UTF-8 or lone surrogates were replaced by U+FFFD.
  public static let textRepaired = Quirks(rawValue: 262144)
  /// An integer did not fit into 64 bits.
  public static let bigNumber = Quirks(rawValue: 524288)

  public var names: [String] {
    let all: [(Quirks, String)] = [
      (.doneMissing, "DONE_MISSING"),
      (.donePadded, "DONE_PADDED"),
      (.afterDone, "AFTER_DONE"),
      (.emptyEvent, "EMPTY_EVENT"),
      (.lastEventOpen, "LAST_EVENT_OPEN"),
      (.wholeAnswer, "WHOLE_ANSWER"),
      (.choicesMissing, "CHOICES_MISSING"),
      (.deltaMissing, "DELTA_MISSING"),
      (.choiceIndex, "CHOICE_INDEX"),
      (.finishReason, "FINISH_REASON"),
      (.usageRepeated, "USAGE_REPEATED"),
      (.usageElsewhere, "USAGE_ELSEWHERE"),
      (.contentParts, "CONTENT_PARTS"),
      (.created, "CREATED"),
      (.idChanged, "ID_CHANGED"),
      (.toolIndex, "TOOL_INDEX"),
      (.toolRepeated, "TOOL_REPEATED"),
      (.argumentsObject, "ARGUMENTS_OBJECT"),
      (.textRepaired, "TEXT_REPAIRED"),
      (.bigNumber, "BIG_NUMBER"),
    ]
    return all.filter { contains($0.0) }.map { $0.1 }
  }

  public var description: String { names.description }
}
