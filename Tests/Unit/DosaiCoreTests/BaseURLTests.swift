import DosaiCore
import TestSupport
import Testing

struct BaseURLTests {
  static func joined(_ base: String, _ path: String) throws -> String {
    let address = try base.lent { try BaseURL($0) }
    let url = Buffer()
    try path.lent { try address.write(path: $0, to: url) }
    return url.string
  }

  @Test(arguments: [
    ("https://api.dos.ai/v1", "https://api.dos.ai/v1/models"),
    ("https://api.dos.ai/v1/", "https://api.dos.ai/v1/models"),
    ("https://api.dos.ai/v1///", "https://api.dos.ai/v1/models"), ("https://h", "https://h/models"),
    ("https://h/", "https://h/models"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080/models"), ("HTTPS://H:443/a/b", "https://H:443/a/b/models"),
    ("http://[::1]:80/x", "http://[::1]:80/x/models"), ("http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/models"),
    ("https://h/a?api-version=1&b=/", "https://h/a/models?api-version=1&b=/"),
    ("https://h?x=1", "https://h/models?x=1"),
    ("https://h/?", "https://h/models"), ("https://a_b.c~d-e/", "https://a_b.c~d-e/models"),
    ("http://h:1/", "http://h:1/models"),
    ("http://h:65535/", "http://h:65535/models"), ("https://h/a%20b/", "https://h/a%20b/models"),
    ("https://h//a", "https://h//a/models"),
  ])
  func takesAURLAndJoinsAPath(base: String, expected: String) throws {
    #expect(try Self.joined(base, "/models") == expected)
    #expect(try Self.joined(base, "models") == expected)
    #expect(try Self.joined(base, "//models") == expected)
  }

  @Test(arguments: [
    ("https://h/v1", "/a?b=1", "https://h/v1/a?b=1"), ("https://h/v1?k=2", "/a?b=1", "https://h/v1/a?b=1&k=2"),
    ("https://h/v1?k=2", "a/b", "https://h/v1/a/b?k=2"), ("https://h/v1", "", "https://h/v1/"),
    ("https://h/v1", "?b", "https://h/v1/?b"),
    ("https://h/v1", "/a/", "https://h/v1/a/"),
  ])
  func joinsQueries(base: String, path: String, expected: String) throws {
    #expect(try Self.joined(base, path) == expected)
  }

  @Test(arguments: [
    ("", "base_url: must begin with https:// or http://"), ("h", "base_url: must begin with https:// or http://"),
    ("//h/", "base_url: must begin with https:// or http://"),
    ("ftp://h/", "base_url: must begin with https:// or http://"),
    ("file:///etc/passwd", "base_url: must begin with https:// or http://"),
    ("https:/h", "base_url: must begin with https:// or http://"),
    ("https//h", "base_url: must begin with https:// or http://"), ("https://", "base_url: has no host"),
    ("https:///v1", "base_url: has no host"), ("https://?a", "base_url: has no host"),
    ("https://:80", "base_url: has no host"),
    ("https://[]", "base_url: has no host"), ("https://[::1", "base_url: has no host"),
    ("https://[::1/v1", "base_url: has no host"),
    ("https://::1/", "base_url: has no host"),
    ("https://u@h/", "base_url: must not contain a user or password"),
    ("https://u:p@h/", "base_url: must not contain a user or password"),
    ("https://h@/", "base_url: must not contain a user or password"),
    ("https://h/#f", "base_url: must not have a fragment"),
    ("https://h#", "base_url: must not have a fragment"),
    ("https://h:0/", "base_url: the port must be between 1 and 65535"),
    ("https://h:65536/", "base_url: the port must be between 1 and 65535"),
    ("https://h:/", "base_url: the port must be between 1 and 65535"),
    ("https://h:x/", "base_url: the port must be between 1 and 65535"),
    ("https://h:-1/", "base_url: the port must be between 1 and 65535"),
    ("https://h:1:2/", "base_url: the port must be between 1 and 65535"),
    ("https://[::1]x/", "base_url: the port must be between 1 and 65535"),
    ("https://[::1]x8/", "base_url: the port must be between 1 and 65535"),
    ("https://h:99999999999999999999/", "base_url: the port must be between 1 and 65535"),
    ("https://h\\e/", "base_url: the host has a character that hosts cannot have"),
    ("https://h,e/", "base_url: the host has a character that hosts cannot have"),
    ("https://h<e>/", "base_url: the host has a character that hosts cannot have"),
    ("http://a[b]c/", "base_url: the host has a character that hosts cannot have"),
    ("http://[a[b]/", "base_url: the host has a character that hosts cannot have"),
    ("http://h]/", "base_url: the host has a character that hosts cannot have"),
    ("http://h%ee/", "base_url: the host has a character that hosts cannot have"),
  ])
  func refusesOthers(url: String, why: String) {
    #expect(complaint { _ = try url.lent { try BaseURL($0) } } == why)
    #expect(status { _ = try url.lent { try BaseURL($0) } } == .invalidArgument)
  }

  @Test func refusesEveryByteThatNoURLHas() throws {
    let address = try BaseURL(literal("https://h/"))
    for byte in [UInt8](0...0x20) + [UInt8](0x7F...0xFF) {
      let bytes = [UInt8]("https://h/a".utf8) + [byte] + [UInt8]("b".utf8)
      #expect(status { _ = try bytes.lent { try BaseURL($0) } } == .invalidArgument, "\(byte)")
      #expect(
        status { try [0x2F, byte].lent { try address.write(path: $0, to: Buffer()) } } == .invalidArgument, "\(byte)")
    }
    for byte in [UInt8](0x21...0x7E) where byte != UInt8(ascii: "#") {
      let bytes = [UInt8]("https://h/a".utf8) + [byte]
      #expect(throws: Never.self, "\(byte)") { try bytes.lent { try BaseURL($0) } }
    }
    #expect(status { try "/a#b".lent { try address.write(path: $0, to: Buffer()) } } == .invalidArgument)
  }

