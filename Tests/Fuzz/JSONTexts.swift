import CJansson
import DosaiCore
import DosaiJSON

/// The scanner takes a text if and only if jansson does, but for what is named here, and finds in it what jansson finds.
@_cdecl("fuzz_json")
func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  let body = [UInt8](Bytes(start: start, count: count))
  body.lent { bytes in
    let scanned = attempt { try JSONScanner.check(bytes) }
    let read = attempt { try Document.read(taking: try Buffer(copying: bytes), limits: Limits()) }
    if Text.firstInvalid(bytes) != nil { return checkRepaired(bytes, read) }
    let (verdict, code) = janssonTakes(bytes)
    switch scanned {
    case .failure(let failure):
      if case .success = read { finding("\(text(body)) was refused and then read") }
      if verdict && failure.status == .malformed { finding("\(text(body)) is JSON") }
    case .success(let facts):
      let isOdd = code == json_error_null_byte_in_key || code == json_error_numeric_overflow
      if !verdict && !isOdd && !facts.hasLoneSurrogate { finding("\(text(body)) is not JSON: \(code)") }
      if code == json_error_numeric_overflow && !facts.hasBigInteger && !hasExponent(bytes) {
        finding("\(text(body)) has a number that was not seen")
      }
      if verdict, case .failure(let failure) = read { finding("\(text(body)) was not read: \(failure)") }
      checkRequest(bytes)
      guard case .success(let document) = read else { return }
      checkLongStrings(bytes)
      if walk(document.root) != facts.nodes { finding("\(text(body)) has not \(facts.nodes) values") }
      checkLimits(bytes, facts.nodes)
    }
  }
}

/// Broken UTF-8 is read as if it had been repaired before.
private func checkRepaired(_ bytes: Bytes, _ read: Result<Document, Failure>) {
  let repaired = Buffer()
  let other = attempt {
    try Text.appendRepaired(bytes, to: repaired)
    return try Document.read(taking: repaired, limits: Limits())
  }
  switch (read, other) {
  case (.success(let one), .success(let two)) where one.isRepaired && areEqual(one.root, two.root): break
  case (.failure, .failure): break
  default: finding("\(text([UInt8](bytes))) is not read as what it is repaired to")
  }
}

/// jansson takes a number with a NUL behind it, which no JSON has.
private func janssonTakes(_ bytes: Bytes) -> (Bool, json_error_code) {
  var error = json_error_t()
  let tree = bytes.withMemoryRebound(to: CChar.self) {
    json_loadb($0.baseAddress, $0.count, Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL), &error)
  }
  if tree != nil && bytes.contains(0) {
    cjansson_release(tree)
    return (false, json_error_invalid_syntax)
  }
  guard let tree else {
    return (false, json_error_code(rawValue: UInt32(withUnsafeBytes(of: error.text) { $0.last ?? 0 })))
  }
  cjansson_release(tree)
  return (true, json_error_unknown)
}

private func hasExponent(_ bytes: Bytes) -> Bool { bytes.contains { $0 | 0x20 == UInt8(ascii: "e") } }

/// How many values there are in this one. Each is in the text what it is in the tree.
private func walk(_ value: Value) -> Int {
  var nodes = 1
  let alone = attempt { try Document.read(taking: try Buffer(copying: value.text), limits: Limits()) }
  guard case .success(let again) = alone, again.root.kind == value.kind, again.root.string.equals(value.string) else {
    finding("\(text(value.text)) is not its value")
  }
  if value.kind == .string { checkQuoted(value.string) }
  var members = JSONScanner.Members(value.text)
  while let member = members.next() {
    if value.kind != .object { finding("\(text(value.text)) is no object") }
    nodes += count(value.text.slice(member.value.lowerBound, member.value.upperBound))
  }
  _ = attempt { try value.forEachMember { (_: Bytes, member: Value) throws(Failure) in _ = walk(member) } }
  var position = 0
  _ = attempt {
    try value.forEachElement { (element: Value) throws(Failure) in
      guard value.element(position)?.text.equals(element.text) == true else {
        finding("\(text(value.text)) has no element \(position)")
      }
      nodes += walk(element)
      position += 1
    }
  }
  return nodes
}

/// Strings that are read apart from the rest are what jansson would have made of them.
private func checkLongStrings(_ bytes: Bytes) {
  let result = attempt {
    let apart = try Document.read(taking: try Buffer(copying: bytes), limits: Limits(), longMin: 2)
    let together = try Document.read(taking: try Buffer(copying: bytes), limits: Limits(), longMin: .max)
    return areEqual(apart.root, together.root)
  }
  guard case .success(true) = result else { finding("\(text([UInt8](bytes))) is read in two ways") }
}

private func areEqual(_ one: Value, _ other: Value) -> Bool {
  guard one.kind == other.kind, one.text.equals(other.text), one.string.equals(other.string) else { return false }
  var places: [Value] = []
  _ = attempt { try one.forEachMember { (_: Bytes, member: Value) throws(Failure) in places.append(member) } }
  _ = attempt { try one.forEachElement { (element: Value) throws(Failure) in places.append(element) } }
  var at = 0
  var isEqual = true
  let compare = { (value: Value) in
    isEqual = isEqual && at < places.count && areEqual(places[at], value)
    at += 1
  }
  _ = attempt { try other.forEachMember { (_: Bytes, member: Value) throws(Failure) in compare(member) } }
  _ = attempt { try other.forEachElement { (element: Value) throws(Failure) in compare(element) } }
  return isEqual && at == places.count
}

private func count(_ value: Bytes) -> Int {
  var nodes = 1
  var members = JSONScanner.Members(value)
  while let member = members.next() { nodes += count(value.slice(member.value.lowerBound, member.value.upperBound)) }
  var elements = JSONScanner.Elements(value)
  while let element = elements.next() { nodes += count(element) }
  return nodes
}

/// A text that is written as JSON reads as itself.
private func checkQuoted(_ string: Bytes) {
  let result = attempt {
    let quoted = Buffer()
    try Text.appendQuoted(string, to: quoted)
    return try Document.read(taking: quoted, limits: Limits())
  }
  guard case .success(let document) = result, document.root.string.equals(string) else {
    finding("\(text(string)) is not what was quoted")
  }
}

private func checkLimits(_ bytes: Bytes, _ nodes: Int) {
  if case .failure = attempt({ try JSONScanner.check(bytes, nodesMax: nodes) }) { finding("\(nodes) values are more") }
  guard case .failure(let failure) = attempt({ try JSONScanner.check(bytes, nodesMax: nodes - 1) }),
    failure.status == .tooLarge
  else { finding("\(nodes) values are no more than \(nodes - 1)") }
}

/// A request is any object, and its body differs from it by `stream` alone.
private func checkRequest(_ bytes: Bytes) {
  let isObject = bytes.trimmed.first == UInt8(ascii: "{")
  guard case .success(let request) = attempt({ try ChatRequest(json: bytes) }) else {
    if isObject { finding("\(text(bytes)) is an object") }
    return
  }
  if !isObject { finding("\(text(bytes)) is no object") }
  for streaming in [true, false] {
    let body = attempt { try Document.read(taking: try request.body(streaming: streaming), limits: Limits()) }
    // jansson refuses what was not looked at here: a NUL in a key, a number beyond any.
    guard case .success(let document) = body else { continue }
    let stream = document.root.member("stream")
    guard streaming ? stream?.text.equals("true") == true : stream == nil else {
      finding("\(text(bytes)) became \(text(document.bytes))")
    }
  }
}
