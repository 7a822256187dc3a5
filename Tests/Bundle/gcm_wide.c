/* The bundle's AES-GCM gives what mbedTLS's own gives, for every length, and refuses what it refuses. */
#include "../../packaging/bundle/gcm_wide.c"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 16500 };

static unsigned char input[MOST], wide[MOST], portable[MOST], more[64], nonce[32];

#define CHECK(what) \
  if (!(what))      \
  fprintf(stderr, "line %d: %s, length %zu, more %zu\n", __LINE__, #what, length, more_length), exit(1)

static void one(mbedtls_gcm_context *gcm, size_t length, size_t more_length, size_t nonce_length) {
  unsigned char tag[16], right[16];
  CHECK(!portable_crypt_and_tag(gcm, MBEDTLS_GCM_ENCRYPT, length, nonce, nonce_length, more, more_length,
                                input, portable, 16, right));
  CHECK(!mbedtls_gcm_crypt_and_tag(gcm, MBEDTLS_GCM_ENCRYPT, length, nonce, nonce_length, more, more_length,
                                   input, wide, 16, tag));
  CHECK(!memcmp(wide, portable, length) && !memcmp(tag, right, 16));
  CHECK(!mbedtls_gcm_auth_decrypt(gcm, length, nonce, nonce_length, more, more_length, tag, 16, wide,
                                  wide)); /* in place */
  CHECK(!memcmp(wide, input, length));
  if (length == 0) return;
  portable[length / 2] ^= 1;
  CHECK(mbedtls_gcm_auth_decrypt(gcm, length, nonce, nonce_length, more, more_length, tag, 16, portable,
                                 wide) == MBEDTLS_ERR_GCM_AUTH_FAILED);
  for (size_t at = 0; at < length; at++) CHECK(wide[at] == 0);
}

static int sealed(mbedtls_gcm_context *gcm, unsigned char *output, size_t tag_length) {
  unsigned char tag[32];
  return mbedtls_gcm_crypt_and_tag(gcm, MBEDTLS_GCM_ENCRYPT, 512, nonce, 12, more, 5, input, output,
                                   tag_length, tag);
}

static void refused(mbedtls_gcm_context *gcm) {
  size_t length = 512, more_length = 5;
  CHECK(!sealed(gcm, wide, 4) && !sealed(gcm, wide, 16));
  CHECK(sealed(gcm, wide, 3) == MBEDTLS_ERR_GCM_BAD_INPUT &&
        sealed(gcm, wide, 17) == MBEDTLS_ERR_GCM_BAD_INPUT);
  CHECK(sealed(gcm, input + 1, 16) == MBEDTLS_ERR_GCM_BAD_INPUT);
}

int main(void) {
  if (!mbedtls_aesni_has_support(MBEDTLS_AESNI_AES)) return fputs("this processor has no AES\n", stderr), 1;
  srand(1);
  for (size_t at = 0; at < MOST; at++) input[at] = (unsigned char)rand();
  for (size_t at = 0; at < sizeof more; at++) more[at] = (unsigned char)rand();
  for (unsigned bits = 128; bits <= 256; bits += 64) {
    for (int round = 0; round < 4; round++) {
      wider = round % 2 ? NO : UNKNOWN;
      unsigned char key[32];
      for (size_t at = 0; at < sizeof key; at++) key[at] = (unsigned char)rand();
      for (size_t at = 0; at < sizeof nonce; at++) nonce[at] = (unsigned char)rand();
      mbedtls_gcm_context gcm;
      mbedtls_gcm_init(&gcm);
      if (mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, bits)) return 1;
      for (size_t length = 0; length < 600; length++)
        one(&gcm, length, (size_t)rand() % 33, length % 5 ? 12 : 1 + length % 32);
      for (size_t length = 16360; length < MOST; length++) one(&gcm, length, 5, 12);
      refused(&gcm);
      mbedtls_gcm_free(&gcm);
    }
  }
  return 0;
}
