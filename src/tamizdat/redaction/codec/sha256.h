/* SHA-256 (FIPS 180-4), for the page; Python has a faster one: a part of jdct.c. */

static const u32 ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline u32 turn(u32 x, u32 n) { return x >> n | x << (32 - n); }

/* One round; the eight words change names instead of places. */
#define TURN(a, b, c, d, e, f, g, h, i) do { \
    u32 one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + ROUND[i] + w[(i) & 15]; \
    d += one; \
    h = one + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b))); \
} while (0)
#define MIX(i) (w[i] += (turn(w[(i + 1) & 15], 7) ^ turn(w[(i + 1) & 15], 18) ^ w[(i + 1) & 15] >> 3) + w[(i + 9) & 15] + \
    (turn(w[(i + 14) & 15], 17) ^ turn(w[(i + 14) & 15], 19) ^ w[(i + 14) & 15] >> 10))
#define EIGHT(i) \
    TURN(a, b, c, d, e, f, g, h, i); TURN(h, a, b, c, d, e, f, g, i + 1); TURN(g, h, a, b, c, d, e, f, i + 2); TURN(f, g, h, a, b, c, d, e, i + 3); \
    TURN(e, f, g, h, a, b, c, d, i + 4); TURN(d, e, f, g, h, a, b, c, i + 5); TURN(c, d, e, f, g, h, a, b, i + 6); TURN(b, c, d, e, f, g, h, a, i + 7)

static __attribute__((noinline)) void compress(u32 *state, const u8 *p)
{
    u32 w[16], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (u32 i = 0; i < 16; i++) {
        u32 word;
        __builtin_memcpy(&word, p + 4 * i, 4);
        w[i] = __builtin_bswap32(word);
    }
    EIGHT(0);
    EIGHT(8);
    for (u32 i = 16; i < 64; i += 16) {
        MIX(0); MIX(1); MIX(2); MIX(3); MIX(4); MIX(5); MIX(6); MIX(7);
        MIX(8); MIX(9); MIX(10); MIX(11); MIX(12); MIX(13); MIX(14); MIX(15);
        EIGHT(i);
        EIGHT(i + 8);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

EXPORT(sha256) void sha256(const u8 *data, u32 length, u8 *digest)
{
    u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u8 rest[128] = {0};
    u32 left = length;
    for (; left >= 64; left -= 64, data += 64) compress(state, data);
    for (u32 i = 0; i < left; i++) rest[i] = data[i];
    rest[left] = 0x80;
    u32 blocks = left < 56 ? 1 : 2;
    for (u32 i = 0; i < 8; i++) rest[64 * blocks - 8 + i] = (u8)((u64)length * 8 >> (56 - 8 * i));
    for (u32 i = 0; i < blocks; i++) compress(state, rest + 64 * i);
    for (u32 i = 0; i < 32; i++) digest[i] = (u8)(state[i / 4] >> (24 - 8 * (i % 4)));
}
