package conversation

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Vectors are whole conversations with all their secrets, one scenario a file
// of testdata, for readers in other languages (SPEC section 15). They are made
// by vectors_scenarios_test.go:
//
//	go test ./wasm/conversation -run TestVectors -update
//
// Every run reads each file with fresh ends, and makes it again to compare.
var updateVectors = flag.Bool("update", false, "write testdata/*.json anew")

// vectorGo is the Go release whose use of randomness the files are made with;
// testing/cryptotest promises nothing between releases.
const vectorGo = "go1.26"

type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type vector struct {
	Comment      string           `json:"comment"`
	Root         hexBytes         `json:"root"` // pinned
	Manifests    []vectorManifest `json:"manifests"`
	Conversation hexBytes         `json:"conversation"`
	Ends         []*vectorEnd     `json:"ends"`
	Entries      []*vectorEntry   `json:"entries"`
	Safety       []vectorSafety   `json:"safety"` // after the last entry
}

// vectorSafety is what an end tells a person to compare with a member, or its code.
type vectorSafety struct {
	End        string   `json:"end"`
	Member     hexBytes `json:"member"`
	Number     string   `json:"number,omitempty"`
	Transcript string   `json:"transcript,omitempty"`
	Epoch      *uint64  `json:"epoch,omitempty"`
	Code       string   `json:"code,omitempty"`
}

func vectorSafetyOf(name string, c *Conversation, member wire.ID) vectorSafety {
	out := vectorSafety{End: name, Member: member[:]}
	s, err := c.Safety(member)
	if err != nil {
		out.Code = err.Error()
		return out
	}
	out.Number, out.Transcript, out.Epoch = string(s.Number[:]), string(s.Transcript[:]), &s.Epoch
	return out
}

// vectorManifest is one that all ends were shown before the first entry; the
// code says why one was refused.
type vectorManifest struct {
	Manifest hexBytes `json:"manifest"`
	Hash     hexBytes `json:"hash,omitempty"`
	Code     string   `json:"code,omitempty"`
}

type vectorEnd struct {
	Name    string         `json:"name"`
	Role    wire.Role      `json:"role"`
	Seed    hexBytes       `json:"seed"`    // of the Ed25519 identity
	Leaves  []vectorLeaf   `json:"leaves"`  // of published key packages
	Commits []vectorCommit `json:"commits"` // own ones whose secrets it holds
}

type vectorLeaf struct {
	X25519 hexBytes `json:"x25519"`         // scalar
	MLKEM  hexBytes `json:"mlkem"`          // seed d ‖ z
	Many   bool     `json:"many,omitempty"` // of a key package of last resort: the secret stays
}

type vectorCommit struct {
	ID     hexBytes   `json:"id"` // of the entry
	Secret hexBytes   `json:"secret"`
	Leaf   vectorLeaf `json:"leaf"`
}

type vectorEntry struct {
	Comment  string          `json:"comment,omitempty"`
	Entry    hexBytes        `json:"entry"`
	Passing  bool            `json:"passing,omitempty"` // beside the log, not in it
	Content  *hexBytes       `json:"content,omitempty"` // where somebody opened it
	Readings []vectorReading `json:"readings"`          // one for each end, in their order
}

// vectorReading is what an entry comes to at one end, and where it stands then.
type vectorReading struct {
	Type        string   `json:"type"` // message, commit, ignored, join, refused: not counted, no change
	Code        string   `json:"code,omitempty"`
	Counter     uint64   `json:"counter,omitempty"`
	Gap         uint64   `json:"gap,omitempty"`
	State       string   `json:"state"`
	By          hexBytes `json:"by,omitempty"`   // forked or doubtful: of whom
	Owes        bool     `json:"owes,omitempty"` // a commit at once, for the others' sake
	Epoch       uint64   `json:"epoch"`
	Index       uint64   `json:"index"`
	Transcript  hexBytes `json:"transcript"`
	LogHash     hexBytes `json:"log_hash"`
	EpochSecret hexBytes `json:"epoch_secret"`   // empty where it holds none
	Kept        string   `json:"kept,omitempty"` // epochs whose secrets it keeps to grant them, as in "0-3,5"

	// It was granted something: the log is read again, each entry with what it comes to.
	Again []vectorAgain `json:"again,omitempty"`
}

