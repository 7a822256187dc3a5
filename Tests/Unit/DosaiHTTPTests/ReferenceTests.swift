import DosaiCore
import DosaiHTTP
import TestSupport
import Testing

struct ReferenceTests {
  @Test(arguments: [
    ("/b?c", "http://h.test/a/b", "http://h.test/b?c"), ("c", "https://h.test/a/b", "https://h.test/a/c"),
    ("?d", "http://h.test/a?b", "http://h.test/a?d"), ("//i.test/b", "https://h.test/a", "https://i.test/b"),
    ("../c#part", "http://h.test:8000/a/b", "http://h.test:8000/c"),
    ("http://i.test", "http://h.test/a", "http://i.test/"),
    ("", "http://h.test/a", nil), ("#part", "http://h.test/a", nil), ("/a b", "http://h.test/a", nil),
    ("/\u{e9}", "http://h.test/a", nil), ("/a\tb", "http://h.test/a", nil), ("http://", "http://h.test/a", nil),
  ])
  func areResolved(reference: String, url: String, expected: String?) throws {
    let (reference, url) = (try Buffer(reference.utf8), try Buffer(url.utf8))
    let found = try withExtendedLifetime((reference, url)) { try resolve(reference.bytes, from: url.bytes) }
    #expect(found?.string == expected)
  }
}
