package wire

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The corpora under testdata/fuzz are the valid samples and a few of their
// mutations; go test -run=TestCorpora -corpus writes them anew.
var writeCorpus = flag.Bool("corpus", false, "write the fuzz corpora anew")

// target says of a fuzz target which samples seed it.
var targets = map[string]func(sample) bool{
	"FuzzDecodeEntry":      isEntry,
	"FuzzDecodeCommit":     func(s sample) bool { return isEntry(s) && s.raw[1] == byte(KindCommit) },
	"FuzzDecodeMessage":    func(s sample) bool { return isEntry(s) && s.raw[1] == byte(KindMessage) },
	"FuzzDecodeJoin":       func(s sample) bool { return isEntry(s) && s.raw[1] == byte(KindJoin) },
	"FuzzDecodeManifest":   func(s sample) bool { return s.name == "manifest" || s.name == "full manifest" },
	"FuzzDecodeCredential": func(s sample) bool { return s.name == "credential" || s.name == "customer's credential" },
	"FuzzDecodeKeyPackage": func(s sample) bool { return strings.Contains(s.name, "key package") },
	"FuzzLoadChain":        func(s sample) bool { return strings.Contains(s.name, "chain") },
	"FuzzCheck":            isEntry,
}

func isEntry(s sample) bool {
	return !strings.Contains(s.name, "chain") && !strings.Contains(s.name, "manifest") && !strings.Contains(s.name, "credential") && !strings.Contains(s.name, "key package")
}

func TestCorporaAreCommitted(t *testing.T) {
	for target, of := range targets {
		dir := filepath.Join("testdata", "fuzz", target)
		if *writeCorpus {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			for _, s := range samples(t) {
				if !of(s) {
					continue
				}
				name := strings.NewReplacer(" ", "-", "'", "").Replace(s.name)
				for i, b := range append([][]byte{s.raw}, mutations(s.raw)...) {
					text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", b)
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d", name, i)), text, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) < 4 {
			t.Errorf("%s: %d seeds, %v", target, len(files), err)
		}
	}
}

func mutations(raw []byte) [][]byte {
	cut := raw[:len(raw)*2/3]
	grown := append(bytes.Clone(raw), 0)
	count := bytes.Clone(raw)
	count[min(len(count)-1, 40)] = 0xff
	return [][]byte{cut, grown, count}
}

// canonical is what every decoder must keep: an error is a Code, and what
// decodes encodes to the same bytes.
func canonical(t *testing.T, s sample) {
	t.Helper()
	if err := s.decode(s.raw); err != nil {
		if c, ok := err.(Code); !ok || c < BadArgument || c > Internal {
			t.Fatalf("error %v is no code", err)
		}
		return
	}
	if again := s.again(s.raw); !bytes.Equal(again, s.raw) {
		t.Fatalf("encodes to\n%x, was\n%x", again, s.raw)
	}
}

func fuzzEntry(f *testing.F, kinds ...byte) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			b = []byte{1, 1}
		}
		b = bytes.Clone(b)
		if len(kinds) == 1 { // reach this kind, whatever the engine made of the head
			b[0], b[1] = Version, kinds[0]
		}
		canonical(t, sample{"", b, decodesEntry, againEntry})
	})
}

func FuzzDecodeEntry(f *testing.F)   { f.Add([]byte{}); fuzzEntry(f) }
func FuzzDecodeCommit(f *testing.F)  { f.Add([]byte{1, 1}); fuzzEntry(f, byte(KindCommit)) }
func FuzzDecodeMessage(f *testing.F) { f.Add([]byte{1, 2}); fuzzEntry(f, byte(KindMessage)) }
func FuzzDecodeJoin(f *testing.F)    { f.Add([]byte{1, 3}); fuzzEntry(f, byte(KindJoin)) }

// FuzzDecodeManifest also signs what it is given, so that the rules behind the
// signature are reached.
func FuzzDecodeManifest(f *testing.F) {
	f.Add([]byte{})
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		canonical(t, sample{"", b, decodesManifest(w), againManifest(w)})
		if len(b) > 64+32+25 {
			body := bytes.Clone(b[:len(b)-64])
			copy(body[25:], pub(w.root))
			canonical(t, sample{"", append(body, Sign(w.root, "manifest", body)...), decodesManifest(w), againManifest(w)})
		}
	})
}

func FuzzDecodeCredential(f *testing.F) {
	f.Add([]byte{})
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		canonical(t, sample{"", b, decodesCredential, againCredential})
		if c, err := DecodeCredential(b); err == nil {
			if err := w.manifest.CheckCredential(c); err != nil && err != BadCredential {
				t.Fatalf("%v", err)
			}
		}
	})
}

func FuzzDecodeKeyPackage(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		canonical(t, sample{"", b, decodesKeyPackage, againKeyPackage})
		if k, err := parseKeyPackage(b); err == nil && !bytes.Equal(againKeyPackage(b), b) {
			t.Fatalf("not canonical: %+v", k)
		}
	})
}

func FuzzLoadChain(f *testing.F) {
	f.Add([]byte{})
	w := newWorld(f)
	c := w.begun(w.bare(10), w.actor(20, Agent, nil))
	entries := []*Entry{mustDecode(f, w.commit(c, w.bare(10), nil)), mustDecode(f, w.message(c, w.bare(10), nil)), mustDecode(f, w.join(w.bare(10), c.Member(w.bare(10).id()).KeyPackage.Leaf.Hash()))}
	f.Fuzz(func(t *testing.T, b []byte) {
		canonical(t, sample{"", b, decodesChain(w), againChain(w)})
		if loaded, err := LoadChain(b, func(h Hash) *Manifest { return w.manifests[h] }); err == nil {
			for _, e := range entries { // whatever was loaded, checking does not panic
				loaded.Apply(e)
			}
			loaded.Marshal()
		}
	})
}

// FuzzCheck gives any entry to chains that have begun or not: only the samples
// that are valid there may pass, and no check changes anything.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{1, 1})
	all := samples(f)
	w := newWorld(f)
	i := slices.IndexFunc(all, func(s sample) bool { return s.name == "chain" })
	c, err := LoadChain(all[i].raw, func(h Hash) *Manifest { return w.manifests[h] })
	if err != nil {
		f.Fatal(err)
	}
	empty := w.chain()
	before := c.Marshal()
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		known := slices.ContainsFunc(all, func(s sample) bool { return bytes.Equal(s.raw, b) })
		for _, chain := range []*Chain{empty, c} {
			if err := chain.Check(e); err == nil && e.Kind != KindMessage && !known {
				t.Fatalf("a forged entry is valid: %x", b)
			}
		}
		if !bytes.Equal(before, c.Marshal()) {
			t.Fatal("Check changed the chain")
		}
	})
}
