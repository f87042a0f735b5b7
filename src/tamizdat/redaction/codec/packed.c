/*
 * What is packed as PNG packs it: zlib's format (RFC 1950, 1951), unpacked strictly; PNG's filters undone.
 *
 * It is NOT a decoder of PNG: chunks and their check sums are Python's. What is refused is what zlib refuses, and besides a stream that
 * gives more than was asked for, or is followed by anything. Compiled to WebAssembly by tools/wasm.py, with no imports; every instance
 * unpacks ONE thing and is thrown away, so memory is fresh (zero) when it begins.
 *
 * A host calls alloc(length) for the data and for the room they are to fill; inflate(data, length, room, most), which gives 0 or the number
 * of a flaw; filled(), how many bytes it gave; and, of a picture, unfilter().
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;

#define EXPORT(name) __attribute__((export_name(#name)))
#define TRY(call) do { i32 flaw_ = (call); if (flaw_) return flaw_; } while (0)

/* The numbers of jdct.c. */
enum { DATA = 8, SHORT = 9, EXTRA = 10 };
enum { LONGEST = 15, LITERALS = 288, DISTANCES = 32, END = 256 };

extern u8 __heap_base;
static u32 heap;

EXPORT(alloc) void *alloc(u32 size)
{
    u64 from = heap ? heap : ((u32)&__heap_base + 63u) & ~63u, to = from + ((u64)size + 63u & ~63ull);
    u64 have = (u64)__builtin_wasm_memory_size(0) << 16;
    if (to > 0xFFFF0000ull) return 0;
    if (to > have && __builtin_wasm_memory_grow(0, (u32)((to - have + 65535) >> 16)) == (unsigned long)-1) return 0;
    heap = (u32)to;
    return (void *)(u32)from;
}

void *memset(void *to, int value, unsigned long count)
{
    for (u8 *at = to; count--;) *at++ = (u8)value;
    return to;
}

typedef struct {
    u16 entry[1 << LONGEST];     /* for the next bits: symbol << 4 | length; 0 where no code begins so */
    u32 bits;                    /* how many are looked at */
} Code;

typedef struct {
    const u8 *in, *in_end;
    u64 hold;                    /* bits that were taken in, the next one lowest */
    u32 held;
    u8 *start, *out, *out_end;
} Stream;

static Code literals, distances;
static Stream stream;

/* Make the table of a code out of the lengths of its words (RFC 1951, 3.2.2). Only a code of one word of one bit may be incomplete. */
static i32 build(Code *code, const u8 *length, u32 count)
{
    u32 number[LONGEST + 1] = {0}, next[LONGEST + 1] = {0}, longest = 0;
    i32 left = 1;
    for (u32 i = 0; i < count; i++) number[length[i]]++;
    number[0] = 0;
    for (u32 bits = 1; bits <= LONGEST; bits++) {
        left = (left << 1) - (i32)number[bits];
        if (left < 0) return DATA;
        next[bits] = (next[bits - 1] + number[bits - 1]) << 1;
        if (number[bits]) longest = bits;
    }
    if (left > 0 && longest > 1) return DATA;
    code->bits = longest ? longest : 1;
    for (u32 i = 0; i < 1u << code->bits; i++) code->entry[i] = 0;
    for (u32 i = 0; i < count; i++) {
        u32 word = 0;
        if (!length[i]) continue;
        for (u32 bit = 0, straight = next[length[i]]++; bit < length[i]; bit++) word = word << 1 | (straight >> bit & 1);
        for (; word < 1u << code->bits; word += 1u << length[i]) code->entry[word] = (u16)(i << 4 | length[i]);
    }
    return 0;
}

static void refill(Stream *s)
{
    for (; s->held <= 56 && s->in < s->in_end; s->held += 8) s->hold |= (u64)*s->in++ << s->held;
}

static i32 take(Stream *s, u32 count, u32 *value)
{
    refill(s);
    if (s->held < count) return SHORT;
    *value = (u32)(s->hold & ((1ull << count) - 1));
    s->hold >>= count;
    s->held -= count;
    return 0;
}

static i32 word(Stream *s, const Code *code, u32 *symbol)
{
    refill(s);
    u32 entry = code->entry[s->hold & ((1u << code->bits) - 1)], length = entry & 15;
    if (!length) return s->held < code->bits ? SHORT : DATA;
    if (length > s->held) return SHORT;
    s->hold >>= length;
    s->held -= length;
    *symbol = entry >> 4;
    return 0;
}

static i32 stored(Stream *s)
{
    u32 length, inverse, passed;
    TRY(take(s, s->held & 7, &passed));
    TRY(take(s, 16, &length));
    TRY(take(s, 16, &inverse));
    if (length != (inverse ^ 0xFFFF)) return DATA;
    if (length > (u32)(s->out_end - s->out)) return EXTRA;
    for (; length && s->held; length--) {
        TRY(take(s, 8, &passed));
        *s->out++ = (u8)passed;
    }
    if (length > (u32)(s->in_end - s->in)) return SHORT;
    for (; length; length--) *s->out++ = *s->in++;
    return 0;
}

