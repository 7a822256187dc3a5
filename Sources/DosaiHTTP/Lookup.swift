import CCurl
import DosaiCore

/// Looks up only the IPv4 addresses of a host, in parallel with the lookup of a transfer, which takes 15 s if the name
/// server does not answer for IPv6. The result is in the cache of the share, where the transfer finds it when it is
/// sent again.
final class Lookup {
  let easy: UnsafeMutableRawPointer
  unowned(unsafe) let transfer: Transfer
  private(set) var hasFound = false
  private let process = ProcessState.id

  /// nil: out of memory.
  init?(for transfer: Transfer) {
    guard let easy = ProcessState.make(curl_easy_init) else { return nil }
    self.easy = easy
    self.transfer = transfer
    guard transfer.applyRoute(to: easy) else { return nil }
    ccurl_set_long(easy, CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
    // It must not send a request on a connection that is open.
    ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
    ccurl_on_open_socket(
      easy,
      { context, _, _ in
        guard let context else { return -1 }
        Unmanaged<Lookup>.fromOpaque(context).takeUnretainedValue().hasFound = true
        return -1  // only the addresses were wanted
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { if process == ProcessState.id { ProcessState.free { curl_easy_cleanup(easy) } } }
}
