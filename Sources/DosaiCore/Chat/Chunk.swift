/// A piece of a stream. Its bytes are borrowed from the event that it came from.
package struct Chunk {
  package enum Kind: Int32 {
    case other = 0
    case content = 1
    case reasoning = 2
    case refusal = 3
    case toolCall = 4
    case finish = 5
    case usage = 6
    case event = 7
  }

  package var kind: Kind
  package var choice: Int32 = -1
  package var text: Bytes?
  package var toolCall: Int32 = -1
  /// Empty if it has none.
  package var toolCallID = Bytes.empty
  package var toolCallName = Bytes.empty
  package var finishReason = FinishReason.none
  /// Its event gives no other chunk, and the delta holds nothing but its text.
  package var isTextOnly = false
  /// The number of the template that gave all but its text; 0: none.
  var template = 0
  /// The address where the host has been shown all but its text; 0: nowhere. Its lowest bit is set while the usage that
  /// follows it is current.
  package var shown = 0

  package init(_ kind: Kind, choice: Int32 = -1, text: Bytes? = nil) {
    self.kind = kind
    self.choice = choice
    self.text = text
  }

  package var isUsageCurrent: Bool { shown & 1 != 0 }

  /// Makes the usage current that follows it, if a template gave both.
  package mutating func showUsage() -> Bool {
    if template > 0 { shown |= 1 }
    return template > 0
  }
}
