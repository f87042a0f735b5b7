/* Quantisers, Huffman codes and bits: a part of jdct.c. */

typedef struct {
    u8 defined, value[256];
    u16 quick[1 << LOOK];        /* length << 8 | value, 0 where the code is longer than LOOK bits */
    i32 whole[1 << LOOK];        /* coefficient << 16 | length of code and value << 8 | zeros before; 0 where LOOK bits do not hold all */
    u32 limit[18];               /* first 16-bit word beyond the codes of this length */
    i32 offset[17];
} Huffman;

static Huffman huffman[2][4];
static u16 quantiser[4][64];
static u8 quantiser_defined[4], latched[MAX_COMPONENTS];
static u32 codes;                /* how many tables of codes were read: each costs more than its bytes */

static const u8 *input, *input_end;

static i32 read_quantisers(const u8 *p, const u8 *end)
{
    while (p < end) {
        u32 wide = *p >> 4, which = *p & 15, size = wide ? 128 : 64;
        u16 fresh[64];
        p++;
        if (wide > 1 || which > 3) return TABLE;
        if ((u32)(end - p) < size) return SEGMENT;
        for (u32 k = 0; k < 64; k++) {
            u32 value = wide ? p[2 * k] << 8 | p[2 * k + 1] : p[k];
            if (!value) return TABLE;
            fresh[ZIGZAG[k]] = (u16)value;
        }
        p += size;
        for (u32 c = 0; c < pic.count; c++)  /* what a scan was read with stays as it is */
            if (latched[c] && pic.component[c].table == which && __builtin_memcmp(fresh, quantiser[which], sizeof fresh)) return TABLE;
        memcpy(quantiser[which], fresh, sizeof fresh);
        quantiser_defined[which] = 1;
    }
    return 0;
}

#ifdef __wasm__
int memcmp(const void *one, const void *other, unsigned long count)
{
    const u8 *a = one, *b = other;
    for (; count--; a++, b++)
        if (*a != *b) return *a - *b;
    return 0;
}
#endif

/* Find which stretches of LOOK bits hold a code and the coefficient after it. */
static void look_ahead(Huffman *t)
{
    for (u32 word = 0; word < 1 << LOOK; word++) {
        u32 length = t->quick[word] >> 8, size = t->quick[word] & 15, zeros = t->quick[word] >> 4 & 15;
        if (!size || length + size > LOOK) continue;
        i32 value = (i32)(word >> (LOOK - length - size) & ((1u << size) - 1));
        if (value < 1 << (size - 1)) value -= (1 << size) - 1;
        t->whole[word] = (i32)((u32)value << 16 | (length + size) << 8 | zeros);
    }
}

static i32 read_huffman(const u8 *p, const u8 *end)
{
    while (p < end) {
        if (end - p < 17) return SEGMENT;
        if (codes++ == MAX_CODES) return LIMIT;
        u32 class = *p >> 4, which = *p & 15, total = 0, code = 0;
        const u8 *counts = p + 1;
        if (class > 1 || which > 3) return TABLE;
        for (u32 i = 0; i < 16; i++) total += counts[i];
        if (!total || total > 256) return TABLE;
        p += 17;
        if ((u32)(end - p) < total) return SEGMENT;
        Huffman *t = &huffman[class][which];
        memset(t, 0, sizeof *t);
        memcpy(t->value, p, total);
        if (!class)
            for (u32 i = 0; i < total; i++)
                if (p[i] > 11) return TABLE;
        u32 next = 0;
        for (u32 length = 1; length <= 16; length++, code <<= 1) {
            t->offset[length] = (i32)next - (i32)code;
            for (u32 i = 0; i < counts[length - 1]; i++, code++, next++) {
                /* T.81, C: no code is all ones; this also keeps the sum of all codes in bounds. */
                if (code + 1 >= 1u << length) return TABLE;
                if (length <= LOOK)
                    for (u32 fill = 0; fill < 1u << (LOOK - length); fill++)
                        t->quick[(code << (LOOK - length)) + fill] = (u16)(length << 8 | p[next]);
            }
            t->limit[length] = code << (16 - length);
        }
        if (class) look_ahead(t);
        t->defined = 1;
        p += total;
    }
    return 0;
}

typedef struct {
    u64 next;                    /* the next bits, from the top */
    const u8 *at;                /* the bytes after them */
    u32 held, invented;          /* bits held; how many of them are zeros after the true end */
} Bits;

static Bits in;                  /* functions that read much take a copy, which can live in registers */

static void begin_bits(void) { in.next = 0, in.held = in.invented = 0; }

static void refill_slowly(void)
{
    while (in.held <= 56) {
        u32 byte = 0;
        if (input_end - in.at < 2 || (in.at[0] == 0xFF && in.at[1])) in.invented += 8;
        else {
            byte = *in.at;
            in.at += byte == 0xFF ? 2 : 1;
        }
        in.next |= (u64)byte << (56 - in.held);
        in.held += 8;
    }
}

/* Whether one of the eight bytes is FF. */
static inline u64 has_marker(u64 word)
{
    u64 flipped = ~word;
    return (flipped - 0x0101010101010101ull) & ~flipped & 0x8080808080808080ull;
}

static inline void refill(Bits *b)
{
    if (b->held >= 32) return;
    if (input_end - b->at >= 8 && !b->invented) {
        u64 word;
        __builtin_memcpy(&word, b->at, 8);
        if (!has_marker(word)) {
            b->next |= __builtin_bswap64(word) >> b->held;
            b->at += (63 - b->held) >> 3;
            b->held |= 56;
            return;
        }
    }
    in = *b;
    refill_slowly();
    *b = in;
}

static inline void drop(Bits *b, u32 count)
{
    b->next <<= count;
    b->held -= count;
}

/* count is 1 to 16, and there are enough. */
static inline u32 bits(Bits *b, u32 count)
{
    u32 value = (u32)(b->next >> (64 - count));
    drop(b, count);
    return value;
}

/* T.81, F.2.2.1: a difference or coefficient of so many bits. */
static inline i32 extended(Bits *b, u32 count)
{
    i32 value = (i32)bits(b, count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
}

static inline i32 symbol(Bits *b, const Huffman *t)
{
    u32 quick = t->quick[b->next >> (64 - LOOK)];
    if (quick) {
        drop(b, quick >> 8);
        return quick & 255;
    }
    u32 word = (u32)(b->next >> 48);
    for (u32 length = LOOK + 1; length <= 16; length++)
        if (word < t->limit[length]) {
            drop(b, length);
            return t->value[(i32)(word >> (16 - length)) + t->offset[length]];
        }
    return -1;
}
