import CCurl
import CSystem
import DosaiCore

/// The two ends of a connection, as two numbers. libcurl reports the ends, but not the connection's socket.
struct Ends: Equatable {
  private let peerHash: UInt64
  let localPort: Int32

  init(_ peer: UnsafePointer<CChar>?, _ peerPort: Int32, localPort: Int32) {
    var peerHash = UInt64(UInt32(bitPattern: peerPort))
    var at = peer
    while let byte = at?.pointee, byte != 0 {
      peerHash = (peerHash ^ UInt64(UInt8(bitPattern: byte))) &* 0x100_0000_01b3
      at = at?.successor()
    }
    self.peerHash = peerHash
    self.localPort = localPort
  }
}

/// The open sockets of a multi handle.
struct Sockets {
  private struct Entry {
    var isOpen = false
    /// It carries one request at a time, as in HTTP/1: nothing may arrive between two requests.
    var isExclusive = false
    /// A stream of it was reset, and libcurl may not have sent that.
    var isUnflushed = false
    /// The next socket in its bucket; -1: none.
    var next: Int32 = -1
    /// nil: it is not connected yet.
    var ends: Ends?
  }

  private static let bucketCount = 128

  private var entries: [Entry] = []  // by socket
  private var buckets: [Int32] = []  // the first connection of each, by local port
  private(set) var count = 0
  /// How many are noted as such.
  private(set) var unflushed = 0

  /// Opens a socket; -1: errno says why not.
  mutating func open(_ address: curl_sockaddr) -> Int32 {
    let opened = csystem_socket(address.family, address.socktype, address.protocol)
    guard opened >= 0 else { return -1 }
    csystem_keep_alive(opened)
    while entries.count <= Int(opened) { entries.append(Entry()) }
    entries[Int(opened)].isOpen = true
    count += 1
    return opened
  }

  mutating func shut(_ socket: Int32) -> Int32 {
    if isOpen(socket) {
      if let ends = entries[Int(socket)].ends { unlink(socket, from: bucket(ends)) }
      _ = takeUnflushed(socket)
      entries[Int(socket)] = Entry()
      count -= 1
    }
    return close(socket)
  }

  func closeAll() { for socket in entries.indices where entries[socket].isOpen { close(Int32(socket)) } }

  /// One of the sockets that a transfer has opened is connected now; not always the last, since two may be tried at
  /// once. Returns it; -1: none.
  mutating func connect(_ opened: [Int32], _ ends: Ends, isExclusive: Bool) -> Int32 {
    guard let socket = opened.last(where: { isOpen($0) && csystem_local_port($0) == ends.localPort }),
      entries[Int(socket)].ends == nil
    else { return -1 }
    if buckets.isEmpty { buckets = [Int32](repeating: -1, count: Self.bucketCount) }
    entries[Int(socket)] = Entry(isOpen: true, isExclusive: isExclusive, next: buckets[bucket(ends)], ends: ends)
    buckets[bucket(ends)] = socket
    return socket
  }

  /// The connection with these ends. Of several (Unix sockets have no ports), an idle one that is stale, because that
  /// may be the one; -1: there is none.
  func find(_ ends: Ends, isIdle: (Int32) -> Bool) -> Int32 {
    let first = next(from: buckets.isEmpty ? -1 : buckets[bucket(ends)], with: ends)
    var socket = first
    guard first >= 0, next(from: entries[Int(first)].next, with: ends) >= 0 else { return first }
    while socket >= 0, !isIdle(socket) || !isStale(socket, hasPending: false) {
      socket = next(from: entries[Int(socket)].next, with: ends)
    }
    return socket
  }

  private func next(from start: Int32, with ends: Ends) -> Int32 {
    var socket = start
    while socket >= 0, entries[Int(socket)].ends != ends { socket = entries[Int(socket)].next }
    return socket
  }

  /// The connection turned out to speak HTTP/1.
  mutating func makeExclusive(_ socket: Int32) { if isOpen(socket) { entries[Int(socket)].isExclusive = true } }

  mutating func noteUnflushed(_ socket: Int32) {
    guard isOpen(socket), !entries[Int(socket)].isUnflushed else { return }
    entries[Int(socket)].isUnflushed = true
    unflushed += 1
  }

  /// Whether it was noted so; from now on, it is not.
  mutating func takeUnflushed(_ socket: Int32) -> Bool {
    guard isOpen(socket), entries[Int(socket)].isUnflushed else { return false }
    entries[Int(socket)].isUnflushed = false
    unflushed -= 1
    return true
  }

  mutating func forgetUnflushed() { for socket in entries.indices { _ = takeUnflushed(Int32(socket)) } }

  /// Whether the connection must not be used: its peer has closed it, or has sent bytes that nobody asked for.
  /// `hasPending`: the TLS library has already read some bytes.
  func isStale(_ socket: Int32, hasPending: Bool) -> Bool {
    guard isOpen(socket) else { return false }
    var isClosed: Int32 = 0
    var isReadable: Int32 = 0
    csystem_look(socket, &isClosed, &isReadable)
    return isClosed != 0 || (isReadable != 0 || hasPending) && entries[Int(socket)].isExclusive
  }

  /// For how many nanoseconds the peer's TCP has owed an acknowledgement; -1: it owes none.
  func unacknowledged(_ socket: Int32) -> Int64 {
    isOpen(socket) ? csystem_unacknowledged_ms(socket) * 1_000_000 : -1
  }

  private func isOpen(_ socket: Int32) -> Bool {
    socket >= 0 && Int(socket) < entries.count && entries[Int(socket)].isOpen
  }

  private func bucket(_ ends: Ends) -> Int { Int(ends.localPort) & (Self.bucketCount - 1) }

  private mutating func unlink(_ socket: Int32, from bucket: Int) {
    let next = entries[Int(socket)].next
    if buckets[bucket] == socket {
      buckets[bucket] = next
      return
    }
    var before = buckets[bucket]
    while before >= 0, entries[Int(before)].next != socket { before = entries[Int(before)].next }
    if before >= 0 { entries[Int(before)].next = next }
  }
}
