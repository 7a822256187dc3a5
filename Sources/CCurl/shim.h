/* Typed forms of libcurl's variadic functions, which Swift cannot call. */
#include <curl/curl.h>
#include <unistd.h>

#ifdef CCURL_BUNDLED
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A libcurl that nobody else has wipes what it frees: the key is in it. The size of a block is in front of it, since a
 * host may have an allocator of its own. */
enum { ccurl_front = 16 };

static void *ccurl_malloc(size_t size) {
  size_t *block = size > SIZE_MAX - ccurl_front ? NULL : malloc(size + ccurl_front);
  if (!block) return NULL;
  *block = size;
  return (char *)block + ccurl_front;
}
static void ccurl_free(void *bytes) {
  if (!bytes) return;
  size_t *block = (size_t *)((char *)bytes - ccurl_front);
  explicit_bzero(bytes, *block);
  free(block);
}
static void *ccurl_realloc(void *bytes, size_t size) {
  void *moved = ccurl_malloc(size);
  if (!moved || !bytes) return moved;
  size_t before = *(size_t *)((char *)bytes - ccurl_front);
  memcpy(moved, bytes, before < size ? before : size);
  ccurl_free(bytes);
  return moved;
}
static void *ccurl_calloc(size_t count, size_t size) {
  void *bytes = size && count > SIZE_MAX / size ? NULL : ccurl_malloc(count * size);
  return bytes ? memset(bytes, 0, count * size) : NULL;
}
static char *ccurl_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = ccurl_malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}
static inline CURLcode ccurl_start(void) {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, ccurl_malloc, ccurl_free, ccurl_realloc, ccurl_strdup,
                              ccurl_calloc);
}
#else
static inline CURLcode ccurl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
#endif

static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t length) {
  struct curl_blob blob = {(void *)bytes, length, CURL_BLOB_COPY};
  return curl_easy_setopt(easy, option, &blob);
}
/* libcurl has deprecated this option, but its successor takes names, and compares them with all its protocols for each
 * request. */
static inline CURLcode ccurl_allow_only_http(CURL *easy) {
  CURL_IGNORE_DEPRECATION(
      return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));)
}
static inline CURLcode ccurl_on_body(CURL *easy, curl_write_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
}
static inline CURLcode ccurl_on_header(CURL *easy, curl_write_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
}
static inline CURLcode ccurl_on_ready(CURL *easy, curl_prereq_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}
static inline CURLcode ccurl_on_seek(CURL *easy, curl_seek_callback function) {
  return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}
static inline CURLcode ccurl_on_lookup(CURL *easy, curl_resolver_start_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, context);
  return curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, function);
}
static inline CURLcode ccurl_on_open_socket(CURL *easy, curl_opensocket_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode ccurl_on_close_socket(CURL *easy, curl_closesocket_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}
static inline CURLMcode ccurl_multi_on_socket(CURLM *multi, curl_socket_callback function, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode ccurl_multi_on_timer(CURLM *multi, curl_multi_timer_callback function,
                                             void *context) {
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
/* CURLMOPT_QUICK_EXIT, since 8.20: do not wait for the thread of a lookup. Older versions have CURLOPT_QUICK_EXIT. */
static inline void ccurl_multi_quick_exit(CURLM *multi) { curl_multi_setopt(multi, (CURLMoption)21, 1L); }
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }
static inline long ccurl_info_long(CURL *easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}
static inline curl_off_t ccurl_info_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}
static inline CURLSHcode ccurl_share_data(CURLSH *share, curl_lock_data data) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, data);
}
static inline CURLSHcode ccurl_share_locks(CURLSH *share, curl_lock_function lock,
                                           curl_unlock_function unlock, void *context) {
  curl_share_setopt(share, CURLSHOPT_USERDATA, context);
  curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock);
  return curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock);
}
/* For example, 0x075801 for 7.88.1. */
static inline unsigned int ccurl_version_number(void) {
  return curl_version_info(CURLVERSION_NOW)->version_num;
}
/* Functions of OpenSSL and mbedTLS; NULL if libcurl uses another TLS library, or none. */
extern __attribute__((weak)) int SSL_has_pending(const void *session);
extern __attribute__((weak)) int mbedtls_ssl_check_pending(const void *session);

/* Whether the TLS library has read bytes that libcurl has not: newer versions of libcurl let OpenSSL read ahead. */
static inline int ccurl_has_pending(CURL *easy) {
  struct curl_tlssessioninfo *info = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info || !info->internals) return 0;
  if (info->backend == CURLSSLBACKEND_OPENSSL) return SSL_has_pending && SSL_has_pending(info->internals);
  return info->backend == CURLSSLBACKEND_MBEDTLS && mbedtls_ssl_check_pending &&
         mbedtls_ssl_check_pending(info->internals);
}

/* The file of certificate authorities to use: "" if libcurl has its own, NULL if there is none. A libcurl that was built
 * on one system may run on another, where they are elsewhere. */
static inline const char *ccurl_find_authorities(void) {
  static const char *const files[] = {
      "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, Arch */
      "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL */
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* newer ones of these */
      "/etc/ssl/ca-bundle.pem",                            /* SUSE */
      "/etc/ssl/cert.pem",                                 /* FreeBSD, macOS */
      "/usr/local/share/certs/ca-root-nss.crt",            /* older FreeBSD */
  };
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->cainfo && access(info->cainfo, R_OK) == 0) return "";
  if (info->capath && access(info->capath, R_OK) == 0) return "";
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (access(files[i], R_OK) == 0) return files[i];
  return NULL;
}
static inline int ccurl_features(void) { return curl_version_info(CURLVERSION_NOW)->features; }

static inline void *ccurl_info_private(CURL *easy) {
  void *value = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value);
  return value;
}
