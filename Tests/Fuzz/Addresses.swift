import CCurl
import DosaiCore
import Glibc

@testable import DosaiHTTP

/// Base URLs and headers: what is accepted puts no line on the wire but its own, and goes where it says.
@_cdecl("fuzz_addresses")
func fuzzAddresses(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  var input = Input(start, count)
  if input.byte() & 1 == 1 {
    checkHeader([UInt8](input.rest))
  } else {
    checkAddress(input.take(until: 0xFF), path: input.take(until: 0xFF), location: [UInt8](input.rest))
  }
}

private func checkHeader(_ line: [UInt8]) {
  guard case .success(let field) = attempt({ try line.lent { try HeaderField.parse($0) } }) else { return }
  let list = HeaderList()
  guard case .success = attempt({ try list.add(field.name.bytes, field.value.bytes) }),
    let data = list.list?.pointee.data
  else { finding("\(text(line)) was accepted and not added") }
  let written = [UInt8](Bytes(start: UnsafeRawPointer(data).assumingMemoryBound(to: UInt8.self), count: strlen(data)))
  let separator = field.value.isEmpty ? ";" : ": "
  let whole = [UInt8](field.name.bytes) + [UInt8](separator.utf8) + [UInt8](field.value.bytes)
  guard written == whole, field.name.bytes.allSatisfy({ HeaderField.isNameByte($0) }), !field.name.isEmpty,
    written.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
  else { finding("\(text(line)) became \(text(written))") }
}

private func checkAddress(_ base: [UInt8], path: [UInt8], location: [UInt8]) {
  guard case .success(let address) = attempt({ try base.lent { try BaseURL($0) } }) else { return }
  let url = Buffer()
  guard case .success = attempt({ try path.lent { try address.write(path: $0, to: url) } }) else { return }
  let origin = check(url.bytes, address)
  let led = attempt { try (location + [0]).lent { try resolve($0.slice(0, location.count), from: url.bytes) } }
  guard case .success(let found) = led, let target = found, address.isOrigin(of: target.bytes) else { return }
  if check(target.bytes, address) != origin { finding("\(text(url.bytes)) leads to \(text(target.bytes))") }
}

/// The scheme, host and port to which libcurl would go; nil: to none.
private func check(_ url: Bytes, _ address: BaseURL) -> [[UInt8]]? {
  if url.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { finding("\(text(url)) is no URL") }
  let parsed = curl_url()
  defer { curl_url_cleanup(parsed) }
  let line = [UInt8](url) + [0]
  let code = line.withUnsafeBufferPointer {
    $0.withMemoryRebound(to: CChar.self) { curl_url_set(parsed, CURLUPART_URL, $0.baseAddress, 0) }
  }
  guard code == CURLUE_OK, let host = part(parsed, CURLUPART_HOST), let scheme = part(parsed, CURLUPART_SCHEME),
    let port = part(parsed, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
  else { return nil }
  if part(parsed, CURLUPART_USER) != nil || part(parsed, CURLUPART_PASSWORD) != nil {
    finding("\(text(url)) has a user or password")
  }
  if host.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { finding("\(text(url)) has the host \(text(host))") }
  if (scheme == [UInt8]("https".utf8)) != address.isHTTPS { finding("\(text(url)) goes by \(text(scheme))") }
  let written = [UInt8](address.authority.bytes)
  if !isNumeric(host) {
    let said = written.map(\.lowercased)
    let name = host.map(\.lowercased)
    let isSame = said == name || said == name + [UInt8](":".utf8) + port || isPortOf(said, name, port)
    if !isSame { finding("\(text(url)) goes to \(text(host)) \(text(port)), not to \(text(written))") }
  }
  if address.isLoopback && !isThisMachine(host) { finding("\(text(url)) goes to \(text(host)), not to this machine") }
  return [scheme, host.map(\.lowercased), port]
}

/// A port may be written with zeros before it.
private func isPortOf(_ authority: [UInt8], _ host: [UInt8], _ port: [UInt8]) -> Bool {
  authority.starts(with: host + [UInt8(ascii: ":")])
    && [UInt8](authority.dropFirst(host.count + 1).drop { $0 == UInt8(ascii: "0") }) == port
}

/// libcurl writes these in its own way.
private func isNumeric(_ host: [UInt8]) -> Bool {
  host.first == UInt8(ascii: "[") || host.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
}

private func isThisMachine(_ host: [UInt8]) -> Bool {
  var four = in_addr()
  let name = host.map { CChar(bitPattern: $0) } + [0]
  if inet_pton(AF_INET, name, &four) == 1 { return four.s_addr & 0xFF == 127 }
  let word = String(decoding: host, as: UTF8.self).lowercased()
  return word == "localhost" || word == "[::1]"
}

private func part(_ parsed: OpaquePointer?, _ what: CURLUPart, _ flags: UInt32 = 0) -> [UInt8]? {
  var found: UnsafeMutablePointer<CChar>?
  guard curl_url_get(parsed, what, &found, flags) == CURLUE_OK, let found else { return nil }
  defer { curl_free(found) }
  return (0..<strlen(found)).map { UInt8(bitPattern: found[$0]) }
}