/* The codes that stand in the block itself (3.2.7). */
static i32 lengths(Stream *s)
{
    static const u8 ORDER[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    u8 length[LITERALS + DISTANCES] = {0}, first[19] = {0};
    u32 of_literals, of_distances, of_first, value, symbol, repeat;
    TRY(take(s, 5, &of_literals));
    TRY(take(s, 5, &of_distances));
    TRY(take(s, 4, &of_first));
    of_literals += 257, of_distances += 1, of_first += 4;
    if (of_literals > 286 || of_distances > 30) return DATA;
    for (u32 i = 0; i < of_first; i++) {
        TRY(take(s, 3, &value));
        first[ORDER[i]] = (u8)value;
    }
    TRY(build(&literals, first, 19));
    for (u32 i = 0; i < of_literals + of_distances;) {
        TRY(word(s, &literals, &symbol));
        if (symbol < 16) {
            length[i++] = (u8)symbol;
            continue;
        }
        if (symbol == 16 && !i) return DATA;
        value = symbol == 16 ? length[i - 1] : 0;
        TRY(take(s, symbol == 16 ? 2 : symbol == 17 ? 3 : 7, &repeat));
        repeat += symbol == 18 ? 11 : 3;
        if (repeat > of_literals + of_distances - i) return DATA;
        for (; repeat; repeat--) length[i++] = (u8)value;
    }
    if (!length[END]) return DATA;
    TRY(build(&literals, length, of_literals));
    return build(&distances, length + of_literals, of_distances);
}

static i32 fixed(void)
{
    u8 length[LITERALS];
    for (u32 i = 0; i < LITERALS; i++) length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    TRY(build(&literals, length, LITERALS));
    for (u32 i = 0; i < DISTANCES; i++) length[i] = 5;
    return build(&distances, length, DISTANCES);
}

/* The words of a block (3.2.5). What changes with every word is kept at hand. */
static i32 words(Stream *shared)
{
    static const u16 BASE[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const u8 MORE[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const u16 FAR[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    Stream s = *shared;
    for (;;) {
        u32 symbol, length, distance, more;
        TRY(word(&s, &literals, &symbol));
        if (symbol < END) {
            if (s.out == s.out_end) return EXTRA;
            *s.out++ = (u8)symbol;
            continue;
        }
        if (symbol == END) break;
        if (symbol - 257 >= 29) return DATA;
        length = BASE[symbol - 257];
        TRY(take(&s, MORE[symbol - 257], &more));
        length += more;
        TRY(word(&s, &distances, &symbol));
        if (symbol >= 30) return DATA;
        TRY(take(&s, symbol < 4 ? 0 : symbol / 2 - 1, &more));
        distance = FAR[symbol] + more;
        if (distance > (u32)(s.out - s.start)) return DATA;
        if (length > (u32)(s.out_end - s.out)) return EXTRA;
        for (const u8 *from = s.out - distance; length--;) *s.out++ = *from++;
    }
    *shared = s;
    return 0;
}

static u32 adler32(const u8 *at, u32 count)
{
    u32 a = 1, b = 0;
    while (count) {
        u32 piece = count < 5552 ? count : 5552;
        count -= piece;
        for (; piece--; b += a) a += *at++;
        a %= 65521, b %= 65521;
    }
    return b << 16 | a;
}

EXPORT(inflate) i32 inflate(const u8 *data, u32 length, u8 *room, u32 most)
{
    Stream *s = &stream;
    u32 head, flags, last = 0, kind, passed, sum = 0;
    *s = (Stream){.in = data, .in_end = data + length, .start = room, .out = room, .out_end = room + most};
    TRY(take(s, 8, &head));
    TRY(take(s, 8, &flags));
    /* RFC 1950, 2.2: deflate, a window of at most 32 KiB, no dictionary. */
    if ((head << 8 | flags) % 31 || (head & 15) != 8 || head >> 4 > 7 || flags & 0x20) return DATA;
    while (!last) {
        TRY(take(s, 1, &last));
        TRY(take(s, 2, &kind));
        if (kind == 3) return DATA;
        if (kind == 0) {
            TRY(stored(s));
            continue;
        }
        TRY(kind == 1 ? fixed() : lengths(s));
        TRY(words(s));
    }
    TRY(take(s, s->held & 7, &passed));
    for (u32 i = 0; i < 4; i++) {
        TRY(take(s, 8, &passed));
        sum = sum << 8 | passed;
    }
    if (sum != adler32(room, (u32)(s->out - room))) return DATA;
    return s->held || s->in < s->in_end ? EXTRA : 0;
}

EXPORT(filled) u32 filled(void) { return (u32)(stream.out - stream.start); }

#include "png.h"
