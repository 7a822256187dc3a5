import DosaiCore
import Foundation
import TestSupport
import Testing

/// A case of kind `sse`: shared/cases/README.md.
struct EventCase: Decodable, Sendable, CustomTestStringConvertible {
  static let files = ["sse_wpt", "sse_launchdarkly", "sse_openai_sdks", "sse_eventsource_parser"]

  let id: String
  let chunks: [Piece]
  let splits: [String]
  let options: Options?
  let expect: Expected

  var testDescription: String { id }

  /// A text that is repeated: `["text", count]`, and what stands between.
  struct Repeated: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      let part = try list.decode(String.self)
      let count = try list.decode(Int.self)
      let separator = list.isAtEnd ? "" : try list.decode(String.self)
      text = [String](repeating: part, count: count).joined(separator: separator)
    }
  }

  struct Piece: Decodable {
    let t: String?
    let b: String?
    let r: Repeated?
    let gen: String?
    let n: Int?

    var bytes: [UInt8] {
      if let gen, let n {
        #expect(gen == "object_keys")
        return [UInt8]("data: {\((0..<n).map { "\"k\($0)\":0" }.joined(separator: ","))}\n\n".utf8)
      }
      if let b { return [UInt8](Data(base64Encoded: b) ?? Data()) }
      return [UInt8]((t ?? r?.text ?? "").utf8)
    }
  }

  struct Options: Decodable {
    let max_event_bytes: Int?
  }

  struct Expected: Decodable {
    struct Event: Decodable {
      let type: String
      let id: String
      let data: String?
      let data_repeat: Repeated?
      let data_concat: [Repeated]?
      let data_join: Repeated?
      let times: Int?

      var text: String { data ?? data_repeat?.text ?? data_join?.text ?? (data_concat ?? []).map(\.text).joined() }
    }

    let events: [Event]
    let last_event_id: String?
    let end: String?
  }

  var body: [UInt8] { chunks.flatMap(\.bytes) }

  /// The ways in which the case wants its body cut.
  func pieces(_ split: String) throws -> [[ArraySlice<UInt8>]] {
    switch split {
    case "as-is": return [chunks.map { $0.bytes[...] }]
    case "merge": return [[body[...]]]
    case "every-boundary": return Split.everywhere(body)
    default:
      try #require(split.hasPrefix("bytes:"))
      return [Split.bytes(body, by: try #require(Int(split.dropFirst(6))))]
    }
  }

  /// What is expected of the parser, whose data is not repaired yet and whose messages have an empty type.
  var outcome: Outcome {
    var outcome = Outcome(lastEventID: expect.last_event_id ?? "")
    for event in expect.events {
      let type = event.type == "message" ? "" : event.type
      let seen = Seen(event.text, type: type, id: event.id)
      outcome.events += [Seen](repeating: seen, count: event.times ?? 1)
    }
    if expect.end == "error:LIMIT" { outcome.status = .tooLarge }
    return outcome
  }
}

extension Outcome {
  /// With invalid UTF-8 repaired, as it is before an event is read.
  func repaired() throws -> Outcome {
    var repaired = self
    for i in events.indices {
      let text = Buffer()
      try events[i].data.lent { try Text.appendRepaired($0, to: text) }
      repaired.events[i].data = [UInt8](text.bytes)
    }
    return repaired
  }
}
