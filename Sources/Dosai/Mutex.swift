import CSystem
import DosaiCore

/// A pthread mutex: Embedded Swift does not have the mutex of the standard library.
final class Mutex {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  static func make() throws(Failure) -> Mutex { Mutex(try allocate(1)) }

  private init(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) {
    self.mutex = mutex
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
