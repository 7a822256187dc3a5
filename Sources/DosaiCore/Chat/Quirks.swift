/// Deviations from the documented API that the library tolerated: the bits of `DOSAI_QUIRK_`.
package struct Quirks: OptionSet {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static var doneMissing: Quirks { Quirks(rawValue: 1 << 0) }
  package static var donePadded: Quirks { Quirks(rawValue: 1 << 1) }
  package static var afterDone: Quirks { Quirks(rawValue: 1 << 2) }
  package static var emptyEvent: Quirks { Quirks(rawValue: 1 << 3) }
  package static var lastEventOpen: Quirks { Quirks(rawValue: 1 << 4) }
  package static var wholeAnswer: Quirks { Quirks(rawValue: 1 << 5) }
  package static var choicesMissing: Quirks { Quirks(rawValue: 1 << 6) }
  package static var deltaMissing: Quirks { Quirks(rawValue: 1 << 7) }
  package static var choiceIndex: Quirks { Quirks(rawValue: 1 << 8) }
  package static var finishReason: Quirks { Quirks(rawValue: 1 << 9) }
  package static var usageRepeated: Quirks { Quirks(rawValue: 1 << 10) }
  package static var usageElsewhere: Quirks { Quirks(rawValue: 1 << 11) }
  package static var contentParts: Quirks { Quirks(rawValue: 1 << 12) }
  package static var created: Quirks { Quirks(rawValue: 1 << 13) }
  package static var idChanged: Quirks { Quirks(rawValue: 1 << 14) }
  package static var toolIndex: Quirks { Quirks(rawValue: 1 << 15) }
  package static var toolRepeated: Quirks { Quirks(rawValue: 1 << 16) }
  package static var argumentsObject: Quirks { Quirks(rawValue: 1 << 17) }
  package static var textRepaired: Quirks { Quirks(rawValue: 1 << 18) }
  package static var bigNumber: Quirks { Quirks(rawValue: 1 << 19) }

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
