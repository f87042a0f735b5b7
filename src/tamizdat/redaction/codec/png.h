/* PNG's filters undone: a part of jdct.c. */

/* Undo the filters of rows that each begin with their filter's number (PNG, section 9), where they stand. */
EXPORT(unfilter) i32 unfilter(u8 *row, u32 rows, u32 length, u32 pixel)
{
    u8 *above = 0;
    for (; rows--; above = row + 1, row += length + 1) {
        u8 *x = row + 1;
        if (row[0] > 4) return DATA;
        for (u32 i = 0; i < length; i++) {
            i32 a = i < pixel ? 0 : x[i - pixel], b = above ? above[i] : 0, c = i < pixel || !above ? 0 : above[i - pixel];
            if (row[0] == 1) x[i] += (u8)a;
            else if (row[0] == 2) x[i] += (u8)b;
            else if (row[0] == 3) x[i] += (u8)((a + b) >> 1);
            else if (row[0] == 4) {
                i32 pa = b - c, pb = a - c, pc = pa + pb;
                pa = pa < 0 ? -pa : pa, pb = pb < 0 ? -pb : pb, pc = pc < 0 ? -pc : pc;
                x[i] += (u8)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
            }
        }
    }
    return 0;
}
