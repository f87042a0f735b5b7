// Tlogcheck judges a log of ours with the code of Go's own checksum database (golang.org/x/mod/sumdb):
// signatures by note, tiles, inclusion and consistency by tlog. It is part of the tests only.
//
// With "keys" as its argument it tries our private key and makes one of Go's own.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Index int64
	Path  [][]byte
}

type head struct {
	Raw       []byte      // the signed checkpoint
	Inclusion []inclusion // our proofs in it
	Older     [][][]byte  // our consistency proofs from each head before it
}

type job struct {
	Vkey  string
	Dir   string
	Heads []head
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
}

// tileReader reads our files: the standard's paths are Go's without the height, and "entries" for "data".
type tileReader struct{ dir string }

func (r tileReader) Height() int { return 8 }

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) path(t tlog.Tile) string {
	path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(r.dir, strings.Replace(path, "tile/data/", "tile/entries/", 1))
}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(r.path(t))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// entry reads one entry from the bundle that a log of this size has.
func (r tileReader) entry(index, size int64) []byte {
	width := size - index/256*256
	if width > 256 {
		width = 256
	}
	data, err := os.ReadFile(r.path(tlog.Tile{H: 8, L: -1, N: index / 256, W: int(width)}))
	check(err)
	for skip := index % 256; ; skip-- {
		end := 2 + int(data[0])<<8 + int(data[1])
		if skip == 0 {
			return data[2:end]
		}
		data = data[end:]
	}
}

func tree(raw []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(raw, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	t := tlog.Tree{N: size}
	copy(t.Hash[:], root)
	return t
}

func hashes(raw [][]byte) []tlog.Hash {
	all := make([]tlog.Hash, len(raw))
	for i := range raw {
		copy(all[i][:], raw[i])
	}
	return all
}

func judge(j job) {
	verifier, err := note.NewVerifier(j.Vkey)
	check(err)
	files := tileReader{j.Dir}
	var trees []tlog.Tree
	inclusions, consistencies := 0, 0
	for _, h := range j.Heads {
		t := tree(h.Raw, verifier)
		reader := tlog.TileHashReader(t, files)
		root, err := tlog.TreeHash(t.N, reader)
		check(err)
		if t.N > 0 && root != t.Hash {
			check(fmt.Errorf("the tiles of size %d do not lead to its root", t.N))
		}
		for _, in := range h.Inclusion {
			leaf := tlog.RecordHash(files.entry(in.Index, t.N))
			theirs, err := tlog.ProveRecord(t.N, in.Index, reader)
			check(err)
			check(tlog.CheckRecord(theirs, t.N, t.Hash, in.Index, leaf))
			check(tlog.CheckRecord(tlog.RecordProof(hashes(in.Path)), t.N, t.Hash, in.Index, leaf))
			inclusions++
		}
		for i, ours := range h.Older {
			old := trees[i]
			if old.N == 0 {
				continue
			}
			theirs, err := tlog.ProveTree(t.N, old.N, reader)
			check(err)
			check(tlog.CheckTree(theirs, t.N, t.Hash, old.N, old.Hash))
			check(tlog.CheckTree(tlog.TreeProof(hashes(ours)), t.N, t.Hash, old.N, old.Hash))
			consistencies++
		}
		trees = append(trees, t)
	}
	fmt.Println(len(trees), inclusions, consistencies)
}

// keys signs with our private key, and gives a private key of its own with its public half.
func keys(skey string) {
	signer, err := note.NewSigner(skey)
	check(err)
	signed, err := note.Sign(&note.Note{Text: "signed by Go\n"}, signer)
	check(err)
	private, public, err := note.GenerateKey(rand.Reader, "example.com/go")
	check(err)
	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"Signed": string(signed), "Private": private, "Public": public,
	}))
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "keys" {
		var skey string
		check(json.NewDecoder(os.Stdin).Decode(&skey))
		keys(skey)
		return
	}
	var j job
	check(json.NewDecoder(os.Stdin).Decode(&j))
	judge(j)
}
