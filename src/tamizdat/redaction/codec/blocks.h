/* One block of coefficients out of the bits, in each of the five ways a scan can hold it: a part of jdct.c. */

typedef struct {
    u32 count, from, to, high, low;  /* T.81: Ns, Ss, Se, Ah, Al */
    u32 component[MAX_COMPONENTS];
    const Huffman *dc[MAX_COMPONENTS], *ac[MAX_COMPONENTS];
    i32 last[MAX_COMPONENTS];
    u32 run;                         /* EOBRUN */
} Scan;

static inline i32 read_dc(Bits *b, Scan *s, u32 i, i16 *block)
{
    refill(b);
    i32 size = symbol(b, s->dc[i]);
    if (size < 0) return DATA;
    if (size) s->last[i] += extended(b, (u32)size);
    /* The bounds of 8-bit samples, and what keeps every difference within what can be written. */
    i32 value = s->last[i] * (1 << s->low);
    if (value < DC_LEAST || value > DC_MOST) return DATA;
    block[0] = (i16)value;
    return 0;
}

static i32 read_sequential(Scan *s, u32 i, i16 *block)
{
    Bits b = in;
    const Huffman *t = s->ac[i];
    i32 flaw = read_dc(&b, s, i, block);
    for (u32 k = 1; !flaw && k < 64; k++) {
        refill(&b);
        i32 whole = t->whole[b.next >> (64 - LOOK)];
        if (whole) {
            k += whole & 15;
            if (k > 63) flaw = DATA;
            else block[ZIGZAG[k]] = (i16)(whole >> 16);
            drop(&b, whole >> 8 & 255);
            continue;
        }
        i32 both = symbol(&b, t);
        u32 size = both & 15;
        if (!both) break;
        k += (u32)both >> 4 & 15;
        if (both < 0 || k > 63 || size > 10 || (!size && both != 0xF0)) flaw = DATA;
        else if (size) block[ZIGZAG[k]] = (i16)extended(&b, size);
        else if (k == 63) flaw = DATA;  /* sixteen zeros, and nothing after them */
    }
    in = b;
    return flaw;
}

static i32 read_dc_first(Scan *s, u32 i, i16 *block)
{
    Bits b = in;
    i32 flaw = read_dc(&b, s, i, block);
    in = b;
    return flaw;
}

static i32 read_dc_more(Scan *s, u32 i, i16 *block)
{
    (void)i;
    refill(&in);
    block[0] = (i16)(block[0] | (i32)(bits(&in, 1) << s->low));
    return 0;
}

static i32 read_ac_first(Scan *s, u32 i, i16 *block)
{
    if (s->run) {
        s->run--;
        return 0;
    }
    Bits b = in;
    i32 flaw = 0;
    for (u32 k = s->from; !flaw && k <= s->to; k++) {
        refill(&b);
        i32 both = symbol(&b, s->ac[i]);
        u32 zeros = (u32)both >> 4 & 15, size = both & 15;
        if (both < 0) {
            flaw = DATA;
            break;
        }
        if (!size && zeros < 15) {
            s->run = (1u << zeros) - 1 + (zeros ? bits(&b, zeros) : 0);
            break;
        }
        k += zeros;
        if (k > s->to || size > 10) flaw = DATA;
        else if (size) {
            i32 value = extended(&b, size) * (1 << s->low);
            if (value > AC_MOST || value < -AC_MOST) flaw = DATA;
            block[ZIGZAG[k]] = (i16)value;
        }
    }
    in = b;
    return flaw;
}

/* One more bit for a coefficient that is not zero. */
static inline void correct(Bits *b, i16 *value, i32 one)
{
    refill(b);
    if (bits(b, 1)) *value = (i16)(*value + (*value > 0 ? one : -one));
}

/* One bit each for those of *set* that lie from k to the last one before *end*. */
static inline void correct_all(Bits *b, i16 *block, u64 set, u32 k, u32 end, i32 one)
{
    for (u64 rest = set >> k << k & ((2ull << (end - 1)) - 1); rest; rest &= rest - 1)
        correct(b, &block[ZIGZAG[__builtin_ctzll(rest)]], one);
}

/* T.81, G.1.2.3: one bit for each coefficient that is no longer zero, among the places of new ones. */
static i32 read_ac_more(Scan *s, u32 i, i16 *block)
{
    i32 one = 1 << s->low;
    u32 k = s->from, end = s->to + 1;
    if (s->run && all_zero(block)) {
        s->run--;
        return 0;
    }
    u64 set = nonzero(block);  /* before this scan: what it adds is never corrected by it */
    Bits b = in;
    for (; !s->run && k < end; k++) {
        refill(&b);
        i32 both = symbol(&b, s->ac[i]), fresh = 0;
        u32 zeros = (u32)both >> 4 & 15, size = both & 15;
        if (both < 0 || size > 1) return DATA;
        if (size) fresh = bits(&b, 1) ? one : -one;
        else if (zeros < 15) {
            s->run = (1u << zeros) + (zeros ? bits(&b, zeros) : 0);
            break;
        }
        /* Pass over so many zeros, and stop at the next one. */
        for (u64 rest = set >> k << k; rest; rest &= rest - 1) {
            u32 next = (u32)__builtin_ctzll(rest);
            if (next >= end || zeros < next - k) break;
            zeros -= next - k;
            correct(&b, &block[ZIGZAG[next]], one);
            k = next + 1;
        }
        k += zeros;
        if (k >= end) return DATA;
        if (fresh) block[ZIGZAG[k]] = (i16)fresh;
    }
    if (s->run) {
        if (k < end) correct_all(&b, block, set, k, end, one);
        s->run--;
    }
    in = b;
    return 0;
}
