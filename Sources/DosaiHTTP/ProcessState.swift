import CCurl
import CSystem
import DosaiCore
import Synchronization

/// The state that exists once in a process: libcurl's initialization, the multi handles in use, the exit hook, and the
/// process id.
package enum ProcessState {
  private static var isStarted = false
  private static var refusal: Failure?
  /// Contains the process id, and 0 in a forked child, so that noticing a fork needs no system call. Nil: the system has
  /// no such page, and is asked each time.
  private static var page: UnsafeMutablePointer<Int32>?
  private static var owner: Int32 = 0  // of the lock and of the list: a process
  private static var mutex = csystem_mutex()
  private static var first: Unmanaged<CurlMulti>?  // of all multi handles
  private static let exitPatience: Int64 = 1_000_000_000
  private static let exitPollInterval = 1_000_000
  private static let exiting = Atomic<Bool>(false)

  /// RESOURCE: libcurl is too old or would not start.
  package static func start() throws(Failure) {
    _ = id  // in a forked child, this initializes the lock again
    csystem_mutex_lock(&mutex)
    defer { csystem_mutex_unlock(&mutex) }
    if !isStarted {
      isStarted = true
      let page = csystem_wiped_on_fork()?.assumingMemoryBound(to: Int32.self)
      owner = getpid()
      page?.pointee = owner
      ProcessState.page = page
      // No thread is inside of `make` when the process forks: libcurl has a lock there, which would stay locked in the child.
      let isHeld = pthread_atfork(
        { csystem_mutex_lock(&ProcessState.mutex) }, { csystem_mutex_unlock(&ProcessState.mutex) },
        { _ = ProcessState.findID() })
      if isHeld != 0 || ccurl_start() != CURLE_OK {
        refusal = Failure(.resource, "libcurl could not be initialized")
      } else if ccurl_version_number() < 0x075800 {
        refusal = Failure(
          .resource,
          "libcurl 7.88 or newer is needed; Debian 11, Ubuntu 22.04 and RHEL 9 have older ones: use the bundled library"
        )
      }
      // Registered after libcurl's initialization, so that it runs before the exit handler of the TLS library.
      atexit { ProcessState.stop() }
    }
    if let refusal { throw refusal }
  }

  @inline(__always)
  package static var id: Int32 {
    if let page, page.pointee != 0 { return page.pointee }
    return findID()
  }

  /// Whether this is the process with that id, as far as that is known without a call.
  @inline(__always)
  package static func isKnown(_ id: Int32) -> Bool { page.map { $0.pointee == id } ?? false }

  @inline(never)
  private static func findID() -> Int32 {
    let process = getpid()
    guard owner != 0, owner != process else { return process }
    // This is a forked child: the parent's other threads, which may have held the lock, do not exist.
    mutex = csystem_mutex()
    first = nil
    owner = process
    page?.pointee = process
    return process
  }

  package static var isExiting: Bool { exiting.load(ordering: .acquiring) }

  /// Notes that this thread calls libcurl with the handle. False: it must not, because the process is exiting.
  static func enter(_ multi: CurlMulti) -> Bool {
    // Either this thread sees that the process is exiting, or `wakeOthers` sees that the handle is in use.
    multi.isInUse.store(true, ordering: .sequentiallyConsistent)
    if !exiting.load(ordering: .sequentiallyConsistent) { return true }
    leave(multi)
    return false
  }

  static func leave(_ multi: CurlMulti) { multi.isInUse.store(false, ordering: .releasing) }

  static func add(_ multi: CurlMulti) {
    csystem_mutex_lock(&mutex)
    multi.next = first
    first?._withUnsafeGuaranteedRef { $0.previous = Unmanaged.passUnretained(multi) }
    first = Unmanaged.passUnretained(multi)
    csystem_mutex_unlock(&mutex)
  }

  /// Makes a handle of libcurl, which for each of them makes an easy handle.
  static func make(_ handle: () -> UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    csystem_mutex_lock(&mutex)
    defer { csystem_mutex_unlock(&mutex) }
    return handle()
  }

  /// Frees an object of libcurl, unless the process is exiting: the TLS library may be gone.
  static func free(_ cleanup: () -> Void) {
    csystem_mutex_lock(&mutex)
    if !isExiting { cleanup() }
    csystem_mutex_unlock(&mutex)
  }

  static func remove(_ multi: CurlMulti) {
    csystem_mutex_lock(&mutex)
    multi.next?._withUnsafeGuaranteedRef { $0.previous = multi.previous }
    if let previous = multi.previous {
      previous._withUnsafeGuaranteedRef { $0.next = multi.next }
    } else {
      first = multi.next
    }
    csystem_mutex_unlock(&mutex)
  }

  /// Runs at exit: gives the host's threads up to a second to return from libcurl before the TLS library is gone.
  private static func stop() {
    guard owner == getpid() else { return }
    csystem_mutex_lock(&mutex)
    exiting.store(true, ordering: .sequentiallyConsistent)
    csystem_mutex_unlock(&mutex)
    let deadline = csystem_now() + exitPatience
    while wakeOthers() && csystem_now() < deadline {
      var pause = timespec(tv_sec: 0, tv_nsec: exitPollInterval)
      nanosleep(&pause, nil)
    }
  }

  /// Wakes the handles that other threads are using. False: there are none.
  private static func wakeOthers() -> Bool {
    csystem_mutex_lock(&mutex)
    defer { csystem_mutex_unlock(&mutex) }
    var found = false
    var next = first
    while let multi = next {
      multi._withUnsafeGuaranteedRef { multi in
        next = multi.next
        let isOwn = multi.driver.load(ordering: .relaxed) == csystem_thread()
        if isOwn || !multi.isInUse.load(ordering: .sequentiallyConsistent) { return }
        found = true
        multi.wake()
      }
    }
    return found
  }
}
