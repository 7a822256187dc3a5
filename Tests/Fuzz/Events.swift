import DosaiCore

/// The decoder of events gives what the algorithm of the standard gives, at any split; with a limit, a part of that.
@_cdecl("fuzz_events")
func fuzzEvents(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  var input = Input(start, count)
  let bytesMax = Int(input.byte())
  let sizes = input.sizes()
  let body = [UInt8](input.rest)
  let pieces = cut(body, by: sizes)
  let expected = EventReference.read(body)
  for way in [pieces, [body[...]]] {
    let outcome = Outcome(of: way)
    if outcome != expected { finding("\(text(body)) in \(way.count) pieces gave \(outcome), not \(expected)") }
    let bounded = Outcome(of: way, bytesMax: bytesMax)
    if bounded == expected { continue }
    guard bounded.status == .tooLarge, bounded.events == [Seen](expected.events.prefix(bounded.events.count)),
      bounded.events.allSatisfy({ $0.data.count <= bytesMax })
    else { finding("\(text(body)) in \(way.count) pieces of \(bytesMax) at most gave \(bounded), not \(expected)") }
  }
}
