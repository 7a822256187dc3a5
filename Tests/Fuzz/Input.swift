import DosaiCore
import Glibc

/// What libFuzzer gives, taken from its front. Where it is at its end all is 0 and empty.
struct Input {
  private(set) var rest: ArraySlice<UInt8>

  init(_ start: UnsafePointer<UInt8>?, _ count: Int) { rest = [UInt8](Bytes(start: start, count: count))[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func below(_ count: Int) -> Int { Int(byte()) % count }

  mutating func take(_ count: Int) -> [UInt8] {
    let taken = rest.prefix(count)
    rest = rest.dropFirst(count)
    return [UInt8](taken)
  }

  /// Up to the byte, which is dropped; without one, all.
  mutating func take(until end: UInt8) -> [UInt8] {
    let taken = rest.prefix { $0 != end }
    rest = rest.dropFirst(taken.count + 1)
    return [UInt8](taken)
  }

  /// The sizes of the pieces in which a body comes, over and over; none: it comes whole.
  mutating func sizes() -> [UInt8] {
    let sizes = take(below(8))
    return sizes.contains { $0 > 0 } ? sizes : []
  }
}

func cut(_ body: [UInt8], by sizes: [UInt8]) -> [ArraySlice<UInt8>] {
  guard !sizes.isEmpty else { return [body[...]] }
  var pieces: [ArraySlice<UInt8>] = []
  var rest = body[...]
  while !rest.isEmpty {
    let size = Int(sizes[pieces.count % sizes.count])
    pieces.append(rest.prefix(size))
    rest = rest.dropFirst(size)
  }
  return pieces
}

/// A promise is broken: says which, and ends the run as a crash does.
func finding(_ what: @autoclosure () -> String) -> Never {
  what().withCString { _ = fputs($0, stderr) }
  fputs("\n", stderr)
  abort()
}

func text(_ bytes: Bytes?) -> String { bytes.map { String(decoding: $0, as: UTF8.self).debugDescription } ?? "none" }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }

/// The body's result, or why there is none.
func attempt<Success>(_ body: () throws -> Success) -> Result<Success, Failure> {
  do { return .success(try body()) } catch { return .failure((error as? Failure) ?? .internalError) }
}
