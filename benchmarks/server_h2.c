/* HTTP/2 over TLS, as little of it as one stream a connection needs: its frames are made beforehand, and many are sent
 * at a time, as far as the client's windows allow. */
#define _GNU_SOURCE
#include "server.h"
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { ACK = 1, END_STREAM = 1, END_HEADERS = 4, INITIAL_WINDOW_SIZE = 4 };
enum { HEAD = 9, LONGEST = 16384, RECORD = 16384 };

typedef unsigned char byte;

typedef struct {
  SSL *tls;
  int64_t window, stream_window, initial;
  int has_request;
} connection;

static SSL_CTX *context;

static uint32_t number(const byte *at, int length) {
  uint32_t value = 0;
  for (int i = 0; i < length; i++) value = value << 8 | at[i];
  return value;
}

static void make_head(byte *out, size_t length, int type, int flags, int stream) {
  const byte made[HEAD] = {
      (byte)(length >> 16), (byte)(length >> 8), (byte)length, (byte)type, (byte)flags, 0, 0, 0,
      (byte)stream};
  memcpy(out, made, HEAD);
}

void h2_put_event(FILE *out, const char *event, int is_last) {
  byte frame[HEAD];
  make_head(frame, strlen(event), DATA, is_last ? END_STREAM : 0, 1);
  fwrite(frame, 1, HEAD, out);
  fputs(event, out);
}

static int choose(SSL *tls, const byte **out, byte *length, const byte *offered, unsigned size,
                  void *unused) {
  (void)tls, (void)unused;
  int found = SSL_select_next_proto((byte **)out, length, (const byte *)"\2h2", 3, offered, size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void h2_start(const char *certificate, const char *key) {
  signal(SIGPIPE, SIG_IGN);
  context = SSL_CTX_new(TLS_server_method());
  if (!context || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    exit(2);
  SSL_CTX_set_alpn_select_cb(context, choose, NULL);
}

static int read_exactly(connection *it, byte *to, size_t length) {
  while (length > 0) {
    int got = SSL_read(it->tls, to, (int)length);
    if (got <= 0) return 0;
    to += got;
    length -= (size_t)got;
  }
  return 1;
}

static int write_all(connection *it, const void *text, size_t length) {
  return SSL_write(it->tls, text, (int)length) == (int)length;
}

static int acknowledge(connection *it, int type, const byte *payload, size_t length) {
  byte frame[HEAD + 8];
  make_head(frame, length, type, ACK, 0);
  memcpy(frame + HEAD, payload, length);
  return write_all(it, frame, HEAD + length);
}

/* Reads a frame; 0: the connection has ended. */
static int take_frame(connection *it) {
  static byte head_of[HEAD], payload[LONGEST];
  if (!read_exactly(it, head_of, HEAD)) return 0;
  size_t length = number(head_of, 3);
  int type = head_of[3], flags = head_of[4];
  if (length > sizeof payload || !read_exactly(it, payload, length)) return 0;
  if ((type == DATA || type == HEADERS) && flags & END_STREAM) it->has_request = 1;
  if (type == WINDOW_UPDATE)
    *(number(head_of + 5, 4) ? &it->stream_window : &it->window) += number(payload, 4);
  if (type == PING && !(flags & ACK)) return acknowledge(it, PING, payload, 8);
  if (type == SETTINGS && !(flags & ACK)) {
    for (size_t at = 0; at + 6 <= length; at += 6) {
      if (number(payload + at, 2) != INITIAL_WINDOW_SIZE) continue;
      it->stream_window += (int64_t)number(payload + at + 2, 4) - it->initial;
      it->initial = number(payload + at + 2, 4);
    }
    return acknowledge(it, SETTINGS, payload, 0);
  }
  return type != GOAWAY;
}

static int has_input(connection *it) {
  struct pollfd socket = {SSL_get_fd(it->tls), POLLIN, 0};
  return SSL_pending(it->tls) > 0 || poll(&socket, 1, 0) > 0;
}

/* Sends whole frames, as many at a time as fit into a record of TLS and into the windows. */
static int send_frames(connection *it, const piece *frames) {
  const byte *at = (const byte *)frames->text, *end = at + frames->length;
  while (at < end) {
    const byte *to = at;
    for (int64_t size; to < end; to += HEAD + size) {
      size = number(to, 3);
      if (to - at + HEAD + size > RECORD || size > it->window || size > it->stream_window) break;
      it->window -= size;
      it->stream_window -= size;
    }
    if (to > at && !write_all(it, at, (size_t)(to - at))) return 0;
    if ((to == at || has_input(it)) && !take_frame(it)) return 0;
    at = to;
  }
  return 1;
}

static int answer(connection *it) {
  /* an empty SETTINGS; then :status 200 and content-type, by HPACK's static table */
  static const char status[] = "\x88\x0f\x10\x11text/event-stream";
  byte frame[HEAD + sizeof status - 1];
  make_head(frame, 0, SETTINGS, 0, 0);
  if (!write_all(it, frame, HEAD)) return 0;
  while (!it->has_request)
    if (!take_frame(it)) return 0;
  make_head(frame, sizeof status - 1, HEADERS, END_HEADERS, 1);
  memcpy(frame + HEAD, status, sizeof status - 1);
  if (!write_all(it, frame, sizeof frame)) return 0;
  for (long round = 0; round < rounds; round++)
    if (!send_frames(it, &body)) return 0;
  return send_frames(it, &tail);
}

void h2_serve(int fd) {
  byte preface[24];
  connection it = {SSL_new(context), 65535, 65535, 65535, 0};
  if (!it.tls || !SSL_set_fd(it.tls, fd)) exit(1);
  if (SSL_accept(it.tls) == 1 && read_exactly(&it, preface, sizeof preface) && answer(&it))
    while (take_frame(&it)) {
    }
  SSL_free(it.tls);
}
