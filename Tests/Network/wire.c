/* The wire between two network namespaces. It carries packets from one TUN device to the other, and does to them what
 * networks do.
 *
 *   wire CONTROL CLIENT SERVER     three descriptors; it ends when CONTROL does
 *
 * A command is one line on CONTROL, and is answered by a line, the number of TCP connections that the client has begun:
 *   delay MS              how long a packet travels, each way
 *   loss COUNT SEED       of 10,000 packets so many are lost, at random
 *   rate BYTES            how much the client can send in a second; 0: no limit
 *   down MS               nothing passes for so long; -1: until the next `down`
 *   forget WHO            of all TCP flows of now the packets of WHO (client, server, both) are dropped
 *   mute ON               1: from a flow's first byte of the client on, the server's packets are dropped
 *   flows                 does nothing
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENT = 0, SERVER = 1, PACKET_MAX = 2048, FLOWS_MAX = 4096, QUEUE_MAX = 2000 };

struct packet {
  struct packet *next;
  int64_t due;
  ssize_t size;
  unsigned char bytes[PACKET_MAX];
};

/* What one side has sent and the other has not got yet. */
struct way {
  struct packet *first, *last;
  int64_t free_at; /* when the line has taken what was sent before */
  int count;
};

struct flow {
  unsigned char key[37]; /* version, the client's address and port, the server's */
  unsigned drops;        /* bit 0: the client's packets, bit 1: the server's */
};

static int devices[2];
static struct way ways[2];
static struct flow flows[FLOWS_MAX];
static int flow_count;
static int64_t delay, rate, down_until;
static uint64_t seed = 1;
static unsigned loss, mute;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static unsigned roll(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)((seed >> 16) % 10000);
}

static struct flow *find_flow(const unsigned char *key) {
  for (int at = flow_count; at-- > 0;)
    if (memcmp(flows[at].key, key, sizeof flows[at].key) == 0) return &flows[at];
  return NULL;
}

/* Whether a packet is of a flow that is forgotten on its side. Only TCP has flows here. */
static int is_forgotten(const unsigned char *packet, ssize_t size, int sender) {
  int is6 = packet[0] >> 4 == 6, address = is6 ? 16 : 4, start = is6 ? 40 : (packet[0] & 15) * 4;
  if (size < start + 20 || packet[is6 ? 6 : 9] != 6) return 0;
  unsigned char key[37] = {packet[0] >> 4};
  for (int side = 0; side < 2; side++) { /* source, destination */
    unsigned char *to = key + 1 + (side == sender ? 0 : 18);
    memcpy(to, packet + (is6 ? 8 : 12) + side * address, (size_t)address);
    memcpy(to + 16, packet + start + side * 2, 2);
  }
  const unsigned char *tcp = packet + start;
  struct flow *flow = find_flow(key);
  if (sender == CLIENT && (tcp[13] & 0x12) == 2 && (!flow || flow->drops)) { /* SYN alone */
    if (flow_count == FLOWS_MAX) exit(3);
    flow = &flows[flow_count++];
    memcpy(flow->key, key, sizeof key);
    flow->drops = 0;
  }
  if (!flow) return 0;
  int forgotten = flow->drops >> sender & 1;
  if (mute && sender == CLIENT && size > start + (tcp[12] >> 4) * 4) flow->drops |= 2;
  return forgotten;
}

static void take_packets(int sender) {
  for (int turn = 0; turn < 64; turn++) {
    unsigned char bytes[PACKET_MAX];
    ssize_t size = read(devices[sender], bytes, sizeof bytes);
    if (size <= 0) return;
    int64_t time = now();
    struct way *way = &ways[sender];
    int64_t wait = way->free_at > time ? way->free_at - time : 0;
    if (is_forgotten(bytes, size, sender) || time < down_until || (loss && roll() < loss)) continue;
    if (way->count >= QUEUE_MAX || wait > 1000000000) continue; /* a line's queue has an end */
    struct packet *packet = malloc(sizeof *packet);
    if (!packet) exit(3);
    way->free_at = time + wait + (sender == CLIENT && rate ? size * 1000000000 / rate : 0);
    packet->next = NULL;
    packet->due = way->free_at + delay;
    packet->size = size;
    memcpy(packet->bytes, bytes, (size_t)size);
    if (way->last) way->last->next = packet;
    else way->first = packet;
    way->last = packet;
    way->count++;
  }
}

/* Passes on what is due, and gives the time of the next. */
static int64_t give_packets(int sender, int64_t next) {
  struct way *way = &ways[sender];
  while (way->first && way->first->due <= now()) {
    struct packet *packet = way->first;
    way->first = packet->next;
    if (!way->first) way->last = NULL;
    way->count--;
    if (now() >= down_until && write(devices[!sender], packet->bytes, (size_t)packet->size) < 0 &&
        errno != EINVAL)
      exit(4);
    free(packet);
  }
  return way->first && way->first->due < next ? way->first->due : next;
}

static void obey(int control, const char *line) {
  char word[16] = "", who[16] = "";
  long long value = 0, other = 0;
  sscanf(line, "%15s %15s %lld", word, who, &other);
  value = atoll(who);
  int count = flow_count;
  if (!strcmp(word, "delay")) delay = value * 1000000;
  else if (!strcmp(word, "loss")) loss = (unsigned)value, seed = (uint64_t)other * 2654435761U + 1;
  else if (!strcmp(word, "rate")) rate = value;
  else if (!strcmp(word, "down")) down_until = value < 0 ? INT64_MAX : now() + value * 1000000;
  else if (!strcmp(word, "mute")) mute = value != 0;
  else if (!strcmp(word, "forget"))
    for (int at = 0; at < flow_count; at++)
      flows[at].drops |= !strcmp(who, "client") ? 1 : !strcmp(who, "server") ? 2 : 3;
  else if (strcmp(word, "flows")) exit(2);
  if (dprintf(control, "%d\n", count) < 0) exit(0);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int control = atoi(arguments[1]);
  char text[64];
  for (int side = 0; side < 2; side++) {
    devices[side] = atoi(arguments[2 + side]);
    fcntl(devices[side], F_SETFL, O_NONBLOCK);
  }
  for (;;) {
    int64_t next = give_packets(SERVER, give_packets(CLIENT, INT64_MAX)), wait = next - now();
    struct timespec left = {wait > 0 ? wait / 1000000000 : 0, wait > 0 ? wait % 1000000000 : 0};
    struct pollfd polled[3] = {{devices[0], POLLIN, 0}, {devices[1], POLLIN, 0}, {control, POLLIN, 0}};
    if (ppoll(polled, 3, next == INT64_MAX ? NULL : &left, NULL) < 0 && errno != EINTR) return 4;
    for (int side = 0; side < 2; side++)
      if (polled[side].revents) take_packets(side);
    if (!polled[2].revents) continue;
    ssize_t got = read(control, text, sizeof text - 1);
    if (got <= 0) return 0;
    text[got] = 0;
    obey(control, text);
  }
}
