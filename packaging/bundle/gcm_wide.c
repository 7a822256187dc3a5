/* mbedTLS's AES-GCM, which takes one block after the other, and in front of it, for a processor of x86_64 that has the
 * instructions, one that takes eight or sixteen at a time: AES of as many counters, and one reduction for the products of
 * GHASH. Keys, other nonces than of 12 bytes and whatever is to be refused are mbedTLS's. GCM is NIST SP 800-38D. */
#define mbedtls_gcm_crypt_and_tag portable_crypt_and_tag
#define mbedtls_gcm_auth_decrypt portable_auth_decrypt
#include "gcm.c"
#undef mbedtls_gcm_crypt_and_tag
#undef mbedtls_gcm_auth_decrypt

#include <cpuid.h>
#include <immintrin.h>

#define WIDTH 8
#define NARROW target("aes,pclmul,ssse3,sse4.1")
#define WIDE target("aes,pclmul,avx2,vaes,vpclmulqdq")
#define HARDWARE __attribute__((NARROW, always_inline)) static inline
#define WIDER __attribute__((WIDE, always_inline)) static inline

/* Elements of GHASH's field are held with their bytes reversed. One of two factors is also shifted by one bit, since a
 * product of reversed bits would be short of one. */
typedef struct {
  __m128i low, middle, high;
} product;

typedef struct {
  __m128i keys[15], counter, hash, powers[2 * WIDTH]; /* the highest power first */
  int rounds, decrypts;
} state;

