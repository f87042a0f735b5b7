/* Coefficients as one baseline scan with the best codes: a part of jdct.c. */

typedef struct {
    u32 frequency[257];
    u8 counts[17], value[256];
    u32 word[256];               /* code << 8 | its length */
    u32 total;
} Coder;

static Coder coder[2][2];        /* class (DC, AC), table */

typedef struct {
    u8 *at;
    u64 bits;                    /* the last of them below; above them what was written already */
    u32 held;
} Writer;

static Writer out;               /* as with Bits, a copy can live in registers */
static u8 *out_end, *encoded;

/* T.81, K.2, figures K.1 to K.4: code lengths from frequencies, none longer than 16 bits, none all ones. */
static void make_codes(Coder *t)
{
    u32 size[257] = {0}, bits_of[64] = {0};
    i32 other[257];
    u64 weight[257];
    for (u32 i = 0; i < 257; i++) other[i] = -1, weight[i] = t->frequency[i];
    weight[256] = 1;  /* the place of the code that is all ones */
    for (;;) {
        i32 a = -1, b = -1;
        for (i32 i = 0; i < 257; i++) {
            if (!weight[i]) continue;
            if (a < 0 || weight[i] <= weight[a]) b = a, a = i;
            else if (b < 0 || weight[i] <= weight[b]) b = i;
        }
        if (b < 0) break;
        weight[a] += weight[b];
        weight[b] = 0;
        for (;; a = other[a]) {
            size[a]++;
            if (other[a] < 0) break;
        }
        other[a] = b;
        for (; b >= 0; b = other[b]) size[b]++;
    }
    for (u32 i = 0; i < 257; i++)
        if (size[i]) bits_of[size[i] > 63 ? 63 : size[i]]++;
    for (u32 i = 63; i > 16; i--)
        while (bits_of[i]) {
            u32 j = i - 2;
            while (!bits_of[j]) j--;
            bits_of[i] -= 2;
            bits_of[i - 1]++;
            bits_of[j + 1] += 2;
            bits_of[j]--;
        }
    u32 longest = 16;
    while (longest && !bits_of[longest]) longest--;
    bits_of[longest]--;
    t->total = 0;
    for (u32 length = 1; length < 64; length++)
        for (u32 i = 0; i < 256; i++)
            if (size[i] == length) t->value[t->total++] = (u8)i;
    u32 code = 0, next = 0;
    for (u32 length = 1; length <= 16; length++, code <<= 1) {
        t->counts[length] = (u8)bits_of[length];
        for (u32 i = 0; i < bits_of[length]; i++, next++) {
            t->word[t->value[next]] = code++ << 8 | length;
        }
    }
}

static void put_byte(u32 byte) { *out.at++ = (u8)byte; }

static inline __attribute__((always_inline)) void put_bits(Writer *w, u32 value, u32 count)
{
    w->held += count;
    if (w->held <= 64) {
        w->bits = w->bits << count | value;
        return;
    }
    w->held -= 64;
    u64 full = w->bits << (count - w->held) | value >> w->held;
    w->bits = value;
    if (!has_marker(full)) {
        full = __builtin_bswap64(full);
        __builtin_memcpy(w->at, &full, 8);
        w->at += 8;
        return;
    }
    for (u32 i = 0; i < 8; i++) {
        u8 byte = (u8)(full >> (56 - 8 * i));
        *w->at++ = byte;
        if (byte == 0xFF) *w->at++ = 0;
    }
}

/* What is left of the last byte is filled with ones (T.81, F.1.2.3). */
static void end_of_bits(void)
{
    u32 fill = -out.held & 7;
    out.bits = out.bits << fill | ((1u << fill) - 1);
    for (out.held += fill; out.held; out.held -= 8) {
        u8 byte = (u8)(out.bits >> (out.held - 8));
        put_byte(byte);
        if (byte == 0xFF) put_byte(0);
    }
}

