package wire

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

// Limits at n − 1, n and n + 1. Lengths are set in fields, so that one rule at
// a time is asked.

func TestCredentialLimits(t *testing.T) {
	w := newWorld(t)
	issue := func(change func(*Credential)) error {
		c := &Credential{Role: Agent, Identity: pub(keyOf(20)), NotBefore: someDay, NotAfter: someDay + 1, Queues: []string{queueA}}
		change(c)
		_, err := c.Issue(w.issuer)
		return err
	}
	queues := func(n int) (q []string) {
		for i := range n {
			q = append(q, string(rune('a'+i)))
		}
		return q
	}
	rows := []struct {
		name   string
		change func(*Credential)
		want   Code
	}{
		{"alias of 63", func(c *Credential) { c.Alias = strings.Repeat("a", 63) }, 0},
		{"alias of 64", func(c *Credential) { c.Alias = strings.Repeat("a", 64) }, 0},
		{"alias of 65", func(c *Credential) { c.Alias = strings.Repeat("a", 65) }, BadArgument},
		{"queue of 64", func(c *Credential) { c.Queues = []string{strings.Repeat("q", 64)} }, 0},
		{"queue of 65", func(c *Credential) { c.Queues = []string{strings.Repeat("q", 65)} }, BadArgument},
		{"15 queues", func(c *Credential) { c.Queues = queues(15) }, 0},
		{"16 queues", func(c *Credential) { c.Queues = queues(16) }, 0},
		{"17 queues", func(c *Credential) { c.Queues = queues(17) }, BadArgument},
		{"queues out of order", func(c *Credential) { c.Queues = []string{"b", "a"} }, BadCredential},
		{"queue twice", func(c *Credential) { c.Queues = []string{"a", "a"} }, BadCredential},
		{"queue without a name", func(c *Credential) { c.Queues = []string{""} }, BadCredential},
		{"statement of 32", func(c *Credential) { c.Statement = make([]byte, 32) }, 0},
		{"statement of 31", func(c *Credential) { c.Statement = make([]byte, 31) }, BadCredential},
		{"statement of 33", func(c *Credential) { c.Statement = make([]byte, 33) }, BadArgument},
		{"identity of 31", func(c *Credential) { c.Identity = c.Identity[:31] }, BadArgument},
		{"over 1,024 bytes", func(c *Credential) {
			c.Queues = nil
			for i := range 16 {
				c.Queues = append(c.Queues, strings.Repeat(string(rune('a'+i)), 64))
			}
		}, TooLarge},
		{"shift of 24 hours", func(c *Credential) { c.NotAfter = c.NotBefore + 24*3600 }, 0},
		{"agent's shift over 24 hours", func(c *Credential) { c.NotAfter = c.NotBefore + 24*3600 + 1 }, BadCredential},
		{"supervisor's shift over 24 hours", func(c *Credential) { c.Role, c.NotAfter = Supervisor, c.NotBefore+24*3600+1 }, BadCredential},
		{"bot's shift over 24 hours", func(c *Credential) { c.Role, c.NotAfter = Bot, c.NotBefore+24*3600+1 }, BadCredential},
		{"inbox for a year", func(c *Credential) { c.Role, c.NotAfter = Inbox, c.NotBefore+365*24*3600 }, 0},
		{"ends as it begins", func(c *Credential) { c.NotAfter = c.NotBefore }, BadCredential},
		{"ends before it begins", func(c *Credential) { c.NotAfter = c.NotBefore - 1 }, BadCredential},
		{"begins at 0, ends at the end of time", func(c *Credential) { c.NotBefore, c.NotAfter = 0, 1<<64-1 }, BadCredential},
		{"role 0", func(c *Credential) { c.Role = 0 }, BadCredential},
		{"role 8", func(c *Credential) { c.Role = 8 }, BadCredential},
		{"customer with a queue", func(c *Credential) { c.Role = Customer }, BadCredential},
		{"guest with a queue", func(c *Credential) { c.Role = Guest }, BadCredential},
		{"archive with a queue", func(c *Credential) { c.Role = Archive }, BadCredential},
		{"agent without queues", func(c *Credential) { c.Queues = nil }, 0},
	}
	for _, row := range rows {
		code(t, row.name, issue(row.change), row.want)
	}
	// The longest that decodes, and one byte of zeros more.
	code(t, "1,025 bytes", decodesCredential(make([]byte, MaxCredential+1)), TooLarge)
	code(t, "1,024 bytes", decodesCredential(append([]byte{1}, make([]byte, MaxCredential-1)...)), BadArgument)
}

