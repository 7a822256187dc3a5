import DosaiCore
import DosaiJSON
import Synchronization

/// What came with an answer in addition to its body.
package final class AnswerFacts {
  package let headers: ResponseHeaders
  package let timings: Timings
  package let attempts: [Attempt]
  package fileprivate(set) var quirks: Quirks

  init(_ headers: ResponseHeaders, _ timings: Timings, _ attempts: [Attempt], _ quirks: Quirks) {
    self.headers = headers
    self.timings = timings
    self.attempts = attempts
    self.quirks = quirks
  }
}

/// The answer of an endpoint other than chat. Immutable.
package final class Response {
  package let facts: AnswerFacts
  package let json: Buffer
  let usage: Usage?

  init(_ json: Buffer, _ facts: AnswerFacts, _ usage: Usage?) {
    self.json = json
    self.facts = facts
    self.usage = usage
  }
}

/// The answer of a chat, received whole or assembled from a stream. Immutable.
package final class Completion {
  package let facts: AnswerFacts
  package let fields: CompletionFields
  private let text: Buffer
  // The owner of the fields' texts: one of the two.
  private let document: Document?
  private let builder: CompletionBuilder?
  private let copies = AtomicLazyReference<MessageCopies>()  // without a lock, which a fork could leave locked

  /// PROTOCOL: the choices are malformed.
  package static func make(_ document: Document, _ facts: AnswerFacts, limits: Limits) throws(Failure) -> Completion {
    if document.isRepaired { facts.quirks.insert(.textRepaired) }
    if document.hasBigNumbers { facts.quirks.insert(.bigNumber) }
    var fields = CompletionFields()
    try fields.read(document.root, limits: limits)
    facts.quirks.formUnion(fields.quirks)
    return Completion(facts, fields, document.source, document, nil)
  }

  /// The completion of a stream that has ended; `text` is what the builder wrote.
  package static func make(_ builder: CompletionBuilder, _ text: Buffer, _ facts: AnswerFacts) throws(Failure)
    -> Completion
  {
    Completion(facts, try CompletionFields(builder, in: text.bytes), text, nil, builder)
  }

  private init(
    _ facts: AnswerFacts, _ fields: CompletionFields, _ text: Buffer, _ document: Document?,
    _ builder: CompletionBuilder?
  ) {
    self.facts = facts
    self.fields = fields
    self.text = text
    self.document = document
    self.builder = builder
  }

  package var id: Bytes? { fields.id }
  package var object: Bytes? { fields.object }
  package var model: Bytes? { fields.model }
  package var json: Bytes { text.bytes }

  /// The JSON of a choice's message, NUL-terminated; nil: there is none. On first use all messages are copied.
  package func message(_ choice: Int) throws(Failure) -> Bytes? {
    guard choice >= 0, choice < fields.choices.count else { return nil }
    let made: MessageCopies
    if let known = copies.load() { made = known } else { made = copies.storeIfNil(try copyMessages()) }
    let position = fields.choices[choice].position
    return position < made.texts.count ? made.texts[position]?.bytes : nil
  }

  private func copyMessages() throws(Failure) -> MessageCopies {
    let made = MessageCopies()
    guard let document else {
      for choice in fields.choices { try made.add(choice.message) }
      return made
    }
    try document.root.member(Wire.choices)?.forEachElement { (element: Value) throws(Failure) in
      try made.add(element.nonNullMember(Wire.message)?.text)
    }
    return made
  }
}

/// Copies of the messages, in the order of the text.
private final class MessageCopies {
  private(set) var texts: [Buffer?] = []

  @inline(never)
  func add(_ message: Bytes?) throws(Failure) {
    var copy: Buffer?
    if let message { copy = try Buffer(copying: message) }
    texts.append(copy)
  }
}

extension Document {
  /// Throws if it is not a completion. `onError` makes the failure for an answer that says why.
  func checkChoices(onError: (Value) throws(Failure) -> Failure) throws(Failure) {
    if root.kind == .object, root.memberWithoutText("choices")?.kind == .array { return }
    let said = try ServerError(root)
    if said.message != nil { throw try onError(root) }
    throw Failure(.malformed, "the answer has no choices")
  }
}
