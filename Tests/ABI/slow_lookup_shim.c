/* Preloaded: a lookup of slow.test takes five seconds and finds nothing. libcurl 8.23 makes two of one, by family: they
 * count as one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

atomic_int slow_lookups;

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (node && strcmp(node, "slow.test") == 0) {
    if (!hints || hints->ai_family != AF_INET6) slow_lookups++;
    sleep(5);
    return EAI_NONAME;
  }
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real(node, service, hints, found);
}