func TestCredentialValidity(t *testing.T) {
	c := &Credential{NotBefore: 100, NotAfter: 200}
	for at, want := range map[uint64]Code{0: Expired, 99: Expired, 100: 0, 199: 0, 200: Expired, 1<<64 - 1: Expired} {
		code(t, "credential", c.ValidAt(at), want)
	}
	// Whether it is valid yet is not asked: the clock that says no may be slow.
	for at, want := range map[uint64]Code{0: 0, 99: 0, 199: 0, 200: Expired, 1<<64 - 1: Expired} {
		code(t, "ended", c.EndedAt(at), want)
		code(t, "key package with credential", (&KeyPackage{Credential: c, Expires: 1000}).ValidAt(at), want)
	}
	for at, want := range map[uint64]Code{0: 0, 149: 0, 150: Expired, 199: Expired} {
		code(t, "bare key package", (&KeyPackage{Expires: 150}).ValidAt(at), want)
		code(t, "manifest", (&Manifest{Expires: 150}).ValidAt(at), want)
	}
}

// Names that could be taken for other names, or break a line of a log.
func TestNamesRefuseHiddenCharacters(t *testing.T) {
	w := newWorld(t)
	alias := func(s string) error {
		_, err := (&Credential{Role: Customer, Identity: pub(keyOf(20)), Alias: s, NotBefore: 1, NotAfter: 2}).Issue(w.issuer)
		return err
	}
	for _, s := range []string{"", "Ana", "Ana María", "李雷", "مرحبا", "👩‍💻", "a\u00a0b", "~", "\u00a1", "نمی\u200cدانم", "👍🏽", "❤️", "\u2027", "\u205f", "\ufe0f", "\U000dffff", "\U000e1000"} {
		code(t, s, alias(s), 0)
	}
	bad := []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}
	for r := rune(0); r < 0x20; r++ {
		bad = append(bad, string(r))
	}
	for r := rune(0x7f); r < 0xa0; r++ {
		bad = append(bad, string(r))
	}
	for _, r := range []rune{0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c, 0xfeff,
		0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x180f, 0x206a, 0x206f, 0x2800, 0xfe00, 0xfe0e, 0xffa0, 0xfff0, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0100, 0xe01ef, 0xe0fff, 0x200b, 0x2060, 0x2064, 0x2065, 0x3164, 0xfff9, 0xfffa, 0xfffb, 0xe0000, 0xe0001, 0xe0041, 0xe007f} {
		bad = append(bad, string(r))
	}
	for _, s := range bad {
		for _, in := range []string{s, "Ana" + s, s + "Ana"} {
			code(t, in, alias(in), BadArgument)
		}
		m := w.manifestDraft(1)
		m.Queues = []string{"a" + s}
		_, err := m.Sign(w.root)
		code(t, "queue "+s, err, BadArgument)
		m = w.manifestDraft(1)
		m.TokenIssuers[0].ID = "a" + s
		_, err = m.Sign(w.root)
		code(t, "key id "+s, err, BadArgument)
	}
}

