/* The settings, and the client of a backend, which is made for its first call.   SPDX-License-Identifier: MIT */
#include "dosai_postgresql.h"
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include <utils/guc.h>

PG_MODULE_MAGIC;
void _PG_init(void);

static char *base_url, *key_file, *ca_file, *model;
static dosai_client *client;
static int changes;         /* of settings, since the client was made */
static const char *refused; /* a setting */
int key_errno;

static void count(const char *value, void *extra) { changes++; }

/* One that the session's start gave, but may not, leaves nothing of the file's: only the default is assigned. */
static void define(const char *name, const char *about, char **value, const char *given, GucContext who,
                   int flags) {
  int before = changes, is_given = GetConfigOption(name, true, false) && GetConfigOptionResetString(name);
  DefineCustomStringVariable(name, about, NULL, value, given, who, flags, NULL, count, NULL);
  if (is_given && changes == before + 1) refused = name;
}

/* In the postmaster, too, with shared_preload_libraries: so nothing of the library is made here. */
void _PG_init(void) {
  define("dosai.base_url", "The server that is asked.", &base_url, "https://api.dos.ai/v1", PGC_SUSET, 0);
  define("dosai.key_file", "The file that holds the key.", &key_file, "", PGC_SUSET, GUC_SUPERUSER_ONLY);
  define("dosai.ca_file", "The authorities (PEM) to trust in place of the system's.", &ca_file, "", PGC_SUSET,
         GUC_SUPERUSER_ONLY);
  define("dosai.model", "The model for options that name none.", &model, "dos-ai", PGC_USERSET, 0);
  MarkGUCPrefixReserved("dosai");
}

/* Called by the library before each attempt: it must not raise anything. */
static int32_t read_key(char *key, size_t size, void *user_data) {
  struct stat status;
  int file = open(key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t length = -1;
  errno = file < 0 ? errno : 0;
  if (file >= 0 && fstat(file, &status) == 0) {
    if (!S_ISREG(status.st_mode) || status.st_mode & S_IRWXO) errno = EPERM;
    else length = read(file, key, size);
  }
  key_errno = length == (ssize_t)size || (length > 0 && memchr(key, 0, length)) ? EINVAL : errno;
  if (file >= 0) close(file);
  while (length > 0 && strchr(" \r\n", key[length - 1])) length--;
  if (length > 0 && !key_errno) return key[length] = 0, 0;
  if (!key_errno) key_errno = ENODATA;
  return 1;
}

const char *default_model(void) { return model; }

dosai_client *get_client(exchange *of) {
  dosai_client_options options;
  if (refused)
    ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
            errmsg("permission denied to set parameter \"%s\"", refused));
  if (client && !changes) return client;
  dosai_client_free(client);
  client = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = base_url;
  if (*ca_file) options.ca_file = ca_file;
  if (*key_file) options.key_fn = read_key;
  check(of, dosai_client_new(&options, &client, &of->error));
  changes = 0;
  return client;
}
