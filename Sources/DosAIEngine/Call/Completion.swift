import DosaiCore
import DosaiJSON

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
  private let mutex: Mutex
  private var messages: [Bytes?] = []  // the messages of a document's choices, in its order; found on first use
  private var copies: [Buffer?] = []  // copies of the messages, by choice

  /// PROTOCOL: the choices are malformed.
  package static func make(_ document: Document, _ facts: AnswerFacts, limits: Limits) throws(Failure) -> Completion {
    if document.isRepaired { facts.quirks.insert(.textRepaired) }
    if document.hasBigNumbers { facts.quirks.insert(.bigNumber) }
    var fields = CompletionFields()
    try fields.read(document.root, limits: limits)
    facts.quirks.formUnion(fields.quirks)
    return Completion(facts, fields, document.source, try Mutex.make(), document, nil)
  }

  /// The completion of a stream that has ended; `text` is what the builder wrote.
  package static func make(_ builder: CompletionBuilder, _ text: Buffer, _ facts: AnswerFacts) throws(Failure)
    -> Completion
  {
    Completion(facts, try CompletionFields(builder, in: text.bytes), text, try Mutex.make(), nil, builder)
  }

  private init(
    _ facts: AnswerFacts, _ fields: CompletionFields, _ text: Buffer, _ mutex: Mutex, _ document: Document?,
    _ builder: CompletionBuilder?
  ) {
    self.facts = facts
    self.fields = fields
    self.text = text
    self.mutex = mutex
    self.document = document
    self.builder = builder
  }

  package var id: Bytes? { fields.id }
  package var object: Bytes? { fields.object }
  package var model: Bytes? { fields.model }
  package var json: Bytes { text.bytes }

  /// The JSON of a choice's message, not NUL-terminated.
  package func messageText(_ choice: Int) -> Bytes? {
    guard choice >= 0, choice < fields.choices.count else { return nil }
    return mutex.locked { message(at: choice) }
  }

  private func message(at choice: Int) -> Bytes? {
    guard let document else { return fields.choices[choice].message }
    if messages.isEmpty {
      try? document.root.member(Wire.choices)?.forEachElement { (element: Value) throws(Failure) in
        messages.append(element.nonNullMember(Wire.message)?.text)
      }
    }
    let position = fields.choices[choice].position
    return position < messages.count ? messages[position] : nil
  }

  /// The JSON of a choice's message, NUL-terminated: a copy, made on first use. nil: no such message, or out of memory.
  package func message(_ choice: Int) -> Bytes? {
    guard choice >= 0, choice < fields.choices.count else { return nil }
    return mutex.locked {
      if let made = copies.isEmpty ? nil : copies[choice] { return made.bytes }
      guard let message = message(at: choice), let copy = try? Buffer(copying: message) else { return nil }
      if copies.isEmpty { copies = Array(repeating: nil, count: fields.choices.count) }
      copies[choice] = copy
      return copy.bytes
    }
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