func TestManifestLimits(t *testing.T) {
	w := newWorld(t)
	issuers := func(n int) (out []Issuer) {
		for i := range n {
			out = append(out, Issuer{Key: pub(keyOf(byte(i))), Roles: 2, NotBefore: 1, NotAfter: 2})
		}
		return out
	}
	queues := func(n int) (out []string) {
		for i := range n {
			out = append(out, string(rune('A'+i)))
		}
		return out
	}
	rows := []struct {
		name   string
		change func(*Manifest)
		want   Code
	}{
		{"32 issuers", func(m *Manifest) { m.Issuers = issuers(32) }, 0},
		{"33 issuers", func(m *Manifest) { m.Issuers = issuers(33) }, BadArgument},
		{"no issuer", func(m *Manifest) { m.Issuers = nil }, 0},
		{"issuer key of 31", func(m *Manifest) { m.Issuers[0].Key = m.Issuers[0].Key[:31] }, BadKey},
		{"issuer of no role", func(m *Manifest) { m.Issuers[0].Roles = 0 }, BadArgument},
		{"issuer of role 0", func(m *Manifest) { m.Issuers[0].Roles = 1 }, BadArgument},
		{"issuer of role 8", func(m *Manifest) { m.Issuers[0].Roles = 1 << 8 }, BadArgument},
		{"issuer that ends as it begins", func(m *Manifest) { m.Issuers[0].NotAfter = m.Issuers[0].NotBefore }, BadArgument},
		{"32 token issuers", func(m *Manifest) { m.TokenIssuers = make([]TokenIssuer, 32) }, 0},
		{"33 token issuers", func(m *Manifest) { m.TokenIssuers = make([]TokenIssuer, 33) }, BadArgument},
		{"token key of 1,024", func(m *Manifest) { m.TokenIssuers[0].Key = make([]byte, 1024) }, 0},
		{"token key of 1,025", func(m *Manifest) { m.TokenIssuers[0].Key = make([]byte, 1025) }, BadArgument},
		{"key id of 64", func(m *Manifest) { m.TokenIssuers[0].ID = strings.Repeat("k", 64) }, 0},
		{"key id of 65", func(m *Manifest) { m.TokenIssuers[0].ID = strings.Repeat("k", 65) }, BadArgument},
		{"32 queues", func(m *Manifest) { m.Queues = queues(32) }, 0},
		{"33 queues", func(m *Manifest) { m.Queues = queues(33) }, BadArgument},
		{"queue of 64", func(m *Manifest) { m.Queues = []string{strings.Repeat("q", 64)} }, 0},
		{"queue of 65", func(m *Manifest) { m.Queues = []string{strings.Repeat("q", 65)} }, BadArgument},
		{"queue twice", func(m *Manifest) { m.Queues = []string{"a", "a"} }, BadArgument},
		{"queues out of order", func(m *Manifest) { m.Queues = []string{"b", "a"} }, BadArgument},
		{"queue without a name", func(m *Manifest) { m.Queues = []string{""} }, BadArgument},
		{"sequence 0", func(m *Manifest) { m.Sequence = 0 }, BadArgument},
		{"ends as issued", func(m *Manifest) { m.Expires = m.Issued }, BadArgument},
		{"history 2", func(m *Manifest) { m.Policy.History = 2 }, 0},
		{"history 3", func(m *Manifest) { m.Policy.History = 3 }, BadArgument},
		{"grants 3", func(m *Manifest) { m.Policy.Grants = 3 }, BadArgument},
		{"rotates after 0 minutes", func(m *Manifest) { m.Policy.RotateMinutes = 0 }, BadArgument},
		{"rotates after 1 minute", func(m *Manifest) { m.Policy.RotateMinutes = 1 }, 0},
		{"rotates after 16 minutes", func(m *Manifest) { m.Policy.RotateMinutes = 16 }, BadArgument},
		{"rotates after 0 messages", func(m *Manifest) { m.Policy.RotateMessages = 0 }, BadArgument},
		{"rotates after 51 messages", func(m *Manifest) { m.Policy.RotateMessages = 51 }, BadArgument},
		{"archive of 31", func(m *Manifest) { m.Archive = make([]byte, 31) }, BadKey},
		{"over 16,384 bytes", func(m *Manifest) {
			m.TokenIssuers = make([]TokenIssuer, 20)
			for i := range m.TokenIssuers {
				m.TokenIssuers[i].Key = make([]byte, 1024)
			}
		}, TooLarge},
	}
	for _, row := range rows {
		m := w.manifestDraft(1)
		row.change(m)
		_, err := m.Sign(w.root)
		code(t, row.name, err, row.want)
	}
	_, err := DecodeManifest(w.manifest.Bytes(), nil)
	code(t, "no root pinned", err, BadCredential)
	_, err = DecodeManifest(w.manifest.Bytes(), []Hash{Hash(pub(keyOf(77)))})
	code(t, "another root pinned", err, BadCredential)
	_, err = DecodeManifest(w.manifest.Bytes(), []Hash{Hash(pub(keyOf(77))), Hash(pub(w.root))})
	code(t, "current and next", err, 0)
}

func TestKeyPackageLimits(t *testing.T) {
	w := newWorld(t)
	code(t, "4,097 bytes", decodesKeyPackage(make([]byte, MaxKeyPackage+1)), TooLarge)
	code(t, "4,096 bytes", decodesKeyPackage(append([]byte{1}, make([]byte, MaxKeyPackage-1)...)), BadArgument)
	for _, n := range []int{0, LeafSize - 1, LeafSize + 1} {
		_, err := (&KeyPackage{Leaf: make([]byte, n)}).Sign(keyOf(10))
		code(t, "leaf", err, BadKey)
	}
	// Its credential must be that of the key that signs.
	other := w.actor(20, Agent, nil)
	_, err := (&KeyPackage{Credential: other.cred, Leaf: w.leaf(), Expires: 1}).Sign(keyOf(10))
	code(t, "another's credential", err, BadCredential)
}

