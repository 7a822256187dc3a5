import DosaiCore
import DosaiJSON

@testable import DosAIEngine

/// What a reader made of a stream: all that a caller can see of it.
private struct Reading: Equatable {
  var chunks: [[UInt8]] = []
  var completion: [UInt8] = []
  var quirks = Quirks()
  var end: Status?

  static let secret: StaticString = "sk-0123456789abcdef"

  /// `usesTemplates`: events are read by their shape where they have one, as a call does; else each is parsed.
  init(_ pieces: [ArraySlice<UInt8>], _ limits: Limits, _ secret: Secret?, usesTemplates: Bool) {
    let reader = StreamReader(limits, secret)
    var document: [UInt8] = []
    let end = attempt {
      for piece in pieces {
        let isTaken = try [UInt8](piece).lent { bytes in try reader.receive(bytes) }
        if !isTaken {
          if document.isEmpty { document += [UInt8](reader.blanks.bytes) }
          document += piece
        }
        if reader.takesEvents { try take(reader, isEnd: false, usesTemplates, limits) }
      }
      if reader.takesEvents {
        try take(reader, isEnd: true, usesTemplates, limits)
        if !reader.isDone, let failure = reader.conclude(mayBeEvents: true, isDelimited: true) { throw failure }
      } else {
        try take(document: document, reader, limits, secret)
      }
    }
    if case .failure(let failure) = end { self.end = failure.status } else { self.end = .ok }
    if reader.nextInEvent() && self.end != .ok { finding("a chunk behind \(end)") }
    quirks = reader.quirks
    let whole = Buffer()
    guard case .success = attempt({ try reader.builder.write(to: whole) }) else { finding("no completion") }
    completion = [UInt8](whole.bytes)
    if case .failure(let failure) = attempt({ try Document.read(taking: whole, limits: Limits()) }) {
      finding("\(text(completion)): \(failure)")
    }
  }

  private mutating func take(_ reader: StreamReader, isEnd: Bool, _ usesTemplates: Bool, _ limits: Limits) throws {
    while true {
      if usesTemplates {
        if reader.nextRepeated() || reader.nextMatching() {
          note(reader, limits)
          continue
        }
      }
      if reader.nextInEvent() {
        note(reader, limits)
        continue
      }
      if let failure = reader.failure { throw failure }
      let step = try reader.next(isEnd: isEnd) { (_: Value) throws(Failure) -> Failure in Failure(.provider, "") }
      guard case .event = step else { return }
      note(reader, limits)
    }
  }

  private mutating func take(document: [UInt8], _ reader: StreamReader, _ limits: Limits, _ secret: Secret?) throws {
    let body = Buffer()
    try document.lent { try Text.appendRepaired($0, to: body) }
    secret?.redact(body, isAnswer: true)
    let document = try Document.read(taking: body, limits: limits)
    if ServerError.isError(document.root, isChat: true) { throw Failure(.provider, "") }
    try reader.add(wholeAnswer: document)
    while reader.nextInEvent() { note(reader, limits) }
    if !reader.builder.isFinished { throw Failure(.truncated, "") }
  }

  private mutating func note(_ reader: StreamReader, _ limits: Limits) {
    let chunk = reader.chunk.isUsageCurrent ? Chunk(.usage) : reader.chunk
    let json = reader.json
    if json.baseAddress?[json.count] != 0 { finding("no NUL behind \(text(json))") }
    if reader.takesEvents && json.count > limits.eventBytes * 3 { finding("an event of \(json.count) bytes") }
    if chunk.choice >= Int32(limits.choices) { finding("choice \(chunk.choice)") }
    for text in [chunk.text, chunk.toolCallID, chunk.toolCallName] {
      guard let text else { continue }
      if text.baseAddress.map({ $0[text.count] }) ?? 0 != 0 { finding("no NUL behind \(Fuzz.text(text))") }
      if Text.firstInvalid(text) != nil { finding("not UTF-8: \(Fuzz.text(text))") }
      if json.firstIndex(of: UInt8(ascii: "\\"), from: 0) == nil, text.firstIndex(of: Self.secret.bytes) != nil {
        finding("the key: \(Fuzz.text(text))")
      }
    }
    var line: [UInt8] = [UInt8(chunk.kind.rawValue), UInt8(truncatingIfNeeded: chunk.choice)]
    line += [UInt8(truncatingIfNeeded: chunk.toolCall), UInt8(truncatingIfNeeded: chunk.finishReason.rawValue)]
    line += [UInt8(truncatingIfNeeded: reader.eventIndex), reader.isLastInEvent ? 1 : 0]
    for part in [chunk.text, chunk.toolCallID, chunk.toolCallName, json] {
      line += part.map { [UInt8]($0) } ?? [0xFF]
      line.append(0xFE)
    }
    chunks.append(line)
  }
}

