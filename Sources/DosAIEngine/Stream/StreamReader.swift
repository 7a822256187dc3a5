import DosaiCore
import DosaiJSON

/// The body of one streaming attempt: bytes in, events and their chunks out.
package final class StreamReader {
  /// What is next for one who asks for the next chunk.
  package enum Next { case chunk, end, wouldBlock, failure }

  private enum Form {
    case unknown
    case events
    /// A JSON text, or an HTML page.
    case document
  }

  let builder: CompletionBuilder
  private let limits: Limits
  private let secret: Secret?
  private let parser: EventParser
  /// The current event of an endpoint other than chat; nil: this is a chat.
  package let anyEvent: AnyEvent?
  private var form = Form.unknown
  private static let blanksMax = 4096
  /// The blanks at the beginning of a body whose form is not known yet.
  let blanks = Buffer()
  private(set) var isDone = false
  private var isFlushed = false
  package private(set) var eventIndex: Int64 = -1
  private var document: Document?
  /// The text of the current event, NUL-terminated.
  package private(set) var json = Bytes.empty
  /// The owner of its memory, where more bytes have come before its last chunk was read.
  private var jsonMemory: Buffer?
  /// The host may look at the current chunk while more bytes come.
  var isLent = false
  /// The current chunk, lent until the next one; or the one before, while the usage behind it is current.
  package var chunk = Chunk(.other)
  private var count = 0  // chunks of the current event
  private var left = 0  // how many of them come after the current chunk
  private var readBeforeDrop: Int?  // how many were read when the rest was dropped
  private var doneQuirks: Quirks = []
  /// The text of an event that reported an error, if it is not JSON.
  private(set) var errorText: Buffer?
  /// Why `nextFromTemplate` refused an event.
  private(set) var failure: Failure?

  init(_ limits: Limits, _ secret: Secret?, _ anyEvent: AnyEvent? = nil) {
    self.limits = limits
    self.secret = secret
    self.anyEvent = anyEvent
    builder = CompletionBuilder(limits: limits, avoiding: secret?.answerBytes ?? .empty)
    parser = EventParser(bytesMax: limits.eventBytes)
  }

  var quirks: Quirks { builder.quirks.union(doneQuirks) }

  /// Whether the body consists of events.
  var takesEvents: Bool { form == .events }

  /// Receives a part of a body that is known for events. False: it is not, or the text of the current event is needed,
  /// or there is no memory; `receive` finds out.
  @inline(__always)
  func receiveEvents(_ bytes: Bytes) -> Bool {
    left == 0 && !isLent && form == .events && !isDone && parser.add(bytes)
  }

  /// Where `receiveEvents` stores the bytes.
  var input: Buffer { parser.input }

  /// Receives a part of the body. False: the body is not an event stream, and the part was not stored.
  func receive(_ bytes: Bytes) throws(Failure) -> Bool {
    if isDone {
      if !bytes.trimmed.isEmpty { doneQuirks.insert(.afterDone) }
      return true
    }
    if isLent {
      if let memory = try parser.leave(json) { jsonMemory = memory }
    } else if left > 0 {
      try keepJSON()
    }
    if form == .unknown { try decide(bytes) }
    if form == .document { return false }
    if form == .events { try parser.feed(bytes) }
    return true
  }

  /// The text of an event that was not parsed is among the bytes that were fed, which may move.
  @inline(never)
  private func keepJSON() throws(Failure) {
    if json.baseAddress == jsonMemory?.bytes.baseAddress { return }
    let copy = try Buffer(copying: json)
    json = copy.bytes
    jsonMemory = copy
  }

  /// The number of bytes that were not read yet.
  var unread: Int { parser.unread }

  /// The first byte that is not blank shows whether the body is a document. Until then, blanks are kept.
  private func decide(_ bytes: Bytes) throws(Failure) {
    guard let first = bytes.trimmed.first ?? (blanks.count > Self.blanksMax ? 0 : nil) else {
      return try blanks.append(bytes)
    }
    let isDocument = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "<")
    form = isDocument ? .document : .events
    if !isDocument { try parser.feed(blanks.bytes) }
  }

  /// Drops the chunks that were not read.
  func dropChunks() {
    if hasMoreInEvent { readBeforeDrop = count - left }
    count = 0
    left = 0
  }

  /// How many chunks of the last event were read; nil: all of them.
  var readCount: Int? { hasMoreInEvent ? count - left : readBeforeDrop }

  /// Where the text of the last chunk ends, and the next one may be added.
  var textEnd: UnsafePointer<UInt8>? { chunk.text.flatMap { text in text.baseAddress.map { $0 + text.count } } }

  func addMemory(to list: PrefetchList) {
    list.add(self)
    parser.addMemory(to: list)
    builder.addMemory(to: list)
  }

  /// The numbers of tokens, for a chunk that reports them.
  package var usage: Usage? { builder.usage }

  /// Makes the next chunk of the current event current.
  @inline(never)
  func nextInEvent() -> Bool {
    guard left > 0 else { return false }
    left = left &- 1
    if !chunk.showUsage() { chunk = builder.chunks[count &- left &- 1] }
    return true
  }

  @inline(__always)
  package var isLastInEvent: Bool { left == 0 }

  var hasMoreInEvent: Bool { left > 0 }

  /// Makes the next event current, if it has arrived completely and matches a template. Its first chunk is text.
  @inline(__always)
  func nextMatching() -> Bool {
    left == 0 && (builder.awaitsPlain ? nextMatchingPlain() : nextMatchingAny())
  }

  /// As `nextMatching`, or makes the next chunk of the current event current.
  @inline(__always)
  func nextAnyhow() -> Bool {
    left != 0 ? nextInEvent() : builder.awaitsPlain ? nextMatchingPlain() : nextMatchingAny()
  }

  @inline(never)
  private func nextMatchingPlain() -> Bool {
    guard let (start, length) = builder.addPlain(from: parser, &chunk) else { return nextMatchingAny() }
    setEvent(start, length)
    return true
  }

  /// As `nextMatching`, for most events that follow one of the same form. False: ask `nextMatching`.
  @inline(__always)
  func nextRepeated() -> Bool {
    guard parser.hasKnownHead else { return false }
    guard let (start, length) = builder.addRepeated(from: parser, &chunk, isDecoded: false) else {
      return nextRepeatedDecoded()
    }
    setEvent(start, length)
    return true
  }

  @inline(never)
  private func nextRepeatedDecoded() -> Bool {
    guard let (start, length) = builder.addRepeated(from: parser, &chunk, isDecoded: true) else { return false }
    setEvent(start, length)
    return true
  }

  @inline(never)
  private func nextMatchingAny() -> Bool {
    guard let (start, end) = parser.ahead else { return false }
    do throws(Failure) {
      let text = Bytes(start: UnsafePointer(start), count: end - start)
      guard let event = try builder.add(matching: text, &chunk) else { return false }
      parser.skip(event.length)
      start[event.length &- 2] = 0
      setEvent(start, event.length)
      if event.hasUsage {
        count = 2
        left = 1
      }
      return true
    } catch {
      failure = error
      parser.stop()
      return false
    }
  }

  @inline(__always)
  private func setEvent(_ start: UnsafePointer<UInt8>, _ length: Int) {
    json = Bytes(start: start + 6, count: length &- 8)
    eventIndex = eventIndex &+ 1
  }

  enum Step {
    /// The first chunk of the next event is current.
    case event
    /// More bytes are needed.
    case empty
    /// The server said that this is the end.
    case done
  }

  /// Reads the next event. `isEnd`: the body has ended. `onError` makes the failure for an error in the stream.
  func next(isEnd: Bool, onError: (Value) throws(Failure) -> Failure) throws(Failure) -> Step {
    while !isDone {
      if let event = try parser.next() {
        if try process(event, onError) { return .event }
      } else if isEnd && !isFlushed {
        isFlushed = true
        if let event = try parser.finish(), try process(event, onError) { return .event }
      } else {
        document = nil  // its last chunk is no longer lent
        jsonMemory = nil
        return .empty
      }
    }
    return .done
  }

  /// Processes an event. False: it gave no chunks.
  private func process(
    _ event: EventParser.Event, _ onError: (Value) throws(Failure) -> Failure
  ) throws(Failure) -> Bool {
    if let anyEvent { return try take(event, anyEvent, onError) }
    let data = event.data
    if data.count < 64, data.trimmed.equals("[DONE]") {
      isDone = true
      parser.stop()
      if event.isOpen || data.count != 6 { doneQuirks.insert(.donePadded) }
      if parser.hasMore { doneQuirks.insert(.afterDone) }
      return false
    }
    if data.trimmed.isEmpty && !event.type.equals("error") {
      doneQuirks.insert(.emptyEvent)
      return false
    }
    if event.isOpen { doneQuirks.insert(.lastEventOpen) }
    let isError = event.type.equals("error")
    let document: Document
    do throws(Failure) {
      document = try read(data)
    } catch {
      if event.isOpen && error.status == .malformed { throw Failure(.truncated, "the stream ended inside an event") }
      if isError && error.status == .malformed { throw try unreadable(data) }
      throw error
    }
    if isError || ServerError.isError(document.root, isChat: true) {
      if document.isRepaired { doneQuirks.insert(.textRepaired) }
      dropChunks()
      throw try onError(document.root)
    }
    try add(document)
    if document.bytes.equals(data) && !document.isRepaired && !document.hasBigNumbers {
      try builder.makeTemplate(from: data)
    }
    return true
  }

  /// Makes an event of an endpoint other than chat current.
  private func take(
    _ event: EventParser.Event, _ anyEvent: AnyEvent, _ onError: (Value) throws(Failure) -> Failure
  ) throws(Failure) -> Bool {
    if try anyEvent.read(event, parser, secret) { doneQuirks.insert(.textRepaired) }
    let isJSON = (try? JSONScanner.check(anyEvent.data.bytes)) != nil
    isDone = anyEvent.isLast
    if event.isOpen {
      let isWhole =
        isJSON
        && (anyEvent.data.bytes.trimmed.first.map { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } ?? false)
      if !isDone && !isWhole { throw Failure(.truncated, "the stream ended inside an event") }
      doneQuirks.insert(.lastEventOpen)
    }
    if anyEvent.reportsError(isJSON: isJSON) {
      guard isJSON else { throw try unreadable(anyEvent.data.bytes) }
      let document = try Document.read(taking: try Buffer(copying: anyEvent.data.bytes), limits: limits)
      throw try onError(document.root)
    }
    if isDone {
      parser.stop()
      if parser.hasMore { doneQuirks.insert(.afterDone) }
    }
    chunk = Chunk(.event, text: anyEvent.data.bytes)
    eventIndex += 1
    return true
  }

  /// The failure for an event that reports an error in some other form than JSON.
  private func unreadable(_ text: Bytes) throws(Failure) -> Failure {
    errorText = try Buffer(copying: text)
    return Failure(.provider, Status.provider.explanation)
  }

  private func read(_ data: Bytes) throws(Failure) -> Document {
    let text = try Buffer(copying: data)
    secret?.redact(text, isAnswer: true)
    return try Document.read(taking: text, limits: limits)
  }

  private func add(_ document: Document, isAnswer: Bool = false) throws(Failure) {
    if document.isRepaired { doneQuirks.insert(.textRepaired) }
    if document.hasBigNumbers { doneQuirks.insert(.bigNumber) }
    dropChunks()
    self.document = document
    do throws(Failure) { try builder.add(document.root, isAnswer: isAnswer) } catch {
      readBeforeDrop = 0
      throw error
    }
    json = document.bytes
    eventIndex += 1
    count = builder.chunks.count
    left = count
    chunk = Chunk(.other)
    _ = nextInEvent()
  }

  /// The answer is a complete completion instead of a stream: it becomes one event.
  func add(wholeAnswer document: Document) throws(Failure) {
    doneQuirks.insert(.wholeAnswer)
    isDone = true
    try add(document, isAnswer: true)
    left = count  // its first chunk was not read yet
  }

  static var notEvents: Failure { Failure(.malformed, "the answer is not an event stream") }

  func checkFinished() throws(Failure) {
    guard builder.isFinished else { throw Failure(.truncated, "the answer has no finish reason") }
  }

  /// The completion that the chunks add up to. `isWhole`: there will be no more. `readCount`: see above.
  func completion(_ facts: AnswerFacts, isWhole: Bool, readCount: Int?) throws(Failure) -> Completion {
    let text = Buffer()
    try builder.write(to: text, readCount: readCount)
    let isRedacted = secret?.redact(text, isAnswer: true) == true  // the key may have arrived in pieces
    if isWhole && !isRedacted { return try Completion.make(builder, text, facts) }
    var ours = Limits()
    ours.jsonNodes = .max
    return try Completion.make(try Document.read(taking: text, limits: ours), facts, limits: limits)
  }

  /// The failure of a body that has ended without `[DONE]`; nil: it is complete. `mayBeEvents`: its headers do not say
  /// that it is something else.
  /// `isDelimited`: the end of its connection shows that it is complete.
  func conclude(mayBeEvents: Bool, isDelimited: Bool) -> Failure? {
    if eventIndex < 0 && !mayBeEvents { return Self.notEvents }
    if let anyEvent {
      if eventIndex >= 0 && isDelimited && anyEvent.lastNames == nil { return nil }
      return Failure(.truncated, "the stream ended before its last event")
    }
    if builder.isFinished {
      doneQuirks.insert(.doneMissing)
      return nil
    }
    return Failure(.truncated, "the stream ended before the answer was complete")
  }
}
