/* Linked into the programs of the documents: a client that names no server talks to DOSAI_BASE_URL. */
#include <dosai.h>
#include <stdlib.h>
#include <string.h>

dosai_status __real_dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                     dosai_error **out_error);

dosai_status __wrap_dosai_client_new(const dosai_client_options *options, dosai_client **out_client,
                                     dosai_error **out_error) {
  union {
    dosai_client_options options;
    char room[1024]; /* a program's own may be larger than the header's */
  } there;
  dosai_client_options_init(&there.options, sizeof there.options);
  if (options && options->struct_size <= sizeof there) memcpy(&there, options, options->struct_size);
  if (!there.options.base_url) there.options.base_url = getenv("DOSAI_BASE_URL");
  return __real_dosai_client_new(&there.options, out_client, out_error);
}
