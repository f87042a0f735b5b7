/*
 * The quantised coefficients of a JPEG: read strictly, written again; PNG's filters undone; SHA-256 for the reader's page.
 *
 * It is NOT an image decoder: no pixel is ever computed. What is refused, and why, is docs/spec/redaction.md, "Reading".
 * Compiled to WebAssembly by tools/wasm.py, with no imports; every instance reads ONE picture and is thrown away, so
 * memory is fresh (zero) when it begins. "T.81" is ITU-T Recommendation T.81, the standard of JPEG.
 *
 * A host calls, in this order: alloc(length) for the file and puts it there; decode(address, length), which gives 0 or the
 * number of a flaw; picture(), the address of what was read (struct Picture, little-endian words). It may change the
 * coefficients where they lie; layout(width, height) after moving those of a crop to the front; encode(), and then
 * output and output_length. To write what was never read it fills in struct Picture and calls prepare() instead.
 * unfilter() and sha256() stand for themselves.
 *
 * Coefficients lie tile by tile (32 x 32 pixels), as they are hashed: in each tile component after component, in each
 * component its blocks row by row, in each block 64 values of 16 bits in row-major order of frequency.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef short i16;
typedef int i32;

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name) static __attribute__((unused))
#endif
#define TRY(call) do { i32 flaw_ = (call); if (flaw_) return flaw_; } while (0)

enum { TILE = 32, LOOK = 10, MAX_COMPONENTS = 4, MAX_SEGMENTS = 8192, MAX_CODES = 1024, MAX_TILES = 1 << 18, MAX_ROOM = 448 << 20, VISITS = 32, DC_LEAST = -1024, DC_MOST = 1023, AC_MOST = 1023 };
/* The numbers that codec/__init__.py has words for. */
enum { START = 1, SEGMENT, MARKER, KIND, FRAME, TABLE, SCAN, DATA, SHORT, EXTRA, RESTART, UNFINISHED, LIMIT };

typedef struct {
    u32 id, h, v, table;
    u32 columns, rows;           /* blocks that hold picture */
    u32 across, down;            /* log2 of this component's blocks in a tile */
    u32 first;                   /* its first block in a tile */
} Component;

typedef struct {
    u32 width, height, count, hmax, vmax, transform;
    u32 tiles_across, tiles_down, tile_blocks;
    u32 coefficients;            /* address */
    u32 end;                     /* offset after EOI */
    u32 at;                      /* where reading stopped */
    u32 segments, segment_list;  /* how many APPn and COM, and the address of (marker, offset, length) of each */
    u32 output, output_length;   /* what encode() wrote */
    Component component[MAX_COMPONENTS];
    u16 quantiser[MAX_COMPONENTS][64];  /* row-major */
} Picture;

static Picture pic;

/* ---- memory ------------------------------------------------------------------------------------------------- */

#ifdef __wasm__
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

void *memcpy(void *restrict to, const void *restrict from, unsigned long count)
{
    u8 *a = to;
    for (const u8 *b = from; count--;) *a++ = *b++;
    return to;
}
#define ADDRESS(pointer) ((u32)(pointer))
#else /* a native build, for sanitizers: fuzz/jpeg.c includes this file and gives what was taken back */
#include <stdlib.h>
#include <string.h>
static void *taken[16];
static u32 takings;
static void *alloc(u32 size)
{
    if (size > 1u << 29 || takings == 16) return 0;
    return taken[takings++] = calloc(1, size ? size : 1);
}
#define ADDRESS(pointer) 0
#endif

static i16 *coefficients;

/* ---- geometry ----------------------------------------------------------------------------------------------- */