func TestMessageLimits(t *testing.T) {
	w := newWorld(t)
	c := w.begun(w.bare(10), w.actor(20, Agent, nil))
	most := Padded(MaxContent + MessageOverhead)
	sealed := func(n int) func(*Message) { return func(m *Message) { m.Sealed = make([]byte, n) } }
	rows := []struct {
		name   string
		change func(*Message)
		want   Code
	}{
		{"floor", sealed(16 + 256), 0},
		{"one below the floor", sealed(16 + 255), BadArgument},
		{"shorter than a box", sealed(15), BadArgument},
		{"nothing sealed", sealed(0), BadArgument},
		{"one over the floor", sealed(16 + 257), BadArgument},
		{"next size", sealed(16 + Padded(257)), 0},
		{"largest", sealed(16 + most), 0},
		{"largest and one", sealed(16 + most + 1), BadArgument},
		{"next larger size", sealed(16 + Padded(most+1)), BadArgument},
		{"49,152 bytes", sealed(MaxMessageEntry - 135), BadArgument},
		{"49,153 bytes", sealed(MaxMessageEntry - 134), TooLarge},
		{"counter 0", func(m *Message) { m.Counter = 0 }, BadArgument},
		{"retention 0", func(m *Message) { m.Retention = 0 }, BadArgument},
		{"retention 3", func(m *Message) { m.Retention = 3 }, BadArgument},
		{"passing of the floor", func(m *Message) { m.Retention = Passing }, 0},
		{"passing of the next size", func(m *Message) { m.Retention, m.Sealed = Passing, make([]byte, 16+Padded(257)) }, BadArgument},
	}
	for _, row := range rows {
		_, err := DecodeEntry(w.message(c, w.bare(10), row.change))
		code(t, row.name, err, row.want)
	}
}

func TestEntryLimits(t *testing.T) {
	for kind, limit := range map[Kind]int{KindCommit: MaxCommitEntry, KindMessage: MaxMessageEntry, KindJoin: MaxJoinEntry} {
		b := append([]byte{Version, byte(kind)}, make([]byte, limit-1)...)
		code(t, "over", decodesEntry(b), TooLarge)
		code(t, "at the limit", decodesEntry(b[:limit]), BadArgument)
	}
	code(t, "none", decodesEntry(nil), BadArgument)
	code(t, "one byte", decodesEntry([]byte{1}), BadArgument)
}

// padded is Padmé as its authors write it, with floats kept out by counting.
func padded(n int) int {
	if n <= 256 {
		return 256
	}
	e := 0
	for 1<<(e+1) <= n {
		e++
	}
	s := 1
	for 1<<s <= e {
		s++
	}
	step := 1 << (e - s)
	for n%step != 0 {
		n++
	}
	return n
}

func TestPaddedIsPadme(t *testing.T) {
	sizes := make(map[int]bool)
	for n := range MaxMessageEntry {
		p := Padded(n)
		if p != padded(n) {
			t.Fatalf("Padded(%d) = %d, want %d", n, p, padded(n))
		}
		if p < n || n > 256 && (p-n)*100 > n*12 || Padded(p) != p {
			t.Fatalf("Padded(%d) = %d", n, p)
		}
		sizes[p] = true
	}
	if len(sizes) > 130 {
		t.Errorf("%d sizes tell contents apart", len(sizes))
	}
	for _, row := range [][2]int{{0, 256}, {256, 256}, {257, 272}, {272, 272}, {273, 288}, {1000, 1024}, {MaxContent + MessageOverhead, 34_816}} {
		if Padded(row[0]) != row[1] {
			t.Errorf("Padded(%d) = %d, want %d", row[0], Padded(row[0]), row[1])
		}
	}
}

// What a decoder allocates is bounded by a small multiple of its input, whatever
// the counts in it claim.
func TestDecodersAllocateLittle(t *testing.T) {
	inputs := samples(t)
	for _, s := range samples(t) {
		for i := 0; i < len(s.raw); i += 1 + len(s.raw)/64 {
			bad := bytes.Clone(s.raw)
			bad[i] = 0xff
			inputs = append(inputs, sample{s.name, bad, s.decode, s.again})
		}
	}
	var before, after runtime.MemStats
	for _, s := range inputs {
		runtime.ReadMemStats(&before)
		s.decode(s.raw)
		runtime.ReadMemStats(&after)
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(16_384+8*len(s.raw)); used > most {
			t.Errorf("%s: %d bytes in, %d allocated", s.name, len(s.raw), used)
		}
	}
}
