import TestSupport
import Testing

@testable import DosaiCore

/// A list that has the shape of one that was checked would pass that check.
struct ListShapeTests {
  private static let after = #"],"refusal":null},"finish_reason":null}]}"#

  /// Where a list ends by its shape, and by the check.
  private func ends(_ list: [UInt8], _ shape: ListShape) throws -> (like: Int?, checked: Int?) {
    let text = try Buffer([0x5B] + list + Array(Self.after.utf8))
    return withExtendedLifetime(text) {
      guard let first = $0.bytes.baseAddress, let steps = shape.steps.bytes.baseAddress else { return (nil, nil) }
      let (start, end) = (first + 1, first + $0.count)
      // A template asks for the bracket.
      let like = ListShape.end(start, end, steps).flatMap { $0.pointee == UInt8(ascii: "]") ? $0 - start : nil }
      return (like, EventTemplate.checkedEnd(start, end, nodesMax: .max).map { $0 - start })
    }
  }

  private func shape(_ list: String) throws -> ListShape? {
    let text = try Buffer(list.utf8)
    return try withExtendedLifetime(text) { try ListShape.make($0.bytes) }
  }

  @Test func readsNothingBehindTheEnd() throws {
    let shape = try #require(try shape(Self.one))
    let list = Array(Self.one.utf8)
    for count in 1...list.count {
      try Array(list.prefix(count)).lent { part in
        let text = try #require(part.baseAddress)
        let steps = try #require(shape.steps.bytes.baseAddress)
        #expect(ListShape.end(text, text + count, steps) == nil)
      }
    }
  }

  private static let one = #"{"token":" a","logprob":-0.25,"bytes":[32,97],"top_logprobs":[]}"#

  @Test(arguments: [
    one, #"{"token":" b","logprob":-12.5e-7,"bytes":[0],"top_logprobs":[]}"#,
    #"{"token":"","logprob":0,"bytes":[1,2,3,255],"top_logprobs":[]}"#,
    #"{"token":"\n","logprob":-0.0,"bytes":[10],"top_logprobs":[]}"#,
    #"{"token":"é, and a text of more than sixteen","logprob":123456789012345678,"bytes":[10],"top_logprobs":[]}"#,
  ])
  func takesTheLike(list: String) throws {
    let shape = try #require(try shape(Self.one))
    let ends = try ends(Array(list.utf8), shape)
    #expect(ends.like == list.utf8.count)
    #expect(ends.checked == ends.like)
  }

  @Test(arguments: [
    #"{"token":"a","logprob":1,"bytes":null,"top_logprobs":[]}"#,
    #"{"token":1,"logprob":1,"bytes":[],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":01,"bytes":[1],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1,"bytes":[],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1,"bytes":[01],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1,"bytes":[1,],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1.,"bytes":[1],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":-,"bytes":[1],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1e9,"bytes":[1],"top_logprobs":[]}"#,
    #"{"token":"a","logprob":1234567890123456789,"bytes":[1],"top_logprobs":[]}"#,
    "{\"token\":\"a\",\"logprob\":0.\(String(repeating: "1", count: 254)),\"bytes\":[1],\"top_logprobs\":[]}",
    #"{"token":"\ud83d","logprob":1,"bytes":[1],"top_logprobs":[]}"#,
    #"{"token":"\x","logprob":1,"bytes":[1],"top_logprobs":[]}"#,
    #"{"index":"a","logprob":1,"bytes":[1],"top_logprobs":[]}"#,
  ])
  func leavesOthersToTheCheck(list: String) throws {
    let shape = try #require(try shape(Self.one))
    #expect(try ends(Array(list.utf8), shape).like == nil)
  }

  @Test(arguments: [
    one, "\(one),\(one)", #"{"a":"é\n","b":[1,22,333],"c" : 1.5e-3 }, {"d":{"e":[true,null,-1,[{}]]}}"#,
    #"{"a":"a text of more than sixteen bytes \u00e9","b":[1,2.5],"c":[12345678,9]}"#,
  ])
  func takesNothingThatTheCheckRefuses(list: String) throws {
    let (shape, bytes) = (try #require(try shape(list)), Array(list.utf8))
    #expect(try ends(bytes, shape).like == bytes.count)
    var taken = 0
    for at in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        for changed in [bytes[..<at] + [byte] + bytes[(at + 1)...], bytes[..<at] + [byte] + bytes[at...]] {
          let ends = try ends(Array(changed), shape)
          if let like = ends.like, like != ends.checked {
            Issue.record("\(String(decoding: changed, as: UTF8.self)): \(ends)")
          }
          if ends.like != nil { taken += 1 }
        }
      }
      let ends = try ends(Array(bytes[..<at] + bytes[(at + 1)...]), shape)
      #expect(ends.like == nil || ends.like == ends.checked)
    }
    #expect(taken > 500)
  }

  @Test func hasALimit() throws {
    #expect(try shape("") == nil)
    let many = [String](repeating: Self.one, count: 100).joined(separator: ",")
    #expect(try shape(many) == nil)
  }
}