// vectorAgain is the second reading of an entry, by its number in the file.
type vectorAgain struct {
	Entry   int           `json:"entry"`
	Reading vectorReading `json:"reading"`
}

var vectorTypes = map[EventType]string{Opened: "message", Applied: "commit", Ignored: "ignored", Joining: "join"}
var vectorStates = []string{"empty", "active", "lost", "forked", "closed", "not a member", "doubtful", "rereading"}

// kept writes the epochs of the past that an end holds.
func kept(c *Conversation) (out string) {
	for i := 0; i < len(c.past); i++ {
		first := c.past[i].number
		for i+1 < len(c.past) && c.past[i+1].number == c.past[i].number+1 {
			i++
		}
		if out != "" {
			out += ","
		}
		if out += fmt.Sprint(first); c.past[i].number != first {
			out += fmt.Sprint("-", c.past[i].number)
		}
	}
	return out
}

// vectorRead feeds the entry to an end and describes what came of it.
func vectorRead(c *Conversation, entry []byte, passing bool, now uint64) (out vectorReading, content []byte, rewound bool) {
	var ev *Event
	var err error
	if passing {
		ev, err = c.Pass(entry)
	} else {
		ev, err = c.Receive(entry, now)
	}
	out = vectorReading{Type: "refused"}
	switch {
	case err != nil:
		out.Code = err.Error()
	default:
		out.Type = vectorTypes[ev.Type]
		if ev.Code != 0 {
			out.Code = ev.Code.Error()
		}
		rewound = ev.Rewound
		if ev.Type == Opened {
			out.Counter, out.Gap, content = ev.Counter, ev.Gap, append([]byte{}, ev.Content...)
		}
	}
	head, log := c.TranscriptHash(), c.LogHash()
	out.State, out.Epoch, out.Index, out.Transcript, out.LogHash = vectorStates[c.State()], c.Epoch(), c.Index(), head[:], log[:]
	if s := c.State(); s == Forked || s == Doubtful {
		by := c.ForkedBy()
		out.By = by[:]
	}
	if c.ready() == nil {
		out.Owes = c.defend != 0 || c.contested()
		for _, m := range c.Members() {
			out.Owes = out.Owes || m.ID != c.Self() && c.answer(now, &m, wire.ID{}) != nil
		}
	}
	out.EpochSecret = hexBytes{}
	if c.member {
		out.EpochSecret = append(out.EpochSecret, c.secrets.epoch[:]...)
	}
	out.Kept = kept(c)
	return out, content, rewound
}

func (l vectorLeaf) secret(t *testing.T) *leafSecret {
	t.Helper()
	s := new(leafSecret)
	if copy(s.x25519[:], l.X25519) != len(l.X25519) || copy(s.mlkem[:], l.MLKEM) != len(l.MLKEM) || len(l.X25519) != 32 || len(l.MLKEM) != 64 {
		t.Fatal("a leaf of another size")
	}
	return s
}

func leafOf(s *leafSecret) vectorLeaf {
	c := *s
	return vectorLeaf{X25519: c.x25519[:], MLKEM: c.mlkem[:]}
}

