import DosaiCore
import DosaiJSON
import Foundation
import Synchronization
import TestSupport
import Testing

/// A locale whose numbers have a comma, whatever is installed: that of C.utf8 with another decimal point.
private struct CommaLocale: @unchecked Sendable {
  static let made = CommaLocale()
  static let absence: Comment = "no locale with a comma can be made here"

  let name = "dosai_comma"
  let locale: locale_t

  /// The C library finds it by LOCPATH, which stays set, and keeps what it has loaded.
  private init?() {
    guard var numeric = FileManager.default.contents(atPath: "/usr/lib/locale/C.utf8/LC_NUMERIC") else { return nil }
    for i in numeric.indices where numeric[i] == UInt8(ascii: ".") { numeric[i] = UInt8(ascii: ",") }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dosai-\(getpid())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let place = folder.appendingPathComponent(name)
    try? FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try? numeric.write(to: place.appendingPathComponent("LC_NUMERIC"))
    setenv("LOCPATH", folder.path, 1)
    guard setlocale(LC_NUMERIC, name) != nil, let global = locale_t(bitPattern: -1) else { return nil }
    defer { setlocale(LC_NUMERIC, "C") }
    guard let locale = duplocale(global) else { return nil }
    self.locale = locale
  }
}

/// A thread that changes the locale of the process for as long as it lives.
private final class LocaleChanger: Sendable {
  let changes = Atomic(0)
  private let isOver = Atomic(false)
  private let hasEnded = Atomic(false)

  init(_ names: [String]) {
    Thread.detachNewThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        let name = names[changes.load(ordering: .relaxed) % names.count]
        if setlocale(LC_NUMERIC, name) != nil { changes.add(1, ordering: .relaxed) }
      }
      setlocale(LC_NUMERIC, "C")
      hasEnded.store(true, ordering: .releasing)
    }
  }

  func end() {
    isOver.store(true, ordering: .relaxed)
    while !hasEnded.load(ordering: .acquiring) { sched_yield() }
  }
}

@Suite(.enabled(if: CommaLocale.made != nil, CommaLocale.absence), .serialized)
struct DocumentLocaleTests {
  private let comma: CommaLocale

  init() throws { comma = try #require(CommaLocale.made) }

  private func under<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = uselocale(comma.locale)
    defer { uselocale(before) }
    return try body()
  }

  @Test func readsAPointUnderAComma() throws {
    try under {
      #expect(strtod("1.5", nil) == 1)
      #expect(strtod("1,5", nil) == 1.5)
      let document = try Document.read("[1.5,0.25e1]")
      #expect(document.root.element(0)?.kind == .number)
      #expect(document.root.element(1)?.text.string == "0.25e1")
      #expect(status { _ = try Document.read("1,5") } == .malformed)
      #expect(uselocale(nil) == comma.locale)
    }
  }

  @Test func givesTheLocaleBackAlsoOnFailure() throws {
    under {
      for text in ["1e999", "[1.5,", "\"\\u0000\"", "99999999999999999999"] {
        _ = try? Document.read(text)
        #expect(uselocale(nil) == comma.locale)
      }
    }
  }

  /// jansson 2.14 ends the process where another thread changes the locale while it reads a real number.
  @Test func readsWhileAnotherThreadChangesTheLocale() throws {
    let changer = LocaleChanger([comma.name, "C"])
    defer { changer.end() }
    let text = "[" + [String](repeating: "1.5", count: 100).joined(separator: ",") + "]"
    var read = 0
    while read < 5000 || (read < 1_000_000 && changer.changes.load(ordering: .relaxed) < 5000) {
      let document = try Document.read(text)
      try #require(document.root.element(99)?.text.string == "1.5")
      read += 1
    }
    #expect(changer.changes.load(ordering: .relaxed) >= 5000)
  }
}
