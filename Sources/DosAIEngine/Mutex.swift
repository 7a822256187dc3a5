import CSystem
import DosaiCore

/// A mutex of the system: Embedded Swift does not have the mutex of the standard library.
final class Mutex {
  private let mutex: UnsafeMutablePointer<csystem_mutex>

  static func make() throws(Failure) -> Mutex { Mutex(try allocate(1)) }

  private init(_ mutex: UnsafeMutablePointer<csystem_mutex>) {
    self.mutex = mutex
    mutex.initialize(to: csystem_mutex())
  }

  deinit {
    csystem_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    csystem_mutex_lock(mutex)
    defer { csystem_mutex_unlock(mutex) }
    return body()
  }
}
