/// A value of a JSON text that was parsed: what the core reads answers through.
package protocol JSONValue {
  var kind: JSONKind { get }
  /// The value as it stands in the text.
  var text: Bytes { get }
  /// The characters of a string, NUL-terminated; empty for other kinds.
  var string: Bytes { get }
  /// The member of an object; nil for none, and for other kinds.
  func member(_ key: StaticString) -> Self?
  /// The same without its text and that of what it holds, and so without a walk over members: this object's text need
  /// not be looked through.
  func glance(_ key: StaticString) -> Self?
  /// Whether an object or array holds nothing.
  var isHollow: Bool { get }
  /// The characters of a member that is a string.
  func string(_ key: StaticString) -> Bytes?
  /// A member that is an integer of 64 bits.
  func integer(_ key: StaticString) -> Int64?
  /// Each member of an object, the last of those with one key, with the key as it is written. TOO_LARGE: too many.
  func forEachMember(_ body: (Bytes, Self) throws(Failure) -> Void) throws(Failure)
  /// Each element of an array.
  func forEachElement(_ body: (Self) throws(Failure) -> Void) throws(Failure)
}

package enum JSONKind { case null, boolean, number, string, array, object }

extension JSONValue {
  /// A member that is there and not null.
  package func present(_ key: StaticString) -> Self? {
    guard let value = member(key), value.kind != .null else { return nil }
    return value
  }
}

/// Tokens, -1 where the server did not say.
package struct Usage: Equatable {
  package var promptTokens: Int64 = -1
  package var completionTokens: Int64 = -1
  package var totalTokens: Int64 = -1
  package var cachedTokens: Int64 = -1
  package var reasoningTokens: Int64 = -1

  package init() {}

  private static let fieldCount = 5

  /// The number of a field, by its key and that of the object in `usage` that it is in; -1: it is none.
  static func field(of key: Bytes, in object: Bytes) -> Int {
    for field in 0..<fieldCount {
      let name = Wire.usage(field)
      if key.equals(name.key) && object.equals(name.object) { return field }
    }
    return -1
  }

  mutating func set(_ field: Int, _ tokens: Int64) {
    switch field {
    case 0: promptTokens = tokens
    case 1: completionTokens = tokens
    case 2: totalTokens = tokens
    case 3: cachedTokens = tokens
    default: reasoningTokens = tokens
    }
  }

  package init<Value: JSONValue>(_ usage: Value) {
    for field in 0..<Self.fieldCount {
      let name = Wire.usage(field)
      let object = name.object.utf8CodeUnitCount == 0 ? usage : usage.member(name.object)
      if let tokens = object?.integer(name.key) { set(field, tokens) }
    }
  }
}

/// Why the model stopped, as `dosai_finish_reason`.
package enum FinishReason: Int32 {
  case none = 0
  case stop = 1
  case length = 2
  case toolCalls = 3
  case contentFilter = 4
  case other = 5

  package init(_ word: Bytes) {
    if word.isEmpty {
      self = .none
    } else if word.equals("stop") {
      self = .stop
    } else if word.equals("length") {
      self = .length
    } else if word.equals("tool_calls") || word.equals("function_call") {
      self = .toolCalls
    } else if word.equals("content_filter") {
      self = .contentFilter
    } else {
      self = .other
    }
  }
}

/// What was sent otherwise than documented and understood all the same: the bits of `DOSAI_QUIRK_`.
package struct Quirks: OptionSet {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let doneMissing = Quirks(rawValue: 1 << 0)
  package static let donePadded = Quirks(rawValue: 1 << 1)
  package static let afterDone = Quirks(rawValue: 1 << 2)
  package static let emptyEvent = Quirks(rawValue: 1 << 3)
  package static let lastEventOpen = Quirks(rawValue: 1 << 4)
  package static let wholeAnswer = Quirks(rawValue: 1 << 5)
  package static let choicesMissing = Quirks(rawValue: 1 << 6)
  package static let deltaMissing = Quirks(rawValue: 1 << 7)
  package static let choiceIndex = Quirks(rawValue: 1 << 8)
  package static let finishReason = Quirks(rawValue: 1 << 9)
  package static let usageRepeated = Quirks(rawValue: 1 << 10)
  package static let usageElsewhere = Quirks(rawValue: 1 << 11)
  package static let contentParts = Quirks(rawValue: 1 << 12)
  package static let created = Quirks(rawValue: 1 << 13)
  package static let idChanged = Quirks(rawValue: 1 << 14)
  package static let toolIndex = Quirks(rawValue: 1 << 15)
  package static let toolRepeated = Quirks(rawValue: 1 << 16)
  package static let argumentsObject = Quirks(rawValue: 1 << 17)
  package static let textRepaired = Quirks(rawValue: 1 << 18)
  package static let bigNumber = Quirks(rawValue: 1 << 19)

  package static func name(_ bit: UInt32) -> StaticString? {
    switch bit {
    case Quirks.doneMissing.rawValue: "DONE_MISSING"
    case Quirks.donePadded.rawValue: "DONE_PADDED"
    case Quirks.afterDone.rawValue: "AFTER_DONE"
    case Quirks.emptyEvent.rawValue: "EMPTY_EVENT"
    case Quirks.lastEventOpen.rawValue: "LAST_EVENT_OPEN"
    case Quirks.wholeAnswer.rawValue: "WHOLE_ANSWER"
    case Quirks.choicesMissing.rawValue: "CHOICES_MISSING"
    case Quirks.deltaMissing.rawValue: "DELTA_MISSING"
    case Quirks.choiceIndex.rawValue: "CHOICE_INDEX"
    case Quirks.finishReason.rawValue: "FINISH_REASON"
    case Quirks.usageRepeated.rawValue: "USAGE_REPEATED"
    case Quirks.usageElsewhere.rawValue: "USAGE_ELSEWHERE"
    case Quirks.contentParts.rawValue: "CONTENT_PARTS"
    case Quirks.created.rawValue: "CREATED"
    case Quirks.idChanged.rawValue: "ID_CHANGED"
    case Quirks.toolIndex.rawValue: "TOOL_INDEX"
    case Quirks.toolRepeated.rawValue: "TOOL_REPEATED"
    case Quirks.argumentsObject.rawValue: "ARGUMENTS_OBJECT"
    case Quirks.textRepaired.rawValue: "TEXT_REPAIRED"
    case Quirks.bigNumber.rawValue: "BIG_NUMBER"
    default: nil
    }
  }
}

/// A piece of a stream. Its bytes are lent by the event it came from.
package struct Chunk {
  package enum Kind: Int32 {
    case other = 0
    case content = 1
    case reasoning = 2
    case refusal = 3
    case toolCall = 4
    case finish = 5
    case usage = 6
  }

  package var kind: Kind
  package var choice: Int32 = -1
  package var text: Bytes?
  package var toolCall: Int32 = -1
  /// Empty: it has none.
  package var toolCallID = Bytes.empty
  package var toolCallName = Bytes.empty
  package var finishReason = FinishReason.none

  package init(_ kind: Kind, choice: Int32 = -1, text: Bytes? = nil) {
    self.kind = kind
    self.choice = choice
    self.text = text
  }
}