static const u8 ZIGZAG[64] = {
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

static u32 up(u32 value, u32 by) { return (value + by - 1) / by; }

static u32 log2_of(u32 power) { return 31 - (u32)__builtin_clz(power); }

/* Everything that follows from width, height and sampling; also after a crop changed width and height. */
EXPORT(layout) i32 layout(u32 width, u32 height)
{
    u32 blocks = 0, in_mcu = 0;
    if (!width || !height || width > 65535 || height > 65535) return FRAME;
    pic.width = width;
    pic.height = height;
    pic.hmax = pic.vmax = 1;
    for (u32 c = 0; c < pic.count; c++) {
        Component *k = &pic.component[c];
        if ((k->h != 1 && k->h != 2 && k->h != 4) || (k->v != 1 && k->v != 2 && k->v != 4)) return FRAME;
        if (pic.count == 1) k->h = k->v = 1;  /* T.81, A.2.2: alone, it has no sampling */
        if (k->h > pic.hmax) pic.hmax = k->h;
        if (k->v > pic.vmax) pic.vmax = k->v;
        in_mcu += k->h * k->v;
    }
    if (in_mcu > 10) return FRAME;  /* T.81, B.2.3 */
    for (u32 c = 0; c < pic.count; c++) {
        Component *k = &pic.component[c];
        k->columns = up(up(width * k->h, pic.hmax), 8);
        k->rows = up(up(height * k->v, pic.vmax), 8);
        k->across = log2_of(TILE / 8 * k->h / pic.hmax);
        k->down = log2_of(TILE / 8 * k->v / pic.vmax);
        k->first = blocks;
        blocks += 1u << (k->across + k->down);
    }
    pic.tiles_across = up(width, TILE);
    pic.tiles_down = up(height, TILE);
    pic.tile_blocks = blocks;
    return 0;
}

/* Take room for all coefficients; width, height, count and sampling stand. */
EXPORT(prepare) i32 prepare(void)
{
    TRY(layout(pic.width, pic.height));
    u64 size = (u64)pic.tiles_across * pic.tiles_down * pic.tile_blocks * 128;
    if (size > 0xF0000000ull || !(coefficients = alloc((u32)size))) return LIMIT;
    pic.coefficients = ADDRESS(coefficients);
    return 0;
}

static inline i16 *block_at(const Component *k, u32 x, u32 y)
{
    u32 tile = (y >> k->down) * pic.tiles_across + (x >> k->across);
    u32 within = ((y & ((1u << k->down) - 1)) << k->across) + (x & ((1u << k->across) - 1));
    return coefficients + ((u64)tile * pic.tile_blocks + k->first + within) * 64;
}

/* For each four coefficients, which of them are not zero -> the same in the order of the zigzag. */
static u64 spread[16][16];

static void begin_spread(void)
{
    for (u32 k = 0; k < 64; k++)
        for (u32 some = 0; some < 16; some++)
            if (some >> (ZIGZAG[k] & 3) & 1) spread[ZIGZAG[k] >> 2][some] |= 1ull << k;
}

/* Which coefficients are not zero, in the order of the zigzag, DC left out. */
static inline u64 nonzero(const i16 *block)
{
    u64 word[16], found = 0;
    __builtin_memcpy(word, block, 128);
    for (u32 i = 0; i < 16; i++) {
        u64 low = 0x7FFF7FFF7FFF7FFFull, lanes = (((word[i] & low) + low) | word[i]) >> 15 & 0x0001000100010001ull;
        found |= spread[i][lanes * 0x0001000200040008ull >> 48 & 15];  /* four bits brought together */
    }
    return found & ~1ull;
}

/* Whether all but the first of 64 coefficients are zero. */
static inline int all_zero(const i16 *block)
{
    u64 word[16], any = 0;
    __builtin_memcpy(word, block, 128);
    for (u32 i = 1; i < 16; i++) any |= word[i];
    return !(any | (word[0] >> 16));
}

#include "tables.h"
#include "blocks.h"

/* ---- scans -------------------------------------------------------------------------------------------------- */

typedef i32 (*Reader)(Scan *, u32, i16 *);

static u32 progressive, restart_interval;
static u8 known[MAX_COMPONENTS][64];  /* 0: never read; else Al + 1 */
static u64 visited, visits_allowed;

/* The bits of a stretch end here: fewer than eight of the last byte may be left, and a marker must follow. */
static i32 end_bits(const Scan *s)
{
    refill_slowly();
    if (in.held < in.invented) return SHORT;
    if (s->run) return DATA;
    return in.held - in.invented >= 8 ? EXTRA : 0;
}

static i32 marker(u32 *found)
{
    if (in.at >= input_end) return SHORT;
    if (*in.at != 0xFF) return MARKER;
    while (in.at < input_end && *in.at == 0xFF) in.at++;  /* T.81, B.1.1.2: any number of fill bytes */
    if (in.at >= input_end) return SHORT;
    *found = *in.at++;
    return 0;
}

static i32 restart(Scan *s, u32 number)
{
    u32 found;
    TRY(end_bits(s));
    TRY(marker(&found));
    if (found != 0xD0 + (number & 7)) return RESTART;
    begin_bits();
    for (u32 i = 0; i < MAX_COMPONENTS; i++) s->last[i] = 0;
    return 0;
}

static i32 read_unit(Scan *s, Reader reader, u32 x, u32 y)
{
    static i16 beyond[64];
    if (s->count == 1) return reader(s, 0, block_at(&pic.component[s->component[0]], x, y));
    for (u32 i = 0; i < s->count; i++) {
        const Component *k = &pic.component[s->component[i]];
        for (u32 v = 0; v < k->v; v++)
            for (u32 h = 0; h < k->h; h++) {
                u32 bx = x * k->h + h, by = y * k->v + v;
                /* Blocks that only fill up the unit hold no picture and are committed to by nobody. */
                TRY(reader(s, i, bx < k->columns && by < k->rows ? block_at(k, bx, by) : beyond));
            }
    }
    return 0;
}

static i32 read_data(Scan *s, Reader reader)
{
    const Component *only = &pic.component[s->component[0]];
    u32 across = s->count == 1 ? only->columns : up(pic.width, 8 * pic.hmax);
    u32 down = s->count == 1 ? only->rows : up(pic.height, 8 * pic.vmax);
    u32 left = restart_interval, number = 0;
    visited += (u64)across * down * (s->count == 1 ? 1 : 10);
    if (visited > visits_allowed) return LIMIT;
    begin_bits();
    for (u32 y = 0; y < down; y++)
        for (u32 x = 0; x < across; x++) {
            if (restart_interval && !left--) {
                TRY(restart(s, number++));
                left = restart_interval - 1;
            }
            i32 flaw = read_unit(s, reader, x, y);
            if (in.held < in.invented) return SHORT;
            if (flaw) return flaw;
        }
    TRY(end_bits(s));
    /* Photoshop ends with one restart marker more. */
    if (restart_interval && !left && input_end - in.at >= 2 && in.at[1] == 0xD0 + (number & 7)) in.at += 2;
    return 0;
}

static i32 check_progress(const Scan *s)
{
    if (s->to > 63 || s->from > s->to || s->low > 13) return SCAN;
    if (s->from ? s->count != 1 || s->low > 9 : s->to != 0) return SCAN;
    if (s->high && s->high != s->low + 1) return SCAN;
    for (u32 i = 0; i < s->count; i++) {
        u8 *bit = known[s->component[i]];
        if (s->from && !bit[0]) return SCAN;  /* T.81, G.1.1.1.1: DC first */
        for (u32 k = s->from; k <= s->to; k++) {
            if (bit[k] != (s->high ? s->high + 1 : 0)) return SCAN;
            bit[k] = (u8)(s->low + 1);
        }
    }
    return 0;
}

static i32 check_sequence(const Scan *s)
{
    if (s->from || s->to != 63 || s->high || s->low) return SCAN;
    for (u32 i = 0; i < s->count; i++) {
        if (known[s->component[i]][0]) return SCAN;
        memset(known[s->component[i]], 1, 64);
    }
    return 0;
}

static i32 read_scan(const u8 *p, const u8 *end)
{
    Scan s = {0};
    s.count = *p++;
    if (!s.count || s.count > pic.count) return SCAN;
    if ((u32)(end - p) != 2 * s.count + 3) return SEGMENT;
    const u8 *rest = p + 2 * s.count;
    s.from = rest[0];
    s.to = rest[1];
    s.high = rest[2] >> 4;
    s.low = rest[2] & 15;
    u32 c = 0;
    for (u32 i = 0; i < s.count; i++, p += 2, c++) {
        while (c < pic.count && pic.component[c].id != p[0]) c++;
        if (c == pic.count) return SCAN;  /* unknown, twice, or not in the frame's order */
        u32 dc = p[1] >> 4, ac = p[1] & 15;
        int uses_dc = !progressive || (!s.from && !s.high), uses_ac = !progressive || s.from;
        if (dc > 3 || ac > 3) return SCAN;
        s.component[i] = c;
        s.dc[i] = &huffman[0][dc];
        s.ac[i] = &huffman[1][ac];
        if ((uses_dc && !s.dc[i]->defined) || (uses_ac && !s.ac[i]->defined)) return TABLE;
        u32 table = pic.component[c].table;
        if (!latched[c]) {
            if (!quantiser_defined[table]) return TABLE;
            memcpy(pic.quantiser[c], quantiser[table], sizeof pic.quantiser[c]);
            latched[c] = 1;
        }
    }
    TRY(progressive ? check_progress(&s) : check_sequence(&s));
    if (!progressive) return read_data(&s, read_sequential);
    if (s.from) return read_data(&s, s.high ? read_ac_more : read_ac_first);
    return read_data(&s, s.high ? read_dc_more : read_dc_first);
}

/* ---- the whole picture -------------------------------------------------------------------------------------- */

static u32 jfif, adobe;          /* adobe: 0 where there is none, else its transform + 1 */
static u32 scanned;              /* viewers take colours and turn as they know them when the first scan begins */
static u32 *segment_list;

static i32 read_frame(u32 kind, const u8 *p, const u8 *end)
{
    if (pic.count) return FRAME;
    if (end - p < 6) return SEGMENT;
    if (p[0] != 8) return KIND;
    progressive = kind == 0xC2;
    pic.height = p[1] << 8 | p[2];
    pic.width = p[3] << 8 | p[4];
    u32 count = p[5];
    if (count != 1 && count != 3 && count != 4) return FRAME;
    if ((u32)(end - p) != 6 + 3 * count) return SEGMENT;
    p += 6;
    for (u32 c = 0; c < count; c++, p += 3) {
        Component *k = &pic.component[c];
        k->id = p[0];
        k->h = p[1] >> 4;
        k->v = p[1] & 15;
        k->table = p[2];
        if (k->table > 3) return FRAME;
        for (u32 other = 0; other < c; other++)
            if (pic.component[other].id == k->id) return FRAME;
    }
    pic.count = count;
    TRY(layout(pic.width, pic.height));
    /* The same answer on every machine, and room to write again what can be read. */
    u64 size = (u64)pic.tiles_across * pic.tiles_down * pic.tile_blocks * 128;
    if (size + 3 * (u64)(input_end - input) > MAX_ROOM || pic.tiles_across * pic.tiles_down > MAX_TILES) return LIMIT;
    TRY(prepare());
    u64 blocks = 0;
    for (u32 c = 0; c < count; c++) blocks += (u64)pic.component[c].columns * pic.component[c].rows;
    visits_allowed = VISITS * blocks + (1 << 20);
    return 0;
}

static i32 note_segment(u32 kind, const u8 *p, const u8 *end)
{
    if (pic.segments == MAX_SEGMENTS) return LIMIT;
    u32 *entry = segment_list + 3 * pic.segments++;
    entry[0] = kind | scanned << 8;
    entry[1] = (u32)(p - input);
    entry[2] = (u32)(end - p);
    if (scanned) return 0;
    if (kind == 0xE0 && end - p >= 14 && !__builtin_memcmp(p, "JFIF", 5)) jfif = 1;
    if (kind == 0xEE && end - p >= 12 && !__builtin_memcmp(p, "Adobe", 5)) adobe = p[11] + 1u;
    return 0;
}

/* How viewers take the colours: as libjpeg decides it. */
static i32 decide_transform(void)
{
    const Component *k = pic.component;
    u32 letters = k[0].id == 'R' && k[1].id == 'G' && k[2].id == 'B';
    pic.transform = 255;
    if (pic.count == 3) pic.transform = jfif ? 1 : adobe ? adobe - 1 : !letters;
    if (pic.count == 4) pic.transform = adobe ? adobe - 1 : 0;
    if (pic.count == 3 && pic.transform > 1) return FRAME;
    return pic.count == 4 && pic.transform != 0 && pic.transform != 2 ? FRAME : 0;
}

static i32 finish(void)
{
    if (!pic.count) return UNFINISHED;
    for (u32 c = 0; c < pic.count; c++)
        for (u32 k = 0; k < 64; k++)
            if (known[c][k] != 1) return UNFINISHED;
    pic.end = (u32)(in.at - input);
    return decide_transform();
}

static i32 read_segment(u32 kind)
{
    if (kind == 0x01 || (kind >= 0xD0 && kind <= 0xD8) || kind == 0 || (kind >= 0x02 && kind <= 0xBF)) return MARKER;
    if (input_end - in.at < 2) return SHORT;
    u32 length = in.at[0] << 8 | in.at[1];
    if (length < 2) return SEGMENT;
    if ((u32)(input_end - in.at) < length) return SHORT;
    const u8 *p = in.at + 2, *end = in.at + length;
    in.at = end;
    if (kind == 0xDB) return read_quantisers(p, end);
    if (kind == 0xC4) return read_huffman(p, end);
    if (kind >= 0xC0 && kind <= 0xC2) return read_frame(kind, p, end);
    if (kind >= 0xC3 && kind <= 0xCF) return KIND;
    if (kind == 0xDD) {
        if (length != 4) return SEGMENT;
        restart_interval = p[0] << 8 | p[1];
        return 0;
    }
    if (kind == 0xDA) {
        scanned = 1;
        return !pic.count ? SCAN : p == end ? SEGMENT : read_scan(p, end);
    }
    if ((kind & 0xF0) == 0xE0 || kind == 0xFE) return note_segment(kind, p, end);
    return KIND;  /* DNL, DHP, EXP, JPGn */
}

static i32 read_all(void)
{
    u32 kind;
    if (input_end - in.at < 2 || in.at[0] != 0xFF || in.at[1] != 0xD8) return START;
    in.at += 2;
    for (;;) {
        TRY(marker(&kind));
        if (kind == 0xD9) return finish();
        TRY(read_segment(kind));
    }
}

/* Read the picture in.at *source*; 0, or the number of the flaw. What was read stands in picture(). */
EXPORT(decode) i32 decode(const u8 *source, u32 length)
{
    begin_spread();
    input = in.at = source;
    input_end = source + length;
    if (!(segment_list = alloc(MAX_SEGMENTS * 12))) return LIMIT;
    pic.segment_list = ADDRESS(segment_list);
    i32 flaw = read_all();
    pic.at = (u32)(in.at - input);
    return flaw;
}

EXPORT(picture) Picture *picture(void) { return &pic; }

#include "writing.h"
#include "png.h"
#include "sha256.h"