  @Test(arguments: [(1 << 20, Status.ok), ((1 << 20) + 1, .invalidArgument)])
  func refusesALongURL(count: Int, expected: Status) throws {
    let address = try BaseURL(literal("https://h/"))
    let path = [UInt8](repeating: 0x78, count: count - "https://h/".utf8.count)
    #expect(status { try path.lent { try address.write(path: $0, to: Buffer()) } } == expected)
  }

  @Test(arguments: [
    ("http://localhost", true), ("http://LocalHost:80/", true), ("http://127.0.0.1/", true),
    ("http://127.8.9.10:1/", true),
    ("https://[::1]:8080/", true), ("http://localhost.example.com/", false), ("http://127.0.0.1.example.com/", false),
    ("http://127example.com/", false), ("http://128.0.0.1/", false), ("http://[::2]/", false),
    ("http://[::ffff:127.0.0.1]/", false), ("http://127./", false), ("http://127.1/", false),
    ("http://127.0.0/", false),
    ("http://127.0.0.1./", false), ("http://127.0.0.256/", false), ("http://127.0.0.09/", false),
    ("http://127.0.0.1.2/", false), ("http://127.0..1/", false), ("http://0127.0.0.1/", false),
    ("http://127.0.0.-1/", false),
    ("http://127.255.0.255/", true),
    ("http://localhostx/", false), ("http://10.0.0.1/", false), ("http://0.0.0.0/", false), ("http://[::]/", false),
  ])
  func knowsThisMachine(url: String, expected: Bool) throws {
    let address = try url.lent { try BaseURL($0) }
    #expect(address.isLoopback == expected)
    #expect(address.isHTTPS == url.hasPrefix("https"))
  }

  @Test(arguments: [
    ("http://a.ai", "http://a.ai:80/x"), ("http://a.ai:80", "http://A.AI/x?y"), ("https://a.ai", "HTTPS://a.ai:443"),
    ("https://a.ai:443", "https://a.ai/x"), ("https://a.ai:8443/v1?k", "https://a.ai:8443/v2"),
    ("http://[::1]", "http://[::1]:80/"),
  ])
  func knowsItsOrigin(base: String, url: String) throws {
    let address = try base.lent { try BaseURL($0) }
    #expect(url.lent { address.isOrigin(of: $0) })
  }

  @Test(arguments: [
    "", "/", "v2", "//api.dos.ai:8443/", "http://api.dos.ai:8443/", "https://api.dos.ai/", "https://api.dos.ai:443/",
    "https://evil.ai:8443/", "https://api.dos.ai:8443@evil.ai/", "https://u:p@api.dos.ai:8443/",
    "https://api.dos.ai:8443.evil.ai/", "https://api.dos.ai:84430/", "https://evil.ai/https://api.dos.ai:8443/",
    "ftp://api.dos.ai:8443/", "https:api.dos.ai", "https://", "https://api.dos.ai:8443\\@evil.ai/",
    "https://api.dos.ai:8443/a\r\nX-Injected: yes", "https://api.dos.ai:8443/a b", "https://api.dos.ai:8443/\u{E9}",
    "https://api.dos.ai:8443/a\0",
  ])
  func knowsAnotherOrigin(url: String) throws {
    let address = try "https://api.dos.ai:8443/v1?k=1".lent { try BaseURL($0) }
    #expect(!url.lent { address.isOrigin(of: $0) })
  }
}
