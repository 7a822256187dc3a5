import CCurl
import Foundation
import TestSupport
import Testing

@testable import DosaiHTTP

/// What a multi handle knows of its sockets, on connections of loopback.
struct SocketsTests {
  /// A listening socket, and what connects to it.
  private final class Server {
    let listener: Int32
    var port: UInt16 = 0

    init() throws {
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var own = Server.address(0)
      let descriptor = listener
      let isBound = Server.with(&own) { bind(descriptor, $0, $1) } == 0
      try #require(isBound && listen(descriptor, 100) == 0)
      port = Server.port(of: descriptor)
    }

    deinit { close(listener) }

    static func address(_ port: UInt16) -> sockaddr_in {
      var made = sockaddr_in()
      made.sin_family = sa_family_t(AF_INET)
      made.sin_port = port.bigEndian
      made.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
      return made
    }

    static func with<Result>(_ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result)
      -> Result
    {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
    }

    static func port(of descriptor: Int32) -> UInt16 {
      var name = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = withUnsafeMutablePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
      }
      return UInt16(bigEndian: name.sin_port)
    }

    /// Connects a socket, from a local port that has this remainder by 128; the other end. Closing it resets the
    /// connection, so that its port is free at once.
    func accept(_ client: Int32, remainder: Int) throws -> Int32 {
      var reset = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
      let isBound = (160...500).contains {
        var own = Server.address(UInt16($0 * 128 + remainder))
        return Server.with(&own) { bind(client, $0, $1) } == 0
      }
      var peer = Server.address(port)
      let isConnected = Server.with(&peer) { connect(client, $0, $1) } == 0
      try #require(isBound && isConnected)
      return Foundation.accept(listener, nil, nil)
    }

