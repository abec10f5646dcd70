package explore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Print names a world up to what is random in it: two worlds of one print go
// on alike. Every key, hash, id and secret counts only as the same as, or
// another than, those met before it.
type Print [16]byte

// token is a plain number, a place in the log or an epoch's number, which count
// from where the print begins, a text, or something random, by a hash of it.
type token struct {
	kind  byte
	plain uint64
	name  name
}

type name [16]byte

func named(b []byte) (n name) {
	h := sha256.Sum256(b)
	copy(n[:], h[:])
	return n
}

const (
	plain byte = iota
	place
	epoch
	text
	random
	counter // name is the instance: it is left out unless something else names that
)

type tokens []token

func (t *tokens) plain(n uint64)  { *t = append(*t, token{kind: plain, plain: n}) }
func (t *tokens) place(n uint64)  { *t = append(*t, token{kind: place, plain: n}) }
func (t *tokens) epoch(n uint64)  { *t = append(*t, token{kind: epoch, plain: n}) }
func (t *tokens) text(s string)   { *t = append(*t, token{kind: text, name: named([]byte(s))}) }
func (t *tokens) random(b []byte) { *t = append(*t, token{kind: random, name: named(b)}) }

func (t *tokens) flag(v bool) {
	n := uint64(0)
	if v {
		n = 1
	}
	t.plain(n)
}

// either is something random, or nothing.
func (t *tokens) either(b []byte) {
	if len(bytes.Trim(b, "\x00")) == 0 {
		t.plain(0)
	} else {
		t.random(b)
	}
}

// Print is the world's. What every member has read counts only by what it left
// in them, as long as nobody can go back or come new, and nothing old comes again.
func (w *World) Print() Print {
	t := room[:0]
	t.plain(w.Now)
	t.flag(w.lastWords)
	for v, i := reflect.ValueOf(&w.Budget).Elem(), 0; i < v.NumField(); i++ {
		t.plain(uint64(v.Field(i).Int()))
	}
	from := w.Log.Len()
	for i, m := range w.Members {
		if w.Budget.Restore+w.Budget.Twice+w.Budget.Flip > 0 || m.index == 0 && w.couldRead(i) || w.grants() {
			from = 0
		}
		if m.index > 0 {
			from = min(from, m.index)
		}
	}
	if from > 0 {
		t = append(t, *w.Log.Entries[from-1].print...)
		t.random(w.Log.Entries[from-1].Hash[:])
	}
	t.place(w.Log.Len())
	for _, p := range w.Log.Entries[from:] {
		t = append(t, p.tokens()...)
		t.random(p.Hash[:])
	}
	t.plain(uint64(len(w.late)))
	for _, l := range w.late {
		t.plain(uint64(l.by))
		t = append(t, l.entry.tokens()...)
		t.found(w.Log, l.entry, from)
	}
	for _, offers := range w.offers {
		t.plain(uint64(len(offers)))
	}
	for _, m := range w.Members {
		t = append(t, m.tokens()...)
		for _, o := range append([]*Entry{m.pending, m.asked}, outgoing(m)...) {
			if o != nil {
				t.found(w.Log, o, from)
			}
		}
		// Of what was shown only what may yet come again.
		for _, s := range m.Shown {
			if w.mayCome(s, from) {
				t.text(s.Text)
			}
		}
	}
	for _, m := range w.Members {
		t = append(t, m.counters()...)
		t.plain(0)
	}
	room = t
	return t.sum(from, w.Log.Chain(from).Epoch())
}

// What prints are made in, one after another.
var (
	room    tokens
	numbers = map[name]uint64{}
	encoded []byte
)

// found is whether the log holds an entry, and where, if that is still to be read.
func (t *tokens) found(l *Log, e *Entry, from uint64) {
	at := l.Find(e.ID)
	t.flag(at != 0)
	if at > from {
		t.place(at)
	}
}

