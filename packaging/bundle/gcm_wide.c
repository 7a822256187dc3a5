/* mbedTLS's AES-GCM, which takes one block after the other, and in front of it a loop for x86_64 that takes eight at a
 * time: AES of eight counters, and one reduction for the eight products of GHASH. Everything else is mbedTLS's. */
#define mbedtls_gcm_crypt_and_tag portable_crypt_and_tag
#define mbedtls_gcm_auth_decrypt portable_auth_decrypt
#include "gcm.c"
#undef mbedtls_gcm_crypt_and_tag
#undef mbedtls_gcm_auth_decrypt

#include <immintrin.h>

#define WIDTH 8
#define HARDWARE __attribute__((target("aes,pclmul,ssse3,sse4.1")))

/* Elements of GHASH's field are held with their bytes reversed. One of two factors is also shifted by one bit, since a
 * product of reversed bits would be short of one. */
typedef struct {
  __m128i low, middle, high;
} product;

HARDWARE static inline __m128i reversed(__m128i bytes) {
  return _mm_shuffle_epi8(bytes, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

HARDWARE static inline __m128i load(const void *bytes) { return _mm_loadu_si128(bytes); }

HARDWARE static inline __m128i polynomial(void) { return _mm_set_epi64x((long long)0xC200000000000000, 1); }

HARDWARE static inline __m128i shifted(__m128i one) {
  __m128i carries = _mm_srli_epi64(one, 63);
  __m128i overflow =
      _mm_shuffle_epi32(_mm_sub_epi32(_mm_setzero_si128(), carries), 0xAA); /* all ones, or none */
  __m128i doubled = _mm_or_si128(_mm_slli_epi64(one, 1), _mm_slli_si128(carries, 8));
  return doubled ^ (overflow & polynomial());
}

HARDWARE static inline void add(product *sum, __m128i one, __m128i other) {
  sum->low ^= _mm_clmulepi64_si128(one, other, 0x00);
  sum->middle ^= _mm_clmulepi64_si128(one, other, 0x01) ^ _mm_clmulepi64_si128(one, other, 0x10);
  sum->high ^= _mm_clmulepi64_si128(one, other, 0x11);
}

HARDWARE static inline __m128i reduced(product sum) {
  __m128i low = sum.low ^ _mm_slli_si128(sum.middle, 8), high = sum.high ^ _mm_srli_si128(sum.middle, 8);
  low = _mm_shuffle_epi32(low, 0x4E) ^ _mm_clmulepi64_si128(low, polynomial(), 0x10);
  low = _mm_shuffle_epi32(low, 0x4E) ^ _mm_clmulepi64_si128(low, polynomial(), 0x10);
  return low ^ high;
}

HARDWARE static inline void encrypt(__m128i blocks[WIDTH], const mbedtls_aes_context *aes) {
  const __m128i *keys = (const __m128i *)(aes->buf + aes->rk_offset);
  for (int at = 0; at < WIDTH; at++) blocks[at] ^= load(keys);
  for (int round = 1; round < aes->nr; round++) {
    __m128i key = load(keys + round);
    for (int at = 0; at < WIDTH; at++) blocks[at] = _mm_aesenc_si128(blocks[at], key);
  }
  for (int at = 0; at < WIDTH; at++) blocks[at] = _mm_aesenclast_si128(blocks[at], load(keys + aes->nr));
}

/* Whole groups of blocks, after the first block of the data: how many bytes. */
HARDWARE static size_t groups(mbedtls_gcm_context *gcm, const unsigned char *input, size_t length,
                              unsigned char *output) {
  const mbedtls_aes_context *aes = gcm->cipher_ctx.cipher_ctx;
  __m128i powers[WIDTH], masks[WIDTH], data[WIDTH]; /* the highest power first */
  __m128i counter = reversed(load(gcm->y)), hash = reversed(load(gcm->buf));
  powers[WIDTH - 1] = shifted(reversed(load(gcm->H[MBEDTLS_GCM_HTABLE_SIZE / 2])));
  for (int at = WIDTH - 1; at > 0; at--) {
    product next = {0};
    add(&next, powers[at], powers[WIDTH - 1]);
    powers[at - 1] = reduced(next);
  }
  size_t done = 0;
  for (; length - done >= sizeof data; done += sizeof data) {
    for (int at = 0; at < WIDTH; at++) {
      counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1));
      masks[at] = reversed(counter);
    }
    encrypt(masks, aes);
    product sum = {0};
    for (int at = 0; at < WIDTH; at++) {
      data[at] = load(input + done + 16 * at);
      __m128i other = data[at] ^ masks[at];
      _mm_storeu_si128((__m128i *)(output + done + 16 * at), other);
      __m128i sealed = reversed(gcm->mode == MBEDTLS_GCM_DECRYPT ? data[at] : other);
      add(&sum, at == 0 ? sealed ^ hash : sealed, powers[at]);
    }
    hash = reduced(sum);
  }
  _mm_storeu_si128((__m128i *)gcm->y, reversed(counter));
  _mm_storeu_si128((__m128i *)gcm->buf, reversed(hash));
  gcm->len += done;
  mbedtls_platform_zeroize(powers, sizeof powers);
  mbedtls_platform_zeroize(masks, sizeof masks);
  return done;
}

static int update(mbedtls_gcm_context *gcm, const unsigned char *input, size_t length,
                  unsigned char *output) {
  size_t done = 0, unused;
  if (length >= 16 + 16 * WIDTH && length <= 1 << 20 && (output <= input || output >= input + length) &&
      gcm->acceleration == MBEDTLS_GCM_ACC_AESNI && mbedtls_aesni_has_support(MBEDTLS_AESNI_AES)) {
    int failed = mbedtls_gcm_update(gcm, input, 16, output, 16, &unused);
    if (failed) return failed;
    done = 16 + groups(gcm, input + 16, length - 16, output + 16);
  }
  return mbedtls_gcm_update(gcm, input + done, length - done, output + done, length - done, &unused);
}

int mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *gcm, int mode, size_t length, const unsigned char *nonce,
                              size_t nonce_length, const unsigned char *more, size_t more_length,
                              const unsigned char *input, unsigned char *output, size_t tag_length,
                              unsigned char *tag) {
  size_t unused;
  int failed = mbedtls_gcm_starts(gcm, mode, nonce, nonce_length);
  if (!failed) failed = mbedtls_gcm_update_ad(gcm, more, more_length);
  if (!failed) failed = update(gcm, input, length, output);
  return failed ? failed : mbedtls_gcm_finish(gcm, NULL, 0, &unused, tag, tag_length);
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