    func ends(of client: Int32) -> Ends { Ends("127.0.0.1", Int32(port), localPort: Int32(Server.port(of: client))) }
  }

  /// The sockets, in a class: `#expect` cannot call what changes a value.
  private final class Known {
    var sockets = Sockets()

    func open(_ family: Int32 = AF_INET) -> Int32 {
      var address = curl_sockaddr()
      address.family = family
      address.socktype = Int32(SOCK_STREAM.rawValue)
      return sockets.open(address)
    }

    func shut(_ socket: Int32) -> Int32 { sockets.shut(socket) }

    func find(_ ends: Ends, busy: Int32 = -1) -> Int32 { sockets.find(ends) { $0 != busy } }

    func connect(_ opened: [Int32], _ ends: Ends, isExclusive: Bool) -> Int32 {
      sockets.connect(opened, ends, isExclusive: isExclusive)
    }
  }

  /// Beside a list that is searched: connections of which many share a bucket come and go.
  @Test(arguments: 0..<8) func findsWhatIsConnected(seed: UInt64) throws {
    var random = Lehmer(seed: seed)
    let server = try Server()
    let all = Known()
    var known: [(socket: Int32, ends: Ends, peer: Int32)] = []
    #expect(all.find(server.ends(of: server.listener)) == -1)
    for _ in 0..<60 {
      if known.count < 12, Bool.random(using: &random) || known.isEmpty {
        let (unused, socket) = (all.open(), all.open())
        let peer = try server.accept(socket, remainder: Int.random(in: 0..<3, using: &random))
        let ends = server.ends(of: socket)
        #expect(all.connect([unused], ends, isExclusive: true) == -1)
        #expect(all.connect([socket, unused], ends, isExclusive: true) == socket)
        #expect(all.connect([socket, unused], ends, isExclusive: true) == -1, "it is connected already")
        #expect(all.shut(unused) == 0)
        known.append((socket, ends, peer))
      } else {
        let gone = known.remove(at: Int.random(in: 0..<known.count, using: &random))
        #expect(all.shut(gone.socket) == 0)
        #expect(all.find(gone.ends) == -1)
        close(gone.peer)
      }
      #expect(all.sockets.count == known.count)
      for one in known { #expect(all.find(one.ends) == one.socket) }
    }
    all.sockets.closeAll()
    for one in known {
      var byte: UInt8 = 0
      let received = recv(one.peer, &byte, 1, Int32(MSG_DONTWAIT))
      #expect(received == -1 && errno == ECONNRESET, "it is closed")
      close(one.peer)
    }
  }

  @Test func tellsEndsApart() {
    let ends = Ends("127.0.0.1", 80, localPort: 1000)
    #expect(ends == Ends("127.0.0.1", 80, localPort: 1000))
    #expect(ends != Ends("127.0.0.2", 80, localPort: 1000))
    #expect(ends != Ends("127.0.0.1", 81, localPort: 1000))
    #expect(ends != Ends("127.0.0.1", 80, localPort: 1001))
    #expect(ends != Ends(nil, 80, localPort: 1000))
  }

  /// A request on HTTP/1 may not meet bytes that wait; on HTTP/2, they may be of the connection itself.
  @Test func isStaleIfBytesWaitThatNobodyAskedFor() throws {
    let server = try Server()
    let all = Known()
    let (shared, own) = (all.open(), all.open())
    let peers = try [shared, own].map { try server.accept($0, remainder: 1) }
    #expect(all.connect([shared], server.ends(of: shared), isExclusive: false) == shared)
    #expect(all.connect([own], server.ends(of: own), isExclusive: true) == own)
    for socket in [shared, own] { #expect(!all.sockets.isStale(socket, hasPending: false)) }
    #expect(!all.sockets.isStale(shared, hasPending: true))
    #expect(all.sockets.isStale(own, hasPending: true))
    for peer in peers { #expect(send(peer, "x", 1, 0) == 1) }
    #expect(!all.sockets.isStale(shared, hasPending: false))
    #expect(all.sockets.isStale(own, hasPending: false))
    all.sockets.makeExclusive(shared)
    #expect(all.sockets.isStale(shared, hasPending: false))
    for socket in [shared, own] { #expect(all.shut(socket) == 0) }
    for peer in peers { close(peer) }
  }

  @Test func isStaleIfThePeerHasClosedIt() throws {
    let server = try Server()
    let all = Known()
    let socket = all.open()
    let peer = try server.accept(socket, remainder: 1)
    #expect(all.connect([socket], server.ends(of: socket), isExclusive: false) == socket)
    close(peer)
    #expect(all.sockets.isStale(socket, hasPending: false))
    #expect(!all.sockets.isStale(socket + 1, hasPending: false), "it was never open")
    #expect(all.shut(socket) == 0)
  }

  /// As connections to a Unix socket have: which of them is meant is not known. One that is stale may be.
  @Test func findsOneThatIsStaleAmongTheSameEnds() {
    let all = Known()
    let ends = Ends(nil, 0, localPort: 0)
    let opened = (0..<3).map { _ in all.open(AF_UNIX) }
    let peers = opened.map { socket in
      var pair: [Int32] = [-1, -1]
      #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
      #expect(dup2(pair[0], socket) == socket && close(pair[0]) == 0)
      return pair[1]
    }
    #expect(all.find(ends) == -1)
    for (at, found) in [opened[0], -1, -1].enumerated() {
      #expect(all.connect([opened[at]], ends, isExclusive: true) == opened[at])
      #expect(all.find(ends) == found)
    }
    for (socket, peer) in zip(opened, peers) {
      #expect(send(peer, "x", 1, 0) == 1)
      #expect(all.find(ends) == socket)
      #expect(all.find(ends, busy: socket) == -1, "it is for the transfer that uses it")
      var byte: UInt8 = 0
      #expect(recv(socket, &byte, 1, 0) == 1)
    }
    for at in [1, 2] { #expect(all.shut(opened[at]) == 0) }
    #expect(all.find(ends) == opened[0])
    #expect(all.shut(opened[0]) == 0)
    #expect(all.find(ends) == -1)
    for peer in peers { close(peer) }
  }

  @Test func saysWhyASocketCannotBeOpened() {
    let all = Known()
    let opened = all.open(-1)
    let error = errno
    #expect(opened == -1 && error == EAFNOSUPPORT)
    #expect(all.sockets.count == 0)
  }

  @Test(arguments: [-1, 1000]) func knowsNothingOfOtherSockets(socket: Int32) {
    let all = Known()
    all.sockets.makeExclusive(socket)
    #expect(!all.sockets.isStale(socket, hasPending: true))
    #expect(all.sockets.unacknowledged(socket) == -1)
    #expect(all.shut(socket) == -1)
    #expect(all.sockets.count == 0)
  }
}
