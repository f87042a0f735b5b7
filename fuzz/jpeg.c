/*
 * Mutate JPEGs and read them with jdct.c under sanitizers: fuzz/jpeg.py compiles and runs this.
 *
 * Every picture is read from memory of exactly its size. One that is accepted is written, read again, and must be the
 * same; where libjpeg is at hand (LIBJPEG), it must read the very same coefficients and find nothing to warn of.
 * Arguments: how many mutations, a number to draw lots from, files.
 */

#include "../src/tamizdat/redaction/codec/jdct.c"

#include <stdio.h>

#ifdef LIBJPEG
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>

static jmp_buf given_up;
static int told;                 /* what libjpeg last said of the picture, but for what is no flaw of it */

static void give_up(j_common_ptr j) { told = j->err->msg_code, longjmp(given_up, 1); }

static void note(j_common_ptr j, int level)
{
    /* A version of JFIF that is not known, and a colour transform likewise, change no coefficient. */
    int code = j->err->msg_code;
    if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM) told = code;
}

/* What libjpeg finds otherwise than we did: 0 for nothing, its message, or -1 for a coefficient or quantiser. */
static int other_than_libjpeg(const u8 *raw, u32 length)
{
    static struct jpeg_decompress_struct j;
    static struct jpeg_error_mgr errors;
    told = 0;
    j.err = jpeg_std_error(&errors);
    errors.error_exit = give_up;
    errors.emit_message = note;
    if (setjmp(given_up)) return jpeg_destroy_decompress(&j), told;
    jpeg_create_decompress(&j);
    jpeg_mem_src(&j, raw, length);
    jpeg_read_header(&j, TRUE);
    jvirt_barray_ptr *all = jpeg_read_coefficients(&j);
    int same = j.num_components == (int)pic.count && j.image_width == pic.width && j.image_height == pic.height;
    for (u32 c = 0; same && c < pic.count; c++) {
        const Component *k = &pic.component[c];
        const jpeg_component_info *theirs = &j.comp_info[c];
        same = theirs->width_in_blocks == k->columns && theirs->height_in_blocks == k->rows;
        for (u32 i = 0; same && i < 64; i++) same = theirs->quant_table->quantval[i] == pic.quantiser[c][i];
        for (u32 y = 0; same && y < k->rows; y++) {
            JBLOCKARRAY row = j.mem->access_virt_barray((j_common_ptr)&j, all[c], y, 1, FALSE);
            for (u32 x = 0; same && x < k->columns; x++) same = !memcmp(row[0][x], block_at(k, x, y), 128);
        }
    }
    jpeg_destroy_decompress(&j);
    return same ? told : -1;
}
#else
static int other_than_libjpeg(const u8 *raw, u32 length) { return 0; }
#endif

static u64 lots;

static u32 draw(u32 below)
{
    lots ^= lots << 13, lots ^= lots >> 7, lots ^= lots << 17;
    return (u32)((lots >> 16) % below);
}

static void forget(void)
{
    while (takings) free(taken[--takings]);
    memset(&pic, 0, sizeof pic);
    memset(huffman, 0, sizeof huffman);
    memset(quantiser_defined, 0, sizeof quantiser_defined);
    memset(latched, 0, sizeof latched);
    memset(known, 0, sizeof known);
    memset(&in, 0, sizeof in);
    progressive = restart_interval = jfif = adobe = scanned = 0;
    visited = visits_allowed = codes = 0;
    coefficients = 0;
}

static u32 mutate(u8 *raw, u32 length)
{
    for (u32 changes = 1 + draw(3); changes--;) {
        u32 at = draw(length), count = 1 + draw(24);
        /* Most of a picture is data; its head is where the rules are. */
        if (draw(2)) at = draw(length < 700 ? length : 700);
        if (count > length - at) count = length - at;
        switch (draw(8)) {
        case 0: length = at + 1; break;
        case 1: memmove(raw + at, raw + at + count, length - at - count), length -= count; break;
        case 2: memset(raw + at, draw(2) ? 0xFF : 0, count); break;
        case 3: raw[at] = (u8)(0xC0 + draw(64)); break;
        case 4: raw[at] += (u8)(draw(2) ? 1 : 255); break;
        default: raw[at] ^= (u8)(1 << draw(8));
        }
        if (!length) return 0;
    }
    return length;
}

int main(int count, char **arguments)
{
    static u8 *file[64], work[1 << 20];
    static u32 size[64];
    u32 files = 0, accepted = 0, reasons[16] = {0}, times = (u32)atoi(arguments[1]);
    lots = (u64)atoll(arguments[2]) * 2654435761u + 88172645463325252ull;
    for (int i = 3; i < count && files < 64; i++) {
        FILE *from = fopen(arguments[i], "rb");
        if (!from) return 2;
        file[files] = malloc(1 << 20);
        size[files] = (u32)fread(file[files], 1, 1 << 20, from);
        fclose(from);
        files++;
    }
    for (u32 i = 0; i < times; i++) {
        u32 which = draw(files), length = size[which];
        memcpy(work, file[which], length);
        length = mutate(work, length);
        u8 *exact = malloc(length ? length : 1);
        memcpy(exact, work, length);
        forget();
        i32 flaw = decode(exact, length);
        reasons[flaw & 15]++;
        u64 values = (u64)pic.tiles_across * pic.tiles_down * pic.tile_blocks * 64;
        if (!flaw && values < 1 << 22) {
            accepted++;
            int other = other_than_libjpeg(exact, length);
            if (other) {
                FILE *to = fopen("fuzz-jpeg.jpg", "wb");
                fwrite(exact, 1, length, to), fclose(to);
                return printf("mutation %u is not what libjpeg reads (%d): fuzz-jpeg.jpg\n", i, other), 1;
            }
            if (encode()) return printf("mutation %u is read but cannot be written\n", i), 1;
            u32 again_length = 2 + (u32)(out.at - encoded);
            u8 *again = malloc(again_length);
            i16 *before = malloc(values * 2);
            memcpy(again, "\xff\xd8", 2);
            memcpy(again + 2, encoded, again_length - 2);
            memcpy(before, coefficients, values * 2);
            Picture was = pic;
            forget();
            flaw = decode(again, again_length);
            int same = !memcmp(before, coefficients, values * 2) && !memcmp(was.quantiser, pic.quantiser, sizeof was.quantiser);
            /* Without its Adobe segment a picture of four components, or an odd transform, is told differently. */
            if ((flaw && flaw != FRAME) || !same) return printf("mutation %u is not what was written of it (%d)\n", i, flaw), 1;
            free(again), free(before);
        }
        free(exact);
    }
    printf("%u tried, %u accepted and written again alike; refused:", times, accepted);
    for (u32 i = 1; i < 16; i++)
        if (reasons[i]) printf(" %u:%u", i, reasons[i]);
    printf("\n");
    return 0;
}
