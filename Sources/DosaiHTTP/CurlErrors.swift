import CCurl
import CSystem
import DosaiCore

/// Translates libcurl's results into failures. Because libcurl's versions differ in their messages and in some of their
/// codes, what was observed of the transfer takes precedence.
extension Transfer {
  /// CURLE_TOO_LARGE, since 8.6.
  private static let tooLarge: UInt32 = 100
  /// After this many bytes of headers, an error is taken for libcurl's limit, which is 300 KB.
  private static let headerBytesNearLimit = 250 << 10

  /// Over HTTP/2, a server may answer before it has read the whole request, and then ask for no more of it (RFC 9113,
  /// 8.1). libcurl 7.88 notices the end of the stream twice; the second time, it reports an error without a message.
  func isEnd(_ result: CURLcode) -> Bool {
    guard result == CURLE_HTTP2_STREAM, hasAnswer, message[0] == 0, ccurl_version_number() < 0x080000 else {
      return false
    }
    let length = ccurl_info_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
    return length < 0 || length == receivedBytes
  }

  func explain(_ result: CURLcode) -> Failure {
    let isCut = hasAnswer || headers.httpStatus != 0
    let reset = Failure(
      isCut ? .truncated : .connection,
      isCut ? "the connection broke before the end of the answer" : "the connection broke before an answer",
      detail: detail)
    let proxyStatus = ccurl_info_long(easy, CURLINFO_HTTP_CONNECTCODE)
    if !wasSent, proxyStatus >= 300, proxyStatus < 500, proxyStatus != 408, proxyStatus != 429 {
      return Failure(.proxy, "the proxy refused the connection", detail: detail)
    }
    if !wasSent, [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(socketError) { return .noDescriptor }
    // Up to 8.9, libcurl buffers up to 64 MB of a paused body.
    if isPaused && (result == CURLE_OUT_OF_MEMORY || result.rawValue == Self.tooLarge) {
      return Failure(.tooLarge, "more data arrived than libcurl can buffer")
    }
    if areHeadersTooMany(result) { return Self.tooManyHeaders }
    switch result {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Failure(.connection, "the host's name could not be resolved", detail: detail)
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure(.connection, "the proxy's name could not be resolved", detail: detail)
    case CURLE_COULDNT_CONNECT: return Failure(.connection, "no connection could be made", detail: detail)
    case CURLE_PROXY: return Failure(.connection, "the proxy refused the connection", detail: detail)
    case CURLE_OPERATION_TIMEDOUT:
      isUnsent = !wasSent
      return Failure(.timeout, "no connection was made in time", clock: .connect)
    case CURLE_SSL_CONNECT_ERROR where isCutByPeer:
      return Failure(.connection, "the connection ended in the TLS handshake", detail: detail)
    case CURLE_SSL_CACERT_BADFILE where Self.lacksDescriptors: return .noDescriptor
    case CURLE_PEER_FAILED_VERIFICATION where lacksAuthorities, CURLE_SSL_CACERT_BADFILE where lacksAuthorities:
      return Failure(.tls, "no file of certificate authorities was found; set ca_file", detail: detail)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED,
      CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
      return Failure(.tls, "TLS failed", detail: detail)
    // Since 8.16, this is the code for a key that does not match its certificate or password.
    case CURLE_BAD_FUNCTION_ARGUMENT where !wasSent && options.certificateFile != nil:
      return Failure(.tls, "TLS failed", detail: detail)
    case CURLE_OUT_OF_MEMORY: return .outOfMemory
    case CURLE_RECV_ERROR where says("chunk"):  // of the chunked encoding; no version has a code for it
      return Failure(.malformed, "the answer is not HTTP", detail: detail)
    case CURLE_ABORTED_BY_CALLBACK:
      return Failure(.connection, "the server closed the connection before an answer")
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return reset
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP3,
      CURLE_TOO_MANY_REDIRECTS:
      return Failure(.malformed, "the answer is not HTTP", detail: detail)
    case CURLE_WRITE_ERROR where hasAnswer:  // what follows compressed bytes
      return Failure(.malformed, "the answer is not HTTP", detail: detail)
    case CURLE_URL_MALFORMAT: return Failure(.invalidArgument, "the URL cannot be read")
    default: return Failure(.connection, "the request failed", detail: detail)
    }
  }

  /// libcurl has its own limits for headers, and since 8.6 a code for them. Older versions report a line beyond them as
  /// out of memory. Over HTTP/2, a callback of nghttp2 fails (-902), or there is one frame too many (-905).
  private func areHeadersTooMany(_ result: CURLcode) -> Bool {
    switch result {
    case CURLE_OUT_OF_MEMORY where ccurl_version_number() < 0x080600:
      return !hasAnswer && ccurl_info_long(easy, CURLINFO_REQUEST_SIZE) > 0
    case CURLE_RECV_ERROR where !hasAnswer && headerBytes > Self.headerBytesNearLimit: return true
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2: return !hasAnswer && (says("-902") || says("-905"))
    default: return result.rawValue == Self.tooLarge
    }
  }

  /// Whether the peer closed the connection in the TLS handshake, by the message of libcurl, OpenSSL or mbedTLS. The
  /// system's errno does not help: it may be from an earlier call.
  private var isCutByPeer: Bool {
    says("Recv failure") || says("SSL_ERROR_SYSCALL") || says("unexpected eof") || says("indicated an EOF")
  }

  private var lacksAuthorities: Bool { options.usesSystemAuthorities && ccurl_find_authorities() == nil }

  /// Whether fewer than two descriptors are free: one for a socket, and one for a file.
  static var lacksDescriptors: Bool {
    #if KQUEUE
      let one = csystem_descriptor()
      let other = csystem_descriptor()
    #else
      let one = eventfd(0, Int32(EFD_CLOEXEC))
      let other = eventfd(0, Int32(EFD_CLOEXEC))
    #endif
    for opened in [one, other] where opened >= 0 { close(opened) }
    return other < 0
  }

  /// Whether libcurl's message contains these words. Used if libcurl has no code for what happened.
  private func says(_ words: StaticString) -> Bool {
    guard let detail else { return false }
    return detail.bytes.firstIndex(of: words.bytes) != nil
  }

  private var detail: Buffer? {
    guard message[0] != 0 else { return nil }
    let start = UnsafeRawPointer(message).assumingMemoryBound(to: UInt8.self)
    var count = strnlen(message, Int(CURL_ERROR_SIZE) - 1)
    if message[count &- 1] == 10 { count &-= 1 }  // mbedTLS ends a line
    let text = Bytes(start: start, count: count)
    let unusable: StaticString = "Unsupported proxy"  // it goes on with the proxy's URL and password
    return try? Buffer(copying: text.starts(with: unusable) ? unusable.bytes : text)
  }
}
