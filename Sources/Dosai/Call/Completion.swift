import DosaiCore
import DosaiHTTP
import DosaiJSON

/// What came with an answer beside its body.
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

/// What an endpoint other than chat answered. Immutable.
package final class Response {
  package let facts: AnswerFacts
  package let json: Buffer

  init(_ json: Buffer, _ facts: AnswerFacts) {
    self.json = json
    self.facts = facts
  }
}

/// An immutable answer of a chat, whole or assembled from a stream.
package final class Completion {
  package let facts: AnswerFacts
  package let answer: Answer
  private let text: Buffer
  // What holds the answer's texts: one of the two.
  private let document: Document?
  private let builder: CompletionBuilder?
  private let mutex: Mutex
  private var messages: [Bytes?] = []  // of a document's choices, as they stand in it, once they are asked for
  private var copies: [Buffer?] = []  // of the messages, by the choice

  /// PROTOCOL: the choices are not as an answer has them.
  package static func make(_ document: Document, _ facts: AnswerFacts, limits: Limits) throws(Failure) -> Completion {
    if document.isRepaired { facts.quirks.insert(.textRepaired) }
    if document.hasBigNumbers { facts.quirks.insert(.bigNumber) }
    var answer = Answer()
    try answer.read(document.root, limits: limits)
    facts.quirks.formUnion(answer.quirks)
    return Completion(facts, answer, document.source, try Mutex.make(), document, nil)
  }

  /// What a stream that has ended adds up to; `text` is how the builder has written it.
  package static func make(_ builder: CompletionBuilder, _ text: Buffer, _ facts: AnswerFacts) throws(Failure)
    -> Completion
  {
    Completion(facts, try Answer(builder, in: text.bytes), text, try Mutex.make(), nil, builder)
  }

  private init(
    _ facts: AnswerFacts, _ answer: Answer, _ text: Buffer, _ mutex: Mutex, _ document: Document?,
    _ builder: CompletionBuilder?
  ) {
    self.facts = facts
    self.answer = answer
    self.text = text
    self.mutex = mutex
    self.document = document
    self.builder = builder
  }

  package var id: Bytes? { answer.id }
  package var object: Bytes? { answer.object }
  package var model: Bytes? { answer.model }
  package var json: Bytes { text.bytes }

  /// The JSON of a choice's message, without a NUL behind it.
  package func messageText(_ choice: Int) -> Bytes? {
    guard choice >= 0, choice < answer.choices.count else { return nil }
    return mutex.locked { message(at: choice) }
  }

  private func message(at choice: Int) -> Bytes? {
    guard let document else { return answer.choices[choice].message }
    if messages.isEmpty {
      try? document.root.member(Wire.choices)?.forEachElement { (element: Value) throws(Failure) in
        messages.append(element.nonNullMember(Wire.message)?.text)
      }
    }
    let position = answer.choices[choice].position
    return position < messages.count ? messages[position] : nil
  }

  /// The JSON of a choice's message, NUL-terminated: a copy, made on first use. nil also if there is no memory for it.
  package func message(_ choice: Int) -> Bytes? {
    guard choice >= 0, choice < answer.choices.count else { return nil }
    return mutex.locked {
      if let made = copies.isEmpty ? nil : copies[choice] { return made.bytes }
      guard let message = message(at: choice), let copy = try? Buffer(copying: message) else { return nil }
      if copies.isEmpty { copies = Array(repeating: nil, count: answer.choices.count) }
      copies[choice] = copy
      return copy.bytes
    }
  }
}
