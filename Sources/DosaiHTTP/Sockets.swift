import CCurl
import CSystem
import DosaiCore

/// The two ends of a connection, in one number. libcurl tells them, but not the connection's socket.
struct Ends: Equatable {
  private(set) var mark: UInt64 = 0  // not known

  init() {}

  init(_ peer: UnsafePointer<CChar>?, _ peerPort: Int32, _ localPort: Int32) {
    mark = UInt64(UInt32(bitPattern: peerPort)) << 32 | UInt64(UInt32(bitPattern: localPort))
    var at = peer
    while let byte = at?.pointee, byte != 0 {
      mark = (mark ^ UInt64(UInt8(bitPattern: byte))) &* 0x100_0000_01b3
      at = at?.successor()
    }
    mark |= 1
  }
}

/// The open sockets of an engine.
struct Sockets {
  private struct Entry {
    let socket: Int32
    var ends = Ends()
    /// One request at a time, as in HTTP/1: between two of them nothing may come.
    var isExclusive = false
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }

  /// Opens one; -1: errno says why.
  mutating func open(_ address: curl_sockaddr) -> Int32 {
    let opened = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    if opened >= 0 {
      csystem_keep_alive(opened)
      entries.append(Entry(socket: opened))
    }
    return opened
  }

  mutating func shut(_ socket: Int32) -> Int32 {
    if let place = place(of: socket), let last = entries.popLast(), place < entries.count { entries[place] = last }
    return close(socket)
  }

  func closeAll() { for entry in entries { close(entry.socket) } }

  /// One of those that were not yet connections became one: not always the last, where two were tried at once.
  mutating func connect(localPort: Int32, _ ends: Ends, isExclusive: Bool) {
    for place in entries.indices.reversed()
    where entries[place].ends == Ends() && csystem_local_port(entries[place].socket) == localPort {
      entries[place].ends = ends
      entries[place].isExclusive = isExclusive
      return
    }
  }

  /// The connection turned out to speak HTTP/1.
  mutating func makeExclusive(_ ends: Ends) {
    if let place = place(of: ends) { entries[place].isExclusive = true }
  }

  /// Whether no request may go out on the connection: its peer has closed it, or has sent what nobody asked for.
  /// `hasPending`: some of it was read already.
  func isStale(_ ends: Ends, hasPending: Bool) -> Bool {
    guard let place = place(of: ends) else { return false }
    var isClosed: Int32 = 0
    var isReadable: Int32 = 0
    csystem_look(entries[place].socket, &isClosed, &isReadable)
    return isClosed != 0 || (isReadable != 0 || hasPending) && entries[place].isExclusive
  }

  /// For how many nanoseconds the peer's TCP owes an acknowledgement; -1: it does not.
  func unacknowledged(_ ends: Ends) -> Int64 {
    guard let place = place(of: ends) else { return -1 }
    return csystem_unacknowledged_ms(entries[place].socket) * 1_000_000
  }

  private func place(of socket: Int32) -> Int? { entries.firstIndex { $0.socket == socket } }

  /// nil also where it is not the only one, as with those of a unix socket, which have no ports.
  private func place(of ends: Ends) -> Int? {
    guard let first = entries.firstIndex(where: { $0.ends == ends }) else { return nil }
    return entries.lastIndex { $0.ends == ends } == first ? first : nil
  }
}
