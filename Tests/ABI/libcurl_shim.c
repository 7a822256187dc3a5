/* Preloaded: libcurl as it is elsewhere. Each knob is off until the program turns it. */
#define CURL_DISABLE_TYPECHECK
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#undef curl_easy_setopt
#undef curl_multi_setopt

int shim_clears_timer; /* as since 8.10: once nothing runs, there is no timer, told at once */
int shim_ends; /* 1 + a CURLcode with which a transfer ends as soon as it is paused, as 8.5 to 8.9 may do */
int shim_has_ended;
int shim_gathers; /* so many bytes of a body are held back, and then come at once, with those that follow them */
int shim_has_no_memory; /* for the next that happens */

int shim_version; /* told in the place of its own, as 0x075700 for 7.87.0 */
int shim_lacks;   /* what it was built without: the sum of these */
enum { NETRC = 1, HTTP2 = 2, COMPRESSION = 4, PROXY = 8, UNIX = 16, TLS = 32 };

static curl_multi_timer_callback on_timer;
static void *timer_context;
static curl_write_callback on_body;
static void *body_context;
static CURL *body_easy, *ended;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* What comes is told in two parts, with no wait between them. */
static size_t gather(char *bytes, size_t count, void *context) {
  static char gathered[1 << 20];
  static size_t length;
  memcpy(gathered + length, bytes, count);
  length += count;
  size_t first = (size_t)shim_gathers;
  if (length <= first) return count;
  shim_gathers = 0;
  if (on_body(gathered, 1, first, context) != first) return 0;
  return on_body(gathered + first, 1, length - first, context) == length - first ? count
                                                                                 : CURL_WRITEFUNC_PAUSE;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  size_t taken = shim_gathers ? gather(bytes, size * count, context) : on_body(bytes, size, count, context);
  if (taken == CURL_WRITEFUNC_PAUSE && shim_ends && context == body_context) ended = body_easy;
  return taken;
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
  CURLcode (*set)(CURL *, CURLoption, ...);
  va_list list;
  va_start(list, option);
  void *value = va_arg(list, void *);
  va_end(list);
  *(void **)&set = real("curl_easy_setopt");
  if (option == CURLOPT_NETRC && shim_lacks & NETRC) return CURLE_UNKNOWN_OPTION;
  if (option == CURLOPT_HTTP_VERSION && (long)value == CURL_HTTP_VERSION_2TLS && shim_lacks & HTTP2)
    return CURLE_UNSUPPORTED_PROTOCOL;
  if (option == CURLOPT_ACCEPT_ENCODING && shim_lacks & COMPRESSION) value = value ? "identity" : NULL;
  if ((option == CURLOPT_PROXY || option == CURLOPT_NOPROXY) && shim_lacks & PROXY)
    return CURLE_UNKNOWN_OPTION;
  if (option == CURLOPT_UNIX_SOCKET_PATH && shim_lacks & UNIX) return CURLE_UNKNOWN_OPTION;
  if (option == CURLOPT_SSLVERSION && shim_lacks & TLS) return CURLE_NOT_BUILT_IN;
  if (option == CURLOPT_WRITEDATA) {
    body_easy = easy;
    body_context = value;
  }
  if (option == CURLOPT_WRITEFUNCTION) {
    *(void **)&on_body = value;
    return set(easy, option, take_body);
  }
  return set(easy, option, value);
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...) {
  CURLMcode (*set)(CURLM *, CURLMoption, ...);
  va_list list;
  va_start(list, option);
  void *value = va_arg(list, void *);
  va_end(list);
  *(void **)&set = real("curl_multi_setopt");
  if (option == CURLMOPT_TIMERDATA) timer_context = value;
  if (option == CURLMOPT_TIMERFUNCTION) *(void **)&on_timer = value;
  return set(multi, option, value);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int what, int *running) {
  CURLMcode (*act)(CURLM *, curl_socket_t, int, int *);
  *(void **)&act = real("curl_multi_socket_action");
  CURLMcode code = act(multi, socket, what, running);
  if (shim_clears_timer && *running == 0) on_timer(multi, -1, timer_context);
  if (shim_has_no_memory) code = CURLM_OUT_OF_MEMORY;
  shim_has_no_memory = 0;
  return code;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left) {
  static CURLMsg message;
  CURLMsg *(*read)(CURLM *, int *);
  *(void **)&read = real("curl_multi_info_read");
  if (!ended) return read(multi, left);
  message.msg = CURLMSG_DONE;
  message.easy_handle = ended;
  message.data.result = (CURLcode)(shim_ends - 1);
  ended = NULL;
  shim_has_ended = 1;
  return &message;
}

curl_version_info_data *curl_version_info(CURLversion stamp) {
  static curl_version_info_data told;
  curl_version_info_data *(*tell)(CURLversion);
  *(void **)&tell = real("curl_version_info");
  told = *tell(stamp);
  if (shim_version) told.version_num = (unsigned)shim_version;
  if (shim_lacks & TLS) told.features &= ~CURL_VERSION_SSL;
  return &told;
}
