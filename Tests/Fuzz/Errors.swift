import DosaiJSON
import Glibc

@testable import DosaiCore

@_extern(c, "strptime") private func strptime(
  _ text: UnsafePointer<CChar>, _ form: UnsafePointer<CChar>, _ time: UnsafeMutablePointer<tm>
) -> UnsafeMutablePointer<CChar>?

/// What a server says with an error: its headers line by line, a blank line, its body.
@_cdecl("fuzz_errors")
func fuzzErrors(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  var input = Input(start, count)
  let attemptNumber = Int(input.byte())
  let random = UInt32(input.byte()) << 24
  let now = Int64(input.byte()) << 24
  let headers = ResponseHeaders()
  while !input.isEmpty {
    let line = input.take(until: UInt8(ascii: "\n"))
    if line.isEmpty { break }
    _ = attempt { try line.lent { try headers.add(line: $0) } }
    checkDate(line)
  }
  checkHeaders(headers)
  let asked = RetryPolicy.retryAfter(headers, unixTime: now)
  if asked < -1 { finding("a server asked for \(asked) ms") }
  let said = checkMessage([UInt8](input.rest))
  var policy = RetryPolicy()
  policy.retriesMax = 5
  let status = Status(httpStatus: headers.httpStatus, said)
  if status == .ok || status == .internalError { finding("HTTP \(headers.httpStatus) is \(status)") }
  let delay = policy.delay(
    after: status, httpStatus: headers.httpStatus, attempt: attemptNumber, headers: headers, unixTime: now,
    random: random)
  guard let delay else { return }
  if attemptNumber >= 5 || headers.httpStatus < 400 || status == .insufficientCredits || asked > 120_000 {
    finding("a retry after \(delay) ms that must not be")
  }
  let isRight = asked > 0 ? delay == asked : delay >= 375 && delay <= 8000
  if !isRight { finding("a delay of \(delay) ms where \(asked) was asked for") }
}

private func checkHeaders(_ headers: ResponseHeaders) {
  if headers.httpStatus < 0 || headers.httpStatus > 999 { finding("HTTP \(headers.httpStatus)") }
  for name in ["x-request-id", "retry-after", "location", "content-type", "x", "a"] as [StaticString] {
    guard let value = headers.value(name) else { continue }
    guard let end = value.baseAddress?[value.count], end == 0, value.firstIndex(of: 0, from: 0) == nil,
      Text.firstInvalid(value) == nil
    else { finding("the header \(name) is \(text(value))") }
  }
  if headers.value("set-cookie") != nil { finding("a cookie was kept") }
}

private func checkMessage(_ body: [UInt8]) -> ServerError {
  let read = attempt {
    let text = Buffer()
    try body.lent { try text.append($0) }
    let document = try Document.read(taking: text, limits: Limits())
    _ = ServerError.isError(document.root, isChat: true)
    return try ServerError(document.root)
  }
  guard case .success(let said) = read else { return ServerError() }
  if let message = said.message?.bytes {
    guard message.count <= 2048 + 3, message.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      finding("no line: \(text(message))")
    }
  }
  for word in [said.message, said.code, said.type, said.param] {
    guard let word else { continue }
    if word.count > 2048 + 3 || Text.firstInvalid(word.bytes) != nil { finding("no text: \(text(word.bytes))") }
  }
  return said
}

/// A date is what libc says it is. The first eight bytes are also taken as a time, which is written in the three forms.
private func checkDate(_ line: [UInt8]) {
  let found = line.lent { HTTPDate.unixTime($0) }
  if let found, found < 0 || found > 253_402_300_800 { finding("\(text(line)) is the time \(found)") }
  for form in ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"] {
    if let time = readByLibc(line, form), let found, found != time { finding("\(text(line)) is \(time), not \(found)") }
    let time = line.prefix(8).reduce(0) { ($0 &* 256 &+ Int64($1)) & 0x7FFF_FFFF_FFFF }
    let most: Int64 = form.contains("%y") ? 3_155_760_000 : 253_402_300_800  // two digits: to 2069
    let written = write(time % most, form)
    let read = written.lent { HTTPDate.unixTime($0) }
    if read != time % most { finding("\(text(written)) is \(time % most), not \(String(describing: read))") }
  }
}

private func readByLibc(_ line: [UInt8], _ form: String) -> Int64? {
  var time = tm()
  var copy = line.map { CChar(bitPattern: $0) }
  if line.contains(0) { return nil }
  copy.append(0)
  return copy.withUnsafeBufferPointer { start -> Int64? in
    guard let base = start.baseAddress, let end = strptime(base, form, &time), end.pointee == 0, time.tm_sec <= 60,
      time.tm_year >= 70
    else { return nil }
    return Int64(timegm(&time))
  }
}

private func write(_ time: Int64, _ form: String) -> [UInt8] {
  var parts = tm()
  var seconds = time_t(time)
  gmtime_r(&seconds, &parts)
  var line = [CChar](repeating: 0, count: 64)
  let length = strftime(&line, line.count, form, &parts)
  return line.prefix(length).map { UInt8(bitPattern: $0) }
}
