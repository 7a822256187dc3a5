import CCurl
import CSystem
import DosaiCore

/// Resolves a reference in an answer from `url` (RFC 3986, 5.2), without its fragment; nil: it is invalid, or refers to
/// the same document. Both arguments are NUL-terminated.
package func resolve(_ reference: Bytes, from url: Bytes) throws(Failure) -> Buffer? {
  for byte in reference where byte <= 0x20 || byte >= 0x7F { return nil }  // libcurl would write it differently
  let parsed = curl_url()
  defer { curl_url_cleanup(parsed) }
  var text: UnsafeMutablePointer<CChar>?
  guard let first = reference.first, first != UInt8(ascii: "#"),
    curl_url_set(parsed, CURLUPART_URL, url.cString, 0) == CURLUE_OK,
    curl_url_set(parsed, CURLUPART_URL, reference.cString, 0) == CURLUE_OK,
    curl_url_set(parsed, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
    curl_url_get(parsed, CURLUPART_URL, &text, 0) == CURLUE_OK, let text
  else { return nil }
  defer { curl_free(text) }
  let start = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
  return try Buffer(copying: Bytes(start: start, count: strlen(text)))
}
