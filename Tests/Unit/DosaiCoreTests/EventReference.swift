import DosaiCore

/// The algorithm of WHATWG HTML, 9.2.6, written as it stands there, on a body that is whole.
enum EventReference {
  static func read(_ body: [UInt8]) -> Outcome {
    var outcome = Outcome()
    var rest = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
    var data: [UInt8]?
    var type: [UInt8] = []
    var id: [UInt8] = []
    while !rest.isEmpty {
      let end = rest.firstIndex { $0 == 0x0A || $0 == 0x0D }
      let line = [UInt8](rest[..<(end ?? rest.endIndex)])
      rest = end.map { rest[($0 + 1)...] } ?? []
      if let end, body[end] == 0x0D, rest.first == 0x0A { rest = rest.dropFirst() }
      if line.isEmpty {
        if let data { outcome.events.append(seen(data, type, id, isOpen: false)) }
        data = nil
        type = []
      } else if line.first != UInt8(ascii: ":") {
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? [UInt8](parts[1]) : []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "data": data = data.map { $0 + [0x0A] + value } ?? value
        case "event": type = value
        case "id": if !value.contains(0) { id = value }
        default: break  // `retry` too: nobody connects anew by it
        }
      }
    }
    // Not there, but docs/design.md, 7: what is left is given as open.
    if let data { outcome.events.append(seen(data, type, id, isOpen: true)) }
    outcome.lastEventID = String(decoding: id, as: UTF8.self)
    return outcome
  }

  private static func seen(_ data: [UInt8], _ type: [UInt8], _ id: [UInt8], isOpen: Bool) -> Seen {
    var seen = Seen(
      "", type: String(decoding: type, as: UTF8.self), id: String(decoding: id, as: UTF8.self), isOpen: isOpen)
    seen.data = data
    return seen
  }
}