HARDWARE __m128i backwards(void) {
  return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

HARDWARE __m128i reversed(__m128i bytes) { return _mm_shuffle_epi8(bytes, backwards()); }

HARDWARE __m128i load(const void *bytes) { return _mm_loadu_si128(bytes); }

HARDWARE __m128i polynomial(void) { return _mm_set_epi64x((long long)0xC200000000000000, 1); }

HARDWARE __m128i shifted(__m128i one) {
  __m128i carries = _mm_srli_epi64(one, 63);
  __m128i overflow =
      _mm_shuffle_epi32(_mm_sub_epi32(_mm_setzero_si128(), carries), 0xAA); /* all ones, or none */
  __m128i doubled = _mm_or_si128(_mm_slli_epi64(one, 1), _mm_slli_si128(carries, 8));
  return doubled ^ (overflow & polynomial());
}

HARDWARE void add(product *sum, __m128i one, __m128i other) {
  sum->low ^= _mm_clmulepi64_si128(one, other, 0x00);
  sum->middle ^= _mm_clmulepi64_si128(one, other, 0x01) ^ _mm_clmulepi64_si128(one, other, 0x10);
  sum->high ^= _mm_clmulepi64_si128(one, other, 0x11);
}

HARDWARE __m128i reduced(product sum) {
  __m128i low = sum.low ^ _mm_slli_si128(sum.middle, 8), high = sum.high ^ _mm_srli_si128(sum.middle, 8);
  low = _mm_shuffle_epi32(low, 0x4E) ^ _mm_clmulepi64_si128(low, polynomial(), 0x10);
  low = _mm_shuffle_epi32(low, 0x4E) ^ _mm_clmulepi64_si128(low, polynomial(), 0x10);
  return low ^ high;
}

/* The first power is there. */
HARDWARE void find_powers(state *now, int count) {
  for (int at = 2 * WIDTH - 2; at >= 2 * WIDTH - count; at--) {
    product next = {0};
    add(&next, now->powers[at + 1], now->powers[2 * WIDTH - 1]);
    now->powers[at] = reduced(next);
  }
}

HARDWARE void hash_block(state *now, __m128i block) {
  product sum = {0};
  add(&sum, now->hash ^ reversed(block), now->powers[2 * WIDTH - 1]);
  now->hash = reduced(sum);
}

/* The AES of the counter. */
HARDWARE __m128i mask_of(const state *now) {
  __m128i block = reversed(now->counter) ^ now->keys[0];
  for (int round = 1; round < now->rounds; round++) block = _mm_aesenc_si128(block, now->keys[round]);
  return _mm_aesenclast_si128(block, now->keys[now->rounds]);
}

/* `count` blocks, at most WIDTH. */
HARDWARE void take(state *now, const unsigned char *input, unsigned char *output, int count) {
  const __m128i *powers = now->powers + 2 * WIDTH - count;
  __m128i masks[WIDTH];
  for (int at = 0; at < count; at++) {
    now->counter = _mm_add_epi32(now->counter, _mm_set_epi32(0, 0, 0, 1));
    masks[at] = reversed(now->counter) ^ now->keys[0];
  }
  for (int round = 1; round < now->rounds; round++)
    for (int at = 0; at < count; at++) masks[at] = _mm_aesenc_si128(masks[at], now->keys[round]);
  product sum = {0};
  for (int at = 0; at < count; at++) {
    __m128i data = load(input + 16 * at);
    __m128i other = data ^ _mm_aesenclast_si128(masks[at], now->keys[now->rounds]);
    _mm_storeu_si128((__m128i *)(output + 16 * at), other);
    __m128i sealed = reversed(now->decrypts ? data : other);
    add(&sum, at == 0 ? sealed ^ now->hash : sealed, powers[at]);
  }
  now->hash = reduced(sum);
}

WIDER __m256i both(__m128i one) { return _mm256_broadcastsi128_si256(one); }

WIDER __m128i folded(__m256i two) { return _mm256_castsi256_si128(two) ^ _mm256_extracti128_si256(two, 1); }

/* Twice WIDTH blocks, two at once. */
WIDER void take_two(state *now, const unsigned char *input, unsigned char *output) {
  __m256i masks[WIDTH], order = both(backwards());
  __m256i counters = _mm256_add_epi32(both(now->counter), _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 1));
  for (int at = 0; at < WIDTH; at++) {
    masks[at] = _mm256_shuffle_epi8(counters, order) ^ both(now->keys[0]);
    counters = _mm256_add_epi32(counters, _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2));
  }
  now->counter = _mm_add_epi32(now->counter, _mm_set_epi32(0, 0, 0, 2 * WIDTH));
  for (int round = 1; round < now->rounds; round++)
    for (int at = 0; at < WIDTH; at++) masks[at] = _mm256_aesenc_epi128(masks[at], both(now->keys[round]));
  __m256i low = {0}, middle = {0}, high = {0};
  for (int at = 0; at < WIDTH; at++) {
    __m256i data = _mm256_loadu_si256((const __m256i *)(input + 32 * at));
    __m256i other = data ^ _mm256_aesenclast_epi128(masks[at], both(now->keys[now->rounds]));
    _mm256_storeu_si256((__m256i *)(output + 32 * at), other);
    __m256i sealed = _mm256_shuffle_epi8(now->decrypts ? data : other, order);
    if (at == 0) sealed ^= _mm256_zextsi128_si256(now->hash);
    __m256i powers = _mm256_loadu_si256((const __m256i *)(now->powers + 2 * at));
    low ^= _mm256_clmulepi64_epi128(sealed, powers, 0x00);
    middle ^= _mm256_clmulepi64_epi128(sealed, powers, 0x01) ^ _mm256_clmulepi64_epi128(sealed, powers, 0x10);
    high ^= _mm256_clmulepi64_epi128(sealed, powers, 0x11);
  }
  now->hash = reduced((product){folded(low), folded(middle), folded(high)});
}

__attribute__((WIDE, noinline)) static size_t take_wider(state *now, const unsigned char *input,
                                                         size_t length, unsigned char *output) {
  size_t done = 0;
  for (; length - done >= 32 * WIDTH; done += 32 * WIDTH) take_two(now, input + done, output + done);
  return done;
}

enum { UNKNOWN, NO, YES };
static _Atomic int wider;

/* AES for 32 bytes at once, and registers of 32 bytes that the system saves. */
static int has_wider(void) {
  if (wider == UNKNOWN) {
    unsigned a, b = 0, c, d, saved = 0;
    __cpuid(1, a, b, c, d);
    if (c & bit_OSXSAVE) __asm__("xgetbv" : "=a"(saved), "=d"(d) : "c"(0));
    int can = (saved & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d);
    wider = can && b & bit_AVX2 && c & bit_VAES && c & bit_VPCLMULQDQ ? YES : NO;
  }
  return wider == YES;
}