// couldRead tells whether the i-th, who has read nothing, may be shown the log.
func (w *World) couldRead(i int) bool {
	m := w.Members[i]
	return w.member(i) != nil || m.Anew || m.until > 0 || m.role == wire.Inbox || w.offers != nil && len(w.offers[i]) > 0 && w.Budget.Add+w.Budget.Move > 0 || w.pendingAdd()
}

// grants tells whether somebody may yet read the log again.
func (w *World) grants() bool { return w.Budget.Move > 0 || w.pendingAdd() }

func (w *World) pendingAdd() bool {
	for _, m := range w.Members {
		if m.pending != nil && len(m.pending.decoded.Commit.Adds) > 0 {
			return true
		}
	}
	for _, l := range w.late {
		if l.entry.Kind == wire.KindCommit && len(l.entry.decoded.Commit.Adds) > 0 {
			return true
		}
	}
	return false
}

func (w *World) mayCome(s Shown, from uint64) bool {
	for _, m := range w.Members {
		for _, o := range m.Outbox {
			if o.Text == s.Text {
				return true
			}
		}
	}
	for _, p := range w.Log.Entries[from:] {
		if p.Text == s.Text {
			return true
		}
	}
	for _, l := range w.late {
		if l.entry.Text == s.Text {
			return true
		}
	}
	return false
}

func outgoing(m *Member) (out []*Entry) {
	for _, o := range m.Outbox {
		if o.Entry != nil {
			out = append(out, o.Entry)
		}
	}
	return out
}

func (t tokens) sum(from, first uint64) Print {
	clear(numbers)
	b := encoded[:0]
	for _, k := range t {
		n := k.plain
		switch k.kind {
		case place:
			n -= from
		case epoch:
			n -= first
		case random:
			known := false
			if n, known = numbers[k.name]; !known {
				n = uint64(len(numbers))
				numbers[k.name] = n
			}
		case counter: // they come last
			known := false
			if n, known = numbers[k.name]; !known {
				continue
			}
			b = binary.BigEndian.AppendUint64(b, n)
			n = k.plain
		}
		b = binary.BigEndian.AppendUint64(append(b, k.kind), n)
		if k.kind == text {
			b = append(b, k.name[:]...)
		}
	}
	encoded = b
	h := sha256.Sum256(b)
	return Print(h[:16])
}

// tokens of an entry: all that it says, and that it is itself.
func (e *Entry) tokens() []token {
	if e.print != nil {
		return e.print
	}
	var t tokens
	t.random(e.ID[:])
	t.plain(uint64(e.Kind))
	if e.Forged {
		t.plain(uint64(e.how))
		t.random(e.of[:])
	}
	switch d := e.decoded; e.Kind {
	case wire.KindMessage:
		m := d.Message
		t.random(m.Sender[:])
		t.random(m.Instance[:])
		t.epoch(m.Epoch)
		t.plain(m.Counter)
		t.place(m.SeenIndex)
		t.random(m.SeenHash[:])
		t.text(e.Text)
	case wire.KindCommit:
		m := d.Commit
		t.keyPackage(m.KeyPackage)
		t.epoch(m.Epoch)
		t.random(m.Parent[:])
		head := m.TranscriptHash()
		t.random(head[:])
		t.place(m.SeenIndex)
		t.random(m.SeenHash[:])
		t.plain(m.Time)
		t.random(m.ManifestHash[:])
		t.plain(uint64(m.Marks)<<8 + uint64(m.Role))
		t.plain(uint64(len(m.Adds)))
		for _, a := range m.Adds {
			t.plain(uint64(a.Role))
			t.keyPackage(a.KeyPackage)
		}
		t.plain(uint64(len(m.Removes)))
		for _, id := range m.Removes {
			t.random(id[:])
		}
		t.either(m.Answers)
	case wire.KindJoin:
		t.random(d.Join.Leaf[:])
		t.plain(uint64(d.Join.Reason))
		t.keyPackage(d.Join.KeyPackage)
	}
	e.print = t
	return t
}

func (t *tokens) keyPackage(kp *wire.KeyPackage) {
	id, leaf := kp.MemberID(), kp.Leaf.Hash()
	t.random(id[:])
	t.random(leaf[:])
	if kp.Credential != nil {
		t.random(kp.Credential.Bytes())
	}
}