/* How many bits a value takes, and those bits. */
static inline u32 value_bits(i32 value, u32 *written)
{
    u32 size = value ? 32 - (u32)__builtin_clz((u32)(value < 0 ? -value : value)) : 0;
    *written = (u32)(value < 0 ? value - 1 : value) & ((1u << size) - 1);
    return size;
}

/* What nonzero() gave for each block when they were counted, for when they are written. */
static u64 *masks, *mask;
static u32 outside;              /* whether a coefficient was out of bounds: the host's fault */

static void count_block(u32 pair, const i16 *block, i32 *last)
{
    u32 *dc = coder[0][pair].frequency, *ac = coder[1][pair].frequency, before = 0, unused;
    outside |= (u32)(block[0] - DC_LEAST) > DC_MOST - DC_LEAST;
    dc[value_bits(block[0] - *last, &unused) & 15]++;
    *last = block[0];
    u64 rest = *mask++ = nonzero(block);
    for (; rest; rest &= rest - 1) {
        u32 k = (u32)__builtin_ctzll(rest), zeros = k - before - 1, size = value_bits(block[ZIGZAG[k]], &unused);
        outside |= size > 10;
        ac[0xF0] += zeros >> 4;
        ac[(zeros & 15) << 4 | (size & 15)]++;
        before = k;
    }
    ac[0] += before < 63;
}

static inline __attribute__((always_inline)) void put_code(Writer *w, u32 word, u32 value, u32 size)
{
    put_bits(w, word >> 8 << size | value, (word & 255) + size);
}

static void put_block(u32 pair, const i16 *block, i32 *last)
{
    Writer w = out;
    const u32 *dc = coder[0][pair].word, *ac = coder[1][pair].word;
    u32 value, size = value_bits(block[0] - *last, &value), before = 0;
    put_code(&w, dc[size], value, size);
    *last = block[0];
    for (u64 rest = *mask++; rest; rest &= rest - 1) {
        u32 k = (u32)__builtin_ctzll(rest), zeros = k - before - 1;
        for (; zeros > 15; zeros -= 16) put_code(&w, ac[0xF0], 0, 0);
        size = value_bits(block[ZIGZAG[k]], &value);
        put_code(&w, ac[zeros << 4 | size], value, size);
        before = k;
    }
    if (before < 63) put_code(&w, ac[0], 0, 0);
    out = w;
}

/* Room for *count* bytes more; the output is the last thing in memory and grows where it stands. */
static i32 room(u32 count)
{
#ifdef __wasm__
    if ((u32)(out_end - out.at) >= count) return 0;
    u8 *more = alloc(1 << 20);
    if (more != out_end) return LIMIT;
    out_end = more + (1 << 20);
    return 0;
#else
    return (u64)(out_end - out.at) >= count ? 0 : LIMIT;
#endif
}

/* Visit all blocks in their order: first to count, then to write. */
static i32 put_data(u32 writing)
{
    static i16 flat[MAX_COMPONENTS][64];
    i32 last[MAX_COMPONENTS] = {0};
    u32 alone = pic.count == 1, across = up(pic.width, 8 * pic.hmax), down = up(pic.height, 8 * pic.vmax);
    for (u32 y = 0; y < down; y++)
        for (u32 x = 0; x < across; x++) {
            TRY(room(8192));  /* ten blocks of 64 times 26 bits, every byte FF, and more */
            for (u32 c = 0; c < pic.count; c++) {
                const Component *k = &pic.component[c];
                u32 pair = !alone && (c == 1 || c == 2);
                for (u32 v = 0; v < k->v; v++)
                    for (u32 h = 0; h < k->h; h++) {
                        u32 bx = x * k->h + h, by = y * k->v + v;
                        const i16 *block = flat[c];
                        if (bx < k->columns && by < k->rows) block = block_at(k, bx, by);
                        else flat[c][0] = (i16)last[c];
                        if (writing) put_block(pair, block, &last[c]);
                        else count_block(pair, block, &last[c]);
                    }
            }
        }
    return 0;
}

