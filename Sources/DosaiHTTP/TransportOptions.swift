import CCurl
import DosaiCore

/// How to reach the server. Texts are NUL-terminated; nil means the default.
package final class TransportOptions {
  package var caFile: Buffer?
  package var caText: Buffer?
  package var certificateFile: Buffer?
  package var keyFile: Buffer?
  package var keyPassword: Secret?
  package var proxy: Secret?  // it may contain a password
  package var proxyFromEnvironment = false
  package var unixSocket: Buffer?
  package var http1Only = false
  package var headerBytesMax = 300 << 10
  /// How long an idle connection may be kept for reuse, in nanoseconds.
  package var keepAlive: Int64 = 60_000_000_000

  package init() {}

  /// nil: no proxy is given.
  private var isProxyHTTPS: Bool? { proxy.map { $0.bytes.starts(with: literal("https:")) } }

  var usesSystemAuthorities: Bool { caFile == nil && caText == nil }

  /// Sets the options that all requests share. RESOURCE: libcurl was built without a feature that they need.
  func apply(to easy: UnsafeMutableRawPointer, isHTTPS: Bool, share: CurlShare) -> Failure? {
    var failure: Failure?
    @inline(never) func check(_ code: CURLcode, _ refusal: Constant? = nil) {
      if code == CURLE_OK || failure != nil { return }
      let refusal = refusal ?? "libcurl was built without a required feature"
      failure = code == CURLE_OUT_OF_MEMORY ? .outOfMemory : Failure(.resource, refusal)
    }
    @inline(never) func text(_ option: CURLoption, _ value: Bytes?, _ refusal: Constant) {
      if let value { check(ccurl_set_text(easy, option, value.cString), refusal) }
    }
    /// Switches a feature off. If libcurl was built without it, it is off anyway.
    @inline(never) func off(_ code: CURLcode) { if code == CURLE_OUT_OF_MEMORY { failure = .outOfMemory } }

    check(ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1))
    check(ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1))
    check(ccurl_allow_only_http(easy))
    off(ccurl_set_long(easy, CURLOPT_NETRC, 0))
    off(ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1))
    check(ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1))
    check(ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, Int(min((keepAlive - 1) / 1_000_000_000 + 1, 1 << 30))))
    check(ccurl_set_pointer(easy, CURLOPT_SHARE, share.handle))
    // If libcurl was built without HTTP/2, it refuses this option and uses HTTP/1.1.
    off(ccurl_set_long(easy, CURLOPT_HTTP_VERSION, http1Only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
    let tlsRefusal: Constant = "libcurl was built without TLS, or without a required part of it"
    /// Whom the server, or a proxy, must be known to.
    @inline(never) func authorities(_ version: CURLoption, _ file: CURLoption, _ blob: CURLoption) {
      check(ccurl_set_long(easy, version, Int(CURL_SSLVERSION_TLSv1_2)), tlsRefusal)
      text(file, caFile?.bytes, tlsRefusal)
      if usesSystemAuthorities, let found = ccurl_find_authorities(), found.pointee != 0 {
        check(ccurl_set_text(easy, file, found), tlsRefusal)
      }
      if let caText { check(ccurl_set_blob(easy, blob, caText.bytes.baseAddress, caText.count), tlsRefusal) }
    }
    if isHTTPS {
      if ccurl_features() & CURL_VERSION_SSL == 0 { check(CURLE_NOT_BUILT_IN, tlsRefusal) }
      check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1), tlsRefusal)
      check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2), tlsRefusal)
      authorities(CURLOPT_SSLVERSION, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB)
      text(CURLOPT_SSLCERT, certificateFile?.bytes, tlsRefusal)
      text(CURLOPT_SSLKEY, (keyFile ?? certificateFile)?.bytes, tlsRefusal)  // mbedTLS looks only where it is told to
      text(CURLOPT_KEYPASSWD, keyPassword?.bytes, tlsRefusal)
    }
    // A libcurl that cannot do this refuses an https proxy by itself.
    if isProxyHTTPS ?? (proxyFromEnvironment && isHTTPS), ccurl_features() & CURL_VERSION_HTTPS_PROXY != 0 {
      authorities(CURLOPT_PROXY_SSLVERSION, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAINFO_BLOB)
    }
    text(CURLOPT_UNIX_SOCKET_PATH, unixSocket?.bytes, "libcurl was built without unix sockets")
    text(CURLOPT_PROXY, proxy?.bytes, "libcurl was built without proxies")
    // Without these two, libcurl would read the environment.
    if proxy != nil || !(proxyFromEnvironment && isHTTPS) {
      if proxy == nil { off(ccurl_set_text(easy, CURLOPT_PROXY, "")) }
      off(ccurl_set_text(easy, CURLOPT_NOPROXY, ""))
    }
    return failure
  }
}

extension Bytes {
  /// The bytes as a C string, if a NUL follows them.
  var cString: UnsafePointer<CChar>? { UnsafeRawPointer(baseAddress)?.assumingMemoryBound(to: CChar.self) }
}

extension Buffer {
  /// The bytes as a C string, lent until the buffer changes.
  package var cString: UnsafePointer<CChar>? { bytes.cString }
}

extension Secret {
  package var cString: UnsafePointer<CChar>? { bytes.cString }
}