// tokensOf what the entries up to somewhere come to.
func tokensOf(c *wire.Chain) *tokens {
	var t tokens
	head := c.Head()
	t.either(head[:])
	t.epoch(c.Epoch())
	t.flag(c.Closed())
	t.plain(uint64(len(c.Members())))
	for _, m := range c.Members() {
		t.plain(uint64(m.Role))
		t.flag(m.Leaving)
		t.keyPackage(m.KeyPackage)
	}
	for _, j := range c.Joins() {
		t.random(j.ID[:])
		t.random(j.Leaf[:])
		t.keyPackage(j.KeyPackage)
	}
	return &t
}

// tokens of a member: the whole of its conversation but what the log decides,
// its end's secrets, and its client.
func (m *Member) tokens() []token {
	if m.print != nil {
		return m.print
	}
	var t tokens
	t.random(m.ID[:])
	e, c := m.end, m.Look()
	instance := e.Instance()
	t.random(instance[:])
	t.plain(e.Newest().Sequence)
	t.walk(reflect.ValueOf(e).Elem().FieldByName("packages"))
	if c := reflect.ValueOf(e).Elem().FieldByName("credential"); !c.IsNil() {
		t.random(c.Elem().FieldByName("raw").Bytes())
	}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); v.Type().Field(i).Name {
		case "end", "chain": // above; and the log's
		case "pending", "request", "counters": // below
		case "epochMessages", "ownMessages":
			if m.company.rotate < wire.RotateMessages { // else no world has as many as matter
				t.walk(f)
			}
		case "past":
			for n := range f.Len() {
				t.epoch(f.Index(n).FieldByName("number").Uint())
				t.random(f.Index(n).FieldByName("secret").Bytes())
			}
			t.plain(uint64(f.Len()))
		case "since":
			t.epoch(f.Uint())
		case "index", "base":
			t.place(f.Uint())
		case "reread":
			if t.flag(f.Uint() != 0); f.Uint() != 0 {
				t.place(f.Uint())
			}
		default:
			t.walk(f)
		}
	}
	request := field(c, "request").Bytes()
	t.either(request)
	for _, o := range append([]*Entry{m.pending, m.asked}, outgoing(m)...) {
		t.flag(o != nil)
		if o != nil {
			t = append(t, o.tokens()...)
		}
	}
	if m.pending != nil {
		t.walk(v.FieldByName("pending"))
	}
	t.plain(uint64(len(m.Outbox)))
	for _, o := range m.Outbox {
		t.text(o.Text)
		if t.flag(o.Epoch == spoilt); o.Epoch != spoilt && o.Entry != nil {
			t.epoch(o.Epoch)
		}
	}
	if m.waits > m.index {
		t.place(m.waits)
	}
	t.flag(m.defends)
	t.either(m.stood[:])
	m.print = t
	return t
}

// counters are those that the conversation remembers. Of a page that is gone
// and left nothing behind none matters any more.
func (m *Member) counters() (t tokens) {
	if m.count != nil {
		return m.count
	}
	all := field(m.Look(), "counters")
	for i := range all.Len() {
		of := all.Index(i)
		t = append(t, token{counter, of.FieldByName("last").Uint(), named(of.FieldByName("instance").Bytes())})
	}
	m.count = append(tokens{}, t...)
	return t
}

// walk takes what it meets by its kind: numbers as they are, bytes as random.
func (t *tokens) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		t.flag(v.Bool())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		t.plain(v.Uint())
	case reflect.Pointer:
		t.flag(v.IsNil())
		if !v.IsNil() {
			t.walk(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			t.walk(v.Field(i))
		}
	case reflect.Array:
		t.either(v.Bytes())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			t.either(v.Bytes())
			return
		}
		t.plain(uint64(v.Len()))
		for i := range v.Len() {
			t.walk(v.Index(i))
		}
	default:
		panic("explore: a conversation holds a " + v.Kind().String())
	}
}