/// The same bytes, by shape and in pieces, and each event parsed alone from the whole.
private func compare(_ body: [UInt8], _ sizes: [UInt8], _ limits: Limits) {
  let secret = attempt { try Secret(Reading.secret.bytes) }
  guard case .success(let secret) = secret else { return }
  let pieces = cut(body, by: sizes)
  let plain = Reading(pieces, limits, secret, usesTemplates: false)
  for other in [
    Reading(pieces, limits, secret, usesTemplates: true), Reading([body[...]], limits, secret, usesTemplates: true),
  ]
  where other != plain {
    finding("\(text(body)), \(sizes):\n\(describe(other))\nis not\n\(describe(plain))")
  }
}

private func describe(_ reading: Reading) -> String {
  reading.chunks.map(text).joined(separator: "\n")
    + "\n\(text(reading.completion)) \(reading.quirks) \(String(describing: reading.end))"
}

/// Any bytes as the body of a streaming call, with small limits.
@_cdecl("fuzz_streams")
func fuzzStreams(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  var input = Input(start, count)
  var limits = Limits()
  let tight = input.byte()
  if tight & 1 != 0 { limits.eventBytes = 256 }
  if tight & 2 != 0 { limits.textBytes = 64 }
  if tight & 4 != 0 { limits.jsonNodes = 24 }
  if tight & 8 != 0 { limits.jsonDepth = 5 }
  if tight & 16 != 0 { limits.choices = 2 }
  if tight & 32 != 0 { limits.toolCalls = 2 }
  let sizes = input.sizes()
  compare([UInt8](input.rest), sizes, limits)
}

/// A stream of events that are alike, as servers send them: what reading by shape is for.
@_cdecl("fuzz_shapes")
func fuzzShapes(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  var input = Input(start, count)
  var limits = Limits()
  if input.byte() & 1 != 0 { limits.textBytes = 200 }
  let sizes = input.sizes()
  var body: [UInt8] = []
  while !input.isEmpty && body.count < 6000 { body += event(&input) }
  compare(body, sizes, limits)
}

private let heads = [
  #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":""#,
  #"{"id":"c","choices":[{"index":1,"delta":{"content":""#,
  #"{"choices":[{"index":0,"delta":{"reasoning_content":""#,
  #"{"choices":[{"delta":{"role":"assistant","reasoning":""#,
  #"{"choices":[{"index":0,"delta":{"refusal":""#,
  #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""#,
  #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":""#,
  #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":""#,
  #"{"choices":[{"index":0,"index":1,"delta":{"content":""#,
  #"{"id":"d","created":2,"created":3,"choices":[{"index":0,"delta":{"content":"","content":""#,
  #"{"id":"e","created":4,"model":"n","choices":[{"index":0,"delta":{"role":"a","content":""#,
  #"{"choices":[{"index":0,"delta":{"y":["a",{"b":1}],"content":""#,
  #"{"choices":[{"index":0,"logprobs":{"content":[{"token":"x","logprob":-1e-3}],"refusal":null},"delta":{"content":""#,
  #"{"choices":[{"index":0,"logprobs":{"content":[{"token":"a\n","logprob":-0.5},{"token":"b","bytes":[1]}],"refusal":null},"delta":{"content":""#,
]
private let ends = [
  #""},"logprobs":null,"finish_reason":null}]}"#, #""},"finish_reason":null}],"obfuscation":"Xk3"}"#,
  #""}}]}"#, #""},"finish_reason":"stop"}],"usage":{"total_tokens":7}}"#, #""},"x":"","finish_reason":null}],"y":1.5}"#,
  #""},"logprobs":{"content":[{"token":"a"}]},"finish_reason":null}]}"#, #""},"x":{"y":"z"}}],"usage":null,"z":[]}"#,
  #""},"logprobs":{"content":[{"token":"b","top_logprobs":[{"token":"c"}]},{"token":"d"}]},"finish_reason":null}]}"#,
]
private let words = [
  " the", "a", #"\n"#, #"\""#, #"\\"#, #"\u00e9"#, "é", #"\ud83d\ude00"#, "😀", #"\ud83d"#, #"\/"#, #"\u0000"#, #"\u"#,
  "\"", "\\", "\n", "\r", "\(Reading.secret)", "sk-01234", "56789abcdef", "\"}", "\u{7F}",
  "longer words, thirty-two of them",
]

private func event(_ input: inout Input) -> [UInt8] {
  let form = input.byte()
  if form == 0xFF { return [UInt8]("data: [DONE]\n\n".utf8) }
  let head = heads[Int(form & 15) % heads.count]
  var line = [UInt8]("data: \(head)".utf8)
  for _ in 0..<input.below(4) {
    let word = Int(input.byte())
    line += word < 200 ? [UInt8](words[word % words.count].utf8) : [input.byte()]
  }
  let isCall = head.contains("tool_calls")
  let end = ends[Int(form >> 4) % ends.count]
  line += [UInt8]((isCall ? "\"}}]" + end.dropFirst() : end).utf8)
  // Now and then a byte is changed, taken out or put in.
  let change = input.byte()
  if change & 3 == 3 {
    let place = (Int(input.byte()) << 2 | Int(change >> 6)) % line.count
    switch change >> 2 & 3 {
    case 0: line.remove(at: place)
    case 1: line.insert(input.byte(), at: place)
    default: line[place] = input.byte()
    }
  }
  return line + [0x0A, 0x0A]
}
