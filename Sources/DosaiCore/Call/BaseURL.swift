/// The base URL of a client's requests: a checked http or https URL, to which paths are appended.
package struct BaseURL {
  package let isHTTPS: Bool
  /// The host and port as they are written in the URL.
  package let authority: Buffer
  /// The host in lower case, and the port, even if it is the default one.
  package let hostAndPort: Buffer
  private let path: Buffer  // without its last slash
  private let query: Buffer  // without its question mark

  /// INVALID_ARGUMENT: not a URL that may be used; the message says why.
  package init(_ url: Bytes) throws(Failure) {
    for byte in url where byte <= 0x20 || byte >= 0x7F {
      throw .invalid("base_url: has a blank, a control character or a character that is not ASCII")
    }
    if url.firstIndex(of: UInt8(ascii: "#"), from: 0) != nil { throw .invalid("base_url: must not have a fragment") }
    let isPlain = url.slice(0, 7).equalsIgnoringCase(literal("http://"))
    isHTTPS = url.slice(0, 8).equalsIgnoringCase(literal("https://"))
    guard isPlain || isHTTPS else { throw .invalid("base_url: must begin with https:// or http://") }
    let start = isHTTPS ? 8 : 7
    let mark = url.firstIndex(of: UInt8(ascii: "?"), from: start) ?? url.count
    let slash = min(mark, url.firstIndex(of: UInt8(ascii: "/"), from: start) ?? url.count)
    authority = try Buffer(copying: url.slice(start, slash))
    try Self.check(authority: authority.bytes)
    hostAndPort = Buffer()
    for byte in authority.bytes { try hostAndPort.append(byte.lowercased) }
    if Self.host(authority.bytes).count == authority.count { try hostAndPort.append(isHTTPS ? ":443" : ":80") }
    var end = mark
    while end > slash, url[end - 1] == UInt8(ascii: "/") { end -= 1 }
    path = try Buffer(copying: url.slice(slash, end))
    query = try Buffer(copying: url.slice(mark + 1, url.count))
  }

  private static func check(authority: Bytes) throws(Failure) {
    if authority.firstIndex(of: UInt8(ascii: "@"), from: 0) != nil {
      throw .invalid("base_url: must not contain a user or password")
    }
    let host = Self.host(authority)
    guard !host.isEmpty, !host.equals("[]") else { throw .invalid("base_url: has no host") }
    let isNumbers = host.first == UInt8(ascii: "[")
    for byte in isNumbers ? host.slice(1, host.count - 1) : host where !isAllowed(byte, isNumbers) {
      throw .invalid("base_url: the host has a character that hosts cannot have")
    }
    if host.count == authority.count { return }
    guard authority[host.count] == UInt8(ascii: ":"),
      let port = Text.integer(authority.slice(host.count + 1, authority.count)),
      port >= 1, port <= 65535
    else { throw .invalid("base_url: the port must be between 1 and 65535") }
  }

  /// An escape in a name could stand for any byte, so none is allowed, except for the zone of an IPv6 address.
  private static func isAllowed(_ byte: UInt8, _ isNumbers: Bool) -> Bool {
    let marks: StaticString = isNumbers ? "-._~:%" : "-._~"
    return byte.isDigit || byte.isLetter || marks.bytes.firstIndex(of: byte, from: 0) != nil
  }

  private static func host(_ authority: Bytes) -> Bytes {
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]"), from: 0) else { return .empty }
      return authority.slice(0, end + 1)
    }
    return authority.slice(0, authority.firstIndex(of: UInt8(ascii: ":"), from: 0) ?? authority.count)
  }

  /// Whether the host is this machine: localhost, 127.0.0.0/8 in four decimal parts, or ::1. Anything that only
  /// resembles these, such as `127.`, is a name, for which a resolver would be asked.
  package var isLoopback: Bool {
    let host = Self.host(authority.bytes)
    if host.equalsIgnoringCase(literal("localhost")) || host.equals("[::1]") { return true }
    var rest = host
    for index in 0..<4 {
      let end = (index < 3 ? rest.firstIndex(of: UInt8(ascii: "."), from: 0) : nil) ?? rest.count
      let part = rest.slice(0, end)
      guard let first = part.first, first.isDigit, first != UInt8(ascii: "0") || part.count == 1,
        let value = Text.integer(part), value <= 255, index > 0 || value == 127
      else { return false }
      rest = rest.slice(end + 1, rest.count)
    }
    return true
  }

  /// For one of 8 MB, libcurl reports that memory has run out.
  private static let lengthMax = 1 << 20

  /// Appends the URL of a path below the base, such as "/models". INVALID_ARGUMENT: a byte that paths cannot have, or a
  /// URL that is too long.
  package func write(path more: Bytes, to url: Buffer) throws(Failure) {
    for byte in more where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") {
      throw .invalid("path: has a blank, a control character, a fragment or a character that is not ASCII")
    }
    try writeOrigin(to: url)
    try url.append(path.bytes)
    var start = 0
    while start < more.count, more[start] == UInt8(ascii: "/") { start += 1 }
    try url.append("/")
    try url.append(more.slice(start, more.count))
    if !query.isEmpty {
      try url.append(more.firstIndex(of: UInt8(ascii: "?"), from: 0) == nil ? "?" : "&")
      try url.append(query.bytes)
    }
    if url.count > Self.lengthMax { throw .invalid("path: the URL has more than 1 MiB") }
  }

  private func writeOrigin(to url: Buffer) throws(Failure) {
    try url.append(isHTTPS ? "https://" : "http://")
    try url.append(authority.bytes)
  }

  /// Whether a resolved URL has the same origin: the same scheme, host and port.
  package func isOrigin(of url: Bytes) -> Bool {
    guard let other = try? BaseURL(url) else { return false }
    return other.isHTTPS == isHTTPS && other.hostAndPort.bytes.equals(hostAndPort.bytes)
  }
}