// restore makes the end anew from its seed and the secrets of its leaves.
func (v *vector) restore(t *testing.T, from *vectorEnd) *Conversation {
	t.Helper()
	e, err := newEnd(from.Role, []wire.Hash{wire.Hash(v.Root)}, from.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Manifests {
		err := e.AddManifest(m.Manifest, day0/1000, false)
		if got := codeText(err); got != m.Code {
			t.Errorf("manifest: code %q, want %q", got, m.Code)
		}
		if err == nil {
			if h := wire.Sum("manifest", m.Manifest); !bytes.Equal(h[:], m.Hash) {
				t.Error("manifest: another hash")
			}
		}
	}
	for _, l := range from.Leaves {
		s := l.secret(t)
		e.packages = append(e.packages, packageSecret{leaf: s.public().Hash(), expires: 1 << 62, many: l.Many, secret: s})
	}
	return e.Join(wire.ID(v.Conversation))
}

func codeText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// check reads the whole vector with ends that know nothing but what is in it.
func (v *vector) check(t *testing.T) {
	t.Helper()
	if len(v.Entries) == 0 || len(v.Ends) == 0 || len(v.Safety) != len(v.Ends)*len(v.Ends) {
		t.Fatal("an empty vector")
	}
	for n, end := range v.Ends {
		c := v.restore(t, end)
		for i, entry := range v.Entries {
			id := wire.EntryID(entry.Entry)
			for _, own := range end.Commits {
				if bytes.Equal(own.ID, id[:]) {
					c.pending = &pendingCommit{entry: entry.Entry, id: id, parent: c.TranscriptHash(), leaf: own.Leaf.secret(t)}
					copy(c.pending.secret[:], own.Secret)
				}
			}
			rewound := v.compare(t, c, end.Name, i+1, &entry.Readings[n])
			if rewound != (len(entry.Readings[n].Again) != 0) {
				t.Fatalf("entry %d (%s) at the %s: rewound %v", i+1, entry.Comment, end.Name, rewound)
			}
			for k := range entry.Readings[n].Again {
				again := &entry.Readings[n].Again[k]
				if v.compare(t, c, end.Name+", again", again.Entry, &again.Reading) {
					t.Fatalf("entry %d (%s) at the %s: rewound once more", again.Entry, entry.Comment, end.Name)
				}
			}
		}
		for _, want := range v.Safety[n*len(v.Ends) : (n+1)*len(v.Ends)] {
			if g, w := vectorJSON(t, vectorSafetyOf(end.Name, c, wire.ID(want.Member))), vectorJSON(t, want); !bytes.Equal(g, w) {
				t.Errorf("safety number at the %s:\ngot  %s\nwant %s", end.Name, g, w)
			}
		}
	}
}

// compare reads the entry of that number and holds it against what the file says.
func (v *vector) compare(t *testing.T, c *Conversation, name string, number int, want *vectorReading) (rewound bool) {
	t.Helper()
	entry := v.Entries[number-1]
	got, content, rewound := vectorRead(c, entry.Entry, entry.Passing, day0)
	plain := *want
	plain.Again = nil
	if g, w := vectorJSON(t, got), vectorJSON(t, plain); !bytes.Equal(g, w) {
		t.Fatalf("entry %d (%s) at the %s:\ngot  %s\nwant %s", number, entry.Comment, name, g, w)
	}
	if got.Type == "message" && (entry.Content == nil || !bytes.Equal(content, *entry.Content)) {
		t.Fatalf("entry %d (%s) at the %s: another content", number, entry.Comment, name)
	}
	return rewound
}

func vectorJSON(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// TestVectorsAreRead: fresh ends come to what each file says, and there is a
// file for each scenario and a scenario for each file.
func TestVectorsAreRead(t *testing.T) {
	if *updateVectors {
		t.Skip("TestVectorsAreMadeAlike writes them")
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(vectorScenarios) || len(files) == 0 {
		t.Fatalf("%d files in testdata for %d scenarios (%v)", len(files), len(vectorScenarios), err)
	}
	for _, s := range vectorScenarios {
		t.Run(s.name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", s.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			var v vector
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			v.check(t)
		})
	}
}

// TestVectorsAreMadeAlike: making a scenario again gives the same file.
func TestVectorsAreMadeAlike(t *testing.T) {
	if !strings.HasPrefix(runtime.Version(), vectorGo) {
		t.Skipf("%s may draw randomness otherwise than %s did", runtime.Version(), vectorGo)
	}
	for n, s := range vectorScenarios {
		t.Run(s.name, func(t *testing.T) {
			made := makeVector(t, uint64(n+1), s)
			file := filepath.Join("testdata", s.name+".json")
			if *updateVectors {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, made, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(made, want) {
				t.Error("made anew it is another file: run with -update, and say in the commit why the bytes changed")
			}
		})
	}
}