/* Its bytes, and zeros. */
HARDWARE __m128i part(const unsigned char *bytes, size_t length) {
  unsigned char block[16] = {0};
  memcpy(block, bytes, length);
  return load(block);
}

HARDWARE void take_part(state *now, const unsigned char *input, unsigned char *output, size_t length) {
  now->counter = _mm_add_epi32(now->counter, _mm_set_epi32(0, 0, 0, 1));
  __m128i data = part(input, length), other = data ^ mask_of(now);
  memcpy(output, &other, length);
  hash_block(now, now->decrypts ? data : part(output, length));
}

__attribute__((NARROW)) static void crypt(const mbedtls_gcm_context *gcm, int mode, size_t length,
                                          const unsigned char *nonce, const unsigned char *more,
                                          size_t more_length, const unsigned char *input,
                                          unsigned char *output, size_t tag_length, unsigned char *tag) {
  const mbedtls_aes_context *aes = gcm->cipher_ctx.cipher_ctx;
  state now = {.rounds = aes->nr, .decrypts = mode == MBEDTLS_GCM_DECRYPT};
  for (int at = 0; at <= aes->nr; at++) now.keys[at] = load(aes->buf + aes->rk_offset + 4 * at);
  now.powers[2 * WIDTH - 1] = shifted(reversed(load(gcm->H[MBEDTLS_GCM_HTABLE_SIZE / 2])));
  now.counter = _mm_insert_epi32(reversed(part(nonce, 12)), 1, 0);
  __m128i mask = mask_of(&now), lengths = _mm_set_epi64x((long long)more_length * 8, (long long)length * 8);
  for (; more_length >= 16; more += 16, more_length -= 16) hash_block(&now, load(more));
  if (more_length) hash_block(&now, part(more, more_length));
  if (length >= 32 * WIDTH && has_wider()) {
    find_powers(&now, 2 * WIDTH);
    size_t done = take_wider(&now, input, length, output);
    input += done, output += done, length -= done;
  } else find_powers(&now, length < 16 * WIDTH ? (int)(length / 16) : WIDTH);
  for (; length >= 16 * WIDTH; input += 16 * WIDTH, output += 16 * WIDTH, length -= 16 * WIDTH)
    take(&now, input, output, WIDTH);
  size_t rest = length / 16 * 16;
  if (rest) take(&now, input, output, (int)(rest / 16));
  if (length > rest) take_part(&now, input + rest, output + rest, length - rest);
  hash_block(&now, reversed(lengths));
  mask ^= reversed(now.hash);
  memcpy(tag, &mask, tag_length);
  mbedtls_platform_zeroize(&now, sizeof now);
}

int mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *gcm, int mode, size_t length, const unsigned char *nonce,
                              size_t nonce_length, const unsigned char *more, size_t more_length,
                              const unsigned char *input, unsigned char *output, size_t tag_length,
                              unsigned char *tag) {
  int usual = nonce_length == 12 && tag_length >= 4 && tag_length <= 16 && length <= 1 << 20 &&
              more_length <= 1 << 20 && (output <= input || output >= input + length) &&
              gcm->acceleration == MBEDTLS_GCM_ACC_AESNI && mbedtls_aesni_has_support(MBEDTLS_AESNI_AES);
  if (!usual)
    return portable_crypt_and_tag(gcm, mode, length, nonce, nonce_length, more, more_length, input, output,
                                  tag_length, tag);
  crypt(gcm, mode, length, nonce, more, more_length, input, output, tag_length, tag);
  return 0;
}

int mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *gcm, size_t length, const unsigned char *nonce,
                             size_t nonce_length, const unsigned char *more, size_t more_length,
                             const unsigned char *tag, size_t tag_length, const unsigned char *input,
                             unsigned char *output) {
  unsigned char right[16];
  int failed = mbedtls_gcm_crypt_and_tag(gcm, MBEDTLS_GCM_DECRYPT, length, nonce, nonce_length, more,
                                         more_length, input, output, tag_length, right);
  if (failed) return failed;
  if (mbedtls_ct_memcmp(tag, right, tag_length) == 0) return 0;
  mbedtls_platform_zeroize(output, length);
  return MBEDTLS_ERR_GCM_AUTH_FAILED;
}
