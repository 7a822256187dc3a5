import CCurl
import DosaiCore

/// How the server is reached. Texts are NUL-terminated; nil is the default.
package final class Endpoint {
  package var caFile: Buffer?
  package var caText: Buffer?
  package var certificateFile: Buffer?
  package var keyFile: Buffer?
  package var keyPassword: Secret?
  package var proxy: Secret?  // it may hold a password
  package var proxyFromEnvironment = false
  package var unixSocket: Buffer?
  package var http1Only = false
  package var headerBytesMax = 300 << 10
  /// How long an idle connection may be used again, in nanoseconds.
  package var keepAlive: Int64 = 60_000_000_000

  package init() {}

  /// Sets all that is the same for every request. Gives the last refusal of libcurl.
  func apply(to easy: UnsafeMutableRawPointer, isHTTPS: Bool, share: Share) -> CURLcode {
    var refusal = CURLE_OK
    func check(_ code: CURLcode) { if code != CURLE_OK { refusal = code } }
    func text(_ option: CURLoption, _ value: Buffer?) {
      if let value { check(ccurl_set_text(easy, option, value.characters)) }
    }
    check(ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1))
    check(ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1))
    check(ccurl_allow_only_http(easy))
    check(ccurl_set_long(easy, CURLOPT_NETRC, 0))
    check(ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1))
    check(ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1))
    check(ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, Int(min(keepAlive / 1_000_000_000, 1 << 30))))
    check(ccurl_set_pointer(easy, CURLOPT_SHARE, share.handle))
    let version = http1Only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS
    check(ccurl_set_long(easy, CURLOPT_HTTP_VERSION, version))
    check(ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
    check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
    check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
    text(CURLOPT_CAINFO, caFile)
    if let caText { check(ccurl_set_blob(easy, CURLOPT_CAINFO_BLOB, caText.bytes.baseAddress, caText.count)) }
    text(CURLOPT_SSLCERT, certificateFile)
    text(CURLOPT_SSLKEY, keyFile)
    if let keyPassword { check(ccurl_set_text(easy, CURLOPT_KEYPASSWD, keyPassword.characters)) }
    text(CURLOPT_UNIX_SOCKET_PATH, unixSocket)
    // Without these two libcurl asks the environment.
    if proxy != nil || !(proxyFromEnvironment && isHTTPS) {
      if let proxy {
        check(ccurl_set_text(easy, CURLOPT_PROXY, proxy.characters))
      } else {
        check(ccurl_set_text(easy, CURLOPT_PROXY, ""))
      }
      check(ccurl_set_text(easy, CURLOPT_NOPROXY, ""))
    }
    return refusal
  }
}

extension Bytes {
  /// As a C string, where a NUL follows.
  var characters: UnsafePointer<CChar>? { UnsafeRawPointer(baseAddress)?.assumingMemoryBound(to: CChar.self) }
}

extension Buffer {
  /// As a C string, lent until the buffer changes.
  package var characters: UnsafePointer<CChar>? { bytes.characters }
}

extension Secret {
  package var characters: UnsafePointer<CChar>? { bytes.characters }
}