static void put_word(u32 value)
{
    put_byte(value >> 8);
    put_byte(value);
}

static u32 put_tables(void)
{
    u32 wide = 0;
    for (u32 c = 0; c < pic.count; c++) {
        u32 same = c, large = 0;
        for (u32 other = c; other-- > 0;)
            if (!__builtin_memcmp(pic.quantiser[c], pic.quantiser[other], 128)) same = other;
        pic.component[c].table = same == c ? c : pic.component[same].table;
        if (same != c) continue;
        for (u32 k = 0; k < 64; k++) large |= pic.quantiser[c][k] > 255;
        wide |= large;
        put_word(0xFFDB);
        put_word(large ? 131 : 67);
        put_byte((large << 4 | c));
        for (u32 k = 0; k < 64; k++) {
            if (large) put_byte((pic.quantiser[c][ZIGZAG[k]] >> 8));
            put_byte(pic.quantiser[c][ZIGZAG[k]]);
        }
    }
    return wide;
}

static void put_codes(u32 class, u32 pair)
{
    Coder *t = &coder[class][pair];
    put_word(0xFFC4);
    put_word(19 + t->total);
    put_byte((class << 4 | pair));
    for (u32 i = 1; i <= 16; i++) put_byte(t->counts[i]);
    for (u32 i = 0; i < t->total; i++) put_byte(t->value[i]);
}

static void put_head(void)
{
    u32 wide = put_tables();
    put_word(wide ? 0xFFC1 : 0xFFC0);  /* T.81, B.2.4.1: tables of 16 bits are beyond baseline */
    put_word(8 + 3 * pic.count);
    put_byte(8);
    put_word(pic.height);
    put_word(pic.width);
    put_byte(pic.count);
    for (u32 c = 0; c < pic.count; c++) {
        put_byte(pic.component[c].id);
        put_byte((pic.component[c].h << 4 | pic.component[c].v));
        put_byte(pic.component[c].table);
    }
    for (u32 pair = 0; pair < (pic.count == 1 ? 1 : 2); pair++) {
        put_codes(0, pair);
        put_codes(1, pair);
    }
    put_word(0xFFDA);
    put_word(6 + 2 * pic.count);
    put_byte(pic.count);
    for (u32 c = 0; c < pic.count; c++) {
        put_byte(pic.component[c].id);
        put_byte(pic.count > 1 && (c == 1 || c == 2) ? 0x11 : 0);
    }
    put_byte(0);
    put_byte(63);
    put_byte(0);
}

/* Write the coefficients as one baseline scan, from DQT to EOI, with the best codes for them. */
EXPORT(encode) i32 encode(void)
{
    memset(coder, 0, sizeof coder);
    begin_spread();
    u64 units = (u64)up(pic.width, 8 * pic.hmax) * up(pic.height, 8 * pic.vmax), blocks = 0;
    for (u32 c = 0; c < pic.count; c++) blocks += units * pic.component[c].h * pic.component[c].v;
    if (blocks > 1u << 27 || !(masks = alloc((u32)(blocks * 8)))) return LIMIT;
    mask = masks;
#ifdef __wasm__
    if (!(out.at = alloc(1 << 20))) return LIMIT;
    out_end = out.at + (1 << 20);
#else
    u32 size = (1u << 20) + pic.tiles_across * pic.tiles_down * pic.tile_blocks * 256;
    if (!(out.at = alloc(size))) return LIMIT;
    out_end = out.at + size;
#endif
    encoded = out.at;
    outside = 0;
    TRY(put_data(0));
    if (outside) return DATA;
    for (u32 i = 0; i < 4; i++) make_codes(&coder[i / 2][i % 2]);
    put_head();
    mask = masks;
    TRY(put_data(1));
    TRY(room(64));
    end_of_bits();
    put_word(0xFFD9);
    pic.output = ADDRESS(encoded);
    pic.output_length = (u32)(out.at - encoded);
    return 0;
}
