import CCurl
import CSystem
import DosaiCore

/// DNS answers and TLS sessions that the multi handles of one client share.
package final class CurlShare {
  let handle: UnsafeMutableRawPointer
  private let locks: UnsafeMutablePointer<csystem_mutex>
  private let process = ProcessState.id
  private static let lockCount = Int(CURL_LOCK_DATA_LAST.rawValue)

  package static func make() throws(Failure) -> CurlShare {
    let locks: UnsafeMutablePointer<csystem_mutex> = try allocate(lockCount)
    guard let handle = ProcessState.make(curl_share_init) else {
      locks.deallocate()
      throw .outOfMemory
    }
    return CurlShare(handle, locks)
  }

  private init(_ handle: UnsafeMutableRawPointer, _ locks: UnsafeMutablePointer<csystem_mutex>) {
    self.handle = handle
    self.locks = locks
    locks.initialize(repeating: csystem_mutex(), count: Self.lockCount)
    ccurl_share_locks(
      handle,
      { easy, data, _, context in
        if data == CURL_LOCK_DATA_DNS, let easy { Transfer.of(easy)?.limitConnecting() }
        let locks = context?.assumingMemoryBound(to: csystem_mutex.self)
        if let locks { csystem_mutex_lock(locks + Int(data.rawValue)) }
      },
      { _, data, context in
        let locks = context?.assumingMemoryBound(to: csystem_mutex.self)
        if let locks { csystem_mutex_unlock(locks + Int(data.rawValue)) }
      }, locks)
    ccurl_share_data(handle, CURL_LOCK_DATA_DNS)
    ccurl_share_data(handle, CURL_LOCK_DATA_SSL_SESSION)
  }

  deinit {
    // A forked child must not touch it: another thread may have held a lock.
    guard process == ProcessState.id else { return }
    ProcessState.free { curl_share_cleanup(handle) }
    for i in 0..<Self.lockCount { csystem_mutex_destroy(locks + i) }
    locks.deallocate()
  }
}
