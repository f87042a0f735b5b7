/**
 * The note in every descriptor: how to join parts when this program is gone. It is NOT read by machines.
 *
 * It is the text of src/tamizdat/carry/rescue.py, letter by letter: tests compare whole packets.
 */

/** @param {{need: number, number: number, packet: number}} of the part's number is from 1 @returns {string} plain ASCII */
export const note = ({ need, number, packet }) => `WHAT THIS IS. Part ${number} of a sealed package, made by the free program
"tamizdat". Any ${need} parts of its set, even damaged ones, give all of it.
With tamizdat:  tamizdat check PARTS    tamizdat join PARTS -o X.age
The result is an age file (age-encryption.org/v1). Only the one it was
sealed for can open it:  age -d -i KEY X.age | tar x

WITHOUT TAMIZDAT. The format is docs/spec/part.md of tamizdat. In short:
a part is packets of ${packet} bytes. Packet: "TZP1", type (1 block,
2 note), code 1, flags (1 tag, 2 end of volume, 4 end of all), log2 of the
packet's length, k, 255, part from 0, 0, row u32, set 16 bytes, volume u32,
bytes used in this row u32, check 24 bytes (BLAKE3 of bytes 0-39 and 64 to
the end), payload; all big-endian. If flag 1 is set the last 16 bytes are
a tag. Parts 0 to k-1 hold the package itself: put the payloads of row 0
of parts 0, 1 .. k-1 one after another, then row 1, and so on, volume by
volume; keep only "used" bytes of a row. Other parts are the code of the
library zfec (GF(256), 0x11d). Python 3, for any k parts that are whole:

import sys                     # python3 this.py OUT.age PART PART ...
E=[1]
while len(E)<255:E.append(E[-1]*2^285*(E[-1]>127))
L={v:i for i,v in enumerate(E)}
mul=lambda a,b:E[(L[a]+L[b])%255] if a and b else 0
T=[bytes(mul(a,b) for b in range(256)) for a in range(256)]
def sum_(cs,bs):               # sum of c*b over blocks b
    r=0
    for c,b in zip(cs,bs):r^=int.from_bytes(b.translate(T[c]),'big')
    return r.to_bytes(len(bs[0]),'big')
def V(r,k):return [E[(r-1)*c%255] if r else int(c==0) for c in range(k)]
S={}
for f in sys.argv[2:]:
    d=open(f,'rb').read();i=d.find(b'TZP1')
    while i>=0:
        h=d[i:i+64];n=1<<h[7];p=d[i+64:i+n-16*(h[6]&1)]
        if h[4]==1:S.setdefault((h[32:36],h[12:16]),{})[h[10]]=h,p
        i=d.find(b'TZP1',i+n)
out=open(sys.argv[1],'wb')
for s in sorted(S):
    h=next(iter(S[s].values()))[0];k=h[8];R=sorted(S[s])[:k]
    M=[V(r,k) for r in R];B=[S[s][r][1] for r in R]
    for c in range(k):         # solve: B[c] becomes M^-1 * B
        q=next(i for i in range(c,k) if M[i][c])
        M[c],M[q]=M[q],M[c];B[c],B[q]=B[q],B[c];a=E[-L[M[c][c]]%255]
        M[c]=[mul(a,x) for x in M[c]];B[c]=B[c].translate(T[a])
        for i in range(k):
            a=M[i][c]
            if i!=c and a:
                M[i]=[x^mul(a,y) for x,y in zip(M[i],M[c])]
                B[i]=sum_([1,a],[B[i],B[c]])
    D=b''.join(sum_(V(j,k),B) for j in range(k))
    out.write(D[:int.from_bytes(h[36:40],'big')])
`;

/** The one line of a descriptor too short for the note. @param {{need: number, number: number, packet: number}} of */
export const line = ({ need, number, packet }) =>
  `Part ${number} of a sealed package of "tamizdat", in packets of ${packet} bytes. Any ${need} parts are enough.\n`;
