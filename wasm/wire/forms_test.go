package wire

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"slices"
	"testing"
)

// The encodings, assembled by hand as the specification has them.

func vec8(p []byte) []byte  { return append([]byte{byte(len(p))}, p...) }
func vec16(p []byte) []byte { return append(u16(uint16(len(p))), p...) }
func vec32(p []byte) []byte { return append(u32(uint32(len(p))), p...) }

func TestManifestEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	m := w.manifestDraft(7)
	m.Archive = pub(keyOf(70))
	raw, err := m.Sign(w.root)
	code(t, "sign", err, 0)
	body := slices.Concat([]byte{1}, u64(7), u64(someDay), u64(someDay+1000*3600), pub(w.root),
		[]byte{1}, pub(w.issuer), u16(0xfe), u64(someDay), u64(someDay+900*3600),
		[]byte{1}, vec8([]byte("k1")), vec16([]byte{0x30, 3, 1, 2, 3}),
		[]byte{2}, vec8([]byte("default")), vec8([]byte("sales")),
		[]byte{1}, u32(90), []byte{2}, u16(15), u16(50), vec8(pub(keyOf(70))))
	if want := append(body, Sign(w.root, "manifest", body)...); !bytes.Equal(raw, want) {
		t.Errorf("got  %x\nwant %x", raw, want)
	}
	if m.Hash() != h("manifest", raw) {
		t.Error("hash")
	}
}

func TestCredentialEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	c := &Credential{Role: Agent, Identity: pub(keyOf(20)), Alias: "Ana 👋", Statement: bytes.Repeat([]byte{5}, 32), Queues: []string{"a", "b"}, NotBefore: 3, NotAfter: 4}
	raw, err := c.Issue(w.issuer)
	code(t, "issue", err, 0)
	issuer := h("key", pub(w.issuer))
	body := slices.Concat([]byte{1, 3}, pub(keyOf(20)), vec8([]byte("Ana 👋")), vec8(bytes.Repeat([]byte{5}, 32)), []byte{2}, vec8([]byte("a")), vec8([]byte("b")), u64(3), u64(4), issuer[:])
	if want := append(body, Sign(w.issuer, "credential", body)...); !bytes.Equal(raw, want) {
		t.Errorf("got  %x\nwant %x", raw, want)
	}
}

func TestKeyPackageEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	leaf := w.leaf()
	for _, a := range []*actor{w.bare(10), w.actor(20, Agent, nil)} {
		kp := &KeyPackage{Credential: a.cred, Leaf: leaf, Expires: 9, Use: UseLastResort}
		raw, err := kp.Sign(a.key)
		code(t, "sign", err, 0)
		who := append([]byte{0}, pub(a.key)...)
		if a.cred != nil {
			who = append([]byte{1}, vec16(a.cred.Bytes())...)
		}
		body := slices.Concat([]byte{1}, who, leaf, u64(9), []byte{1})
		if want := append(body, Sign(a.key, "key package", body)...); !bytes.Equal(raw, want) {
			t.Errorf("got  %x\nwant %x", raw, want)
		}
	}
}

func TestJoinRequestEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	a := w.bare(10)
	kp := w.keyPackage(a)
	raw, err := (&JoinRequest{Conversation: w.id, Leaf: Hash{7}, Reason: ReasonUnopened, KeyPackage: kp}).Sign(a.key)
	code(t, "sign", err, 0)
	leaf := Hash{7}
	body := slices.Concat([]byte{1, 3}, w.id[:], leaf[:], []byte{2}, vec16(kp.Bytes()))
	if want := append(body, Sign(a.key, "join request", body)...); !bytes.Equal(raw, want) {
		t.Errorf("got  %x\nwant %x", raw, want)
	}
}

func TestMessageEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	m := &Message{Conversation: w.id, Epoch: 5, Sender: ID{1}, Instance: ID{2}, Counter: 6, Retention: Passing, SeenIndex: 8, SeenHash: Hash{3}, Nonce: [24]byte{4}, Sealed: w.random(272)}
	header := slices.Concat([]byte{1, 2}, w.id[:], u64(5), m.Sender[:], m.Instance[:], u64(6), []byte{2}, u64(8), m.SeenHash[:], m.Nonce[:])
	if len(header) != 131 || !bytes.Equal(m.Header(), header) {
		t.Errorf("header %x", m.Header())
	}
	if want := slices.Concat(header, u32(272), m.Sealed); !bytes.Equal(m.Encode(), want) {
		t.Errorf("entry %x", m.Encode())
	}
}

func TestCommitEncodesAsSpecified(t *testing.T) {
	w := newWorld(t)
	customer, agent := w.bare(10), w.actor(20, Agent, nil)
	m := &Commit{Conversation: w.id, Epoch: 5, Parent: Hash{1}, ManifestHash: Hash{2}, SeenIndex: 6, SeenHash: Hash{3}, Time: 7, KeyPackage: w.keyPackage(customer),
		Marks: 3, Role: Customer, Queue: queueA, Previous: bytes.Repeat([]byte{9}, 16), Adds: []Add{{Agent, w.keyPackage(agent)}}, Removes: []ID{{4}}, Grants: []Grant{{ID{5}, 1, 2, 3}},
		Answers: bytes.Repeat([]byte{8}, 16), Ephemeral: w.leaf().X25519(), Seals: []Seal{{w.random(MLKEMCTSize), w.random(48)}}, Tag: w.random(32)}
	m.Sign(customer.key)
	body := slices.Concat(u16(1), w.id[:], u64(5), m.Parent[:], m.ManifestHash[:], u64(6), m.SeenHash[:], u64(7), vec16(m.KeyPackage.Bytes()),
		[]byte{3, 1}, vec8([]byte(queueA)), vec8(m.Previous), []byte{1, 3}, vec16(m.Adds[0].KeyPackage.Bytes()), []byte{1}, m.Removes[0][:],
		[]byte{1}, m.Grants[0].Grantee[:], u64(1), u64(2), []byte{3}, vec8(m.Answers), m.Ephemeral)
	seals := slices.Concat([]byte{1}, m.Seals[0].Ciphertext, vec16(m.Seals[0].Box))
	c := h("commit", u32(uint32(len(body))), body, seals)
	signature := Sign(customer.key, "commit signature", append(c[:], m.Tag...))
	want := slices.Concat([]byte{1, 1}, vec32(body), vec32(seals), vec8(m.Tag), signature)
	if !bytes.Equal(m.Encode(), want) || m.Confirmed() != c {
		t.Fatalf("got  %x\nwant %x", m.Encode(), want)
	}
	if m.TranscriptHash() != h("transcript", c[:], m.Tag, signature) {
		t.Error("transcript hash")
	}
	e, err := DecodeEntry(want)
	code(t, "decode", err, 0)
	if got := e.Commit; got.Epoch != 5 || got.Marks != 3 || got.Grants[0].To != 2 || got.Removes[0] != (ID{4}) || got.TranscriptHash() != m.TranscriptHash() || e.Sender() != customer.id() || e.Conversation() != w.id {
		t.Errorf("decoded %+v", got)
	}
}

// The encodings of the fixed world, by their hash: whoever changes a byte of
// any of them meets this test.
func TestGoldenEncodings(t *testing.T) {
	golden := map[string]string{
		"manifest":          "4783629909569ff0",
		"credential":        "8b0c78d7781e98f2",
		"bare key package":  "8b611fbf1f59eaa8",
		"agent key package": "2577e4d5ef2eecce",
		"genesis":           "01f2de49f1eaf0a5",
		"message":           "327e176770275021",
		"join request":      "9a7f0bc6adf288fe",
		"closing commit":    "d69c61b3b19cd030",
		"chain":             "9a6b642cad996d49",
	}
	for _, s := range samples(t) {
		want, ok := golden[s.name]
		if !ok {
			continue
		}
		delete(golden, s.name)
		sum := Sum("test golden", s.raw)
		if got := hexOf(sum[:8]); got != want {
			t.Errorf("%s: %s, want %s", s.name, got, want)
		}
	}
	if len(golden) != 0 {
		t.Errorf("no sample of %v", golden)
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out []byte
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// sample is a valid encoding with its decoder, and its encoder from fields.
type sample struct {
	name   string
	raw    []byte
	decode func([]byte) error
	again  func([]byte) []byte // decodes and encodes what was read, by fields
}

// samples has one or more of each kind, all valid.
func samples(t testing.TB) []sample {
	w := newWorld(t)
	customer, agent := w.bare(10), w.actor(20, Agent, nil)
	one := []sample{
		{"manifest", w.manifest.Bytes(), decodesManifest(w), againManifest(w)},
		{"full manifest", w.newManifest(9, func(m *Manifest) {
			m.Archive, m.TokenIssuers, m.Queues = pub(keyOf(70)), nil, nil
			for n := range byte(MaxManifestList) {
				m.Issuers = append(m.Issuers[:n], Issuer{Key: pub(keyOf(n)), Roles: 2, NotBefore: 1, NotAfter: 2})
				m.Queues = append(m.Queues, string(rune('A'+n)))
			}
		}).Bytes(), decodesManifest(w), againManifest(w)},
		{"credential", agent.cred.Bytes(), decodesCredential, againCredential},
		{"customer's credential", w.actor(11, Customer, func(c *Credential) { c.Statement = w.random(32) }).cred.Bytes(), decodesCredential, againCredential},
		{"bare key package", w.keyPackage(customer).Bytes(), decodesKeyPackage, againKeyPackage},
		{"agent key package", w.keyPackage(agent).Bytes(), decodesKeyPackage, againKeyPackage},
	}
	c := w.chain()
	entry := func(name string, raw []byte) { one = append(one, sample{name, raw, decodesEntry, againEntry}) }
	genesis := w.commit(c, customer, func(d *draft) {
		d.commit.Adds, d.commit.Previous = w.adds(nil, agent), w.random(16)
	})
	entry("genesis", genesis)
	w.apply(c, genesis)
	entry("message", w.message(c, customer, nil))
	entry("passing message", w.message(c, agent, func(m *Message) { m.Retention = Passing }))
	join := w.join(customer, c.Member(customer.id()).KeyPackage.Leaf.Hash())
	entry("join request", join)
	w.apply(c, join)
	one = append(one, sample{"chain", c.Marshal(), decodesChain(w), againChain(w)}, sample{"empty chain", w.chain().Marshal(), decodesChain(w), againChain(w)})
	refresh := w.commit(c, customer, nil)
	entry("refreshing commit", refresh)
	bot := w.actor(50, Bot, nil)
	grant := w.commit(c, agent, func(d *draft) {
		d.commit.Adds = w.adds(nil, bot)
		d.commit.Grants = []Grant{{bot.id(), 0, 0, 1}}
	})
	entry("granting commit", grant)
	id := EntryID(join)
	entry("answering commit", w.commit(c, agent, func(d *draft) {
		e, _ := DecodeEntry(join)
		d.commit.Answers, d.commit.Removes, d.commit.Adds = id[:], []ID{customer.id()}, []Add{{Customer, e.Join.KeyPackage}}
	}))
	entry("leaving commit", w.commit(c, agent, func(d *draft) { d.commit.Marks = MarkLeave }))
	entry("closing commit", w.commit(c, agent, func(d *draft) { d.commit.Marks = MarkClose }))
	return one
}

func decodesManifest(w *world) func([]byte) error {
	return func(b []byte) error { m, err := DecodeManifest(b, w.roots()); return both(m == nil, err) }
}
func decodesCredential(b []byte) error { c, err := DecodeCredential(b); return both(c == nil, err) }
func decodesKeyPackage(b []byte) error { k, err := DecodeKeyPackage(b); return both(k == nil, err) }
func decodesEntry(b []byte) error      { e, err := DecodeEntry(b); return both(e == nil, err) }
func decodesChain(w *world) func([]byte) error {
	return func(b []byte) error { c, err := LoadChain(b, nil); return both(c == nil, err) }
}

// both panics unless exactly one of value and error came back: a caller that
// forgets the error must not get a value.
func both(none bool, err error) error {
	if none != (err != nil) {
		panic("value and error do not exclude each other")
	}
	return err
}

func againManifest(w *world) func([]byte) []byte {
	return func(b []byte) []byte {
		m, err := DecodeManifest(b, w.roots())
		if err != nil {
			return nil
		}
		return append(m.body(), m.Signature...)
	}
}

func againCredential(b []byte) []byte {
	c, err := DecodeCredential(b)
	if err != nil {
		return nil
	}
	return append(c.body(), c.Signature...)
}

func againKeyPackage(b []byte) []byte {
	k, err := parseKeyPackage(b)
	if err != nil {
		return nil
	}
	w := NewWriter(0)
	w.U8(1)
	if k.Credential == nil {
		w.U8(0)
		w.Raw(k.Identity)
	} else {
		w.U8(1)
		w.Bytes16(againCredential(k.Credential.Bytes()))
	}
	w.Raw(k.Leaf.X25519())
	w.Raw(k.Leaf.MLKEM())
	w.U64(k.Expires)
	w.U8(k.Use)
	w.Raw(k.Signature)
	return w.Bytes()
}

func againEntry(b []byte) []byte {
	e, err := DecodeEntry(b)
	if err != nil {
		return nil
	}
	renew := func(k *KeyPackage) *KeyPackage { c := *k; c.raw = againKeyPackage(k.raw); return &c }
	switch e.Kind {
	case KindCommit:
		c := *e.Commit
		c.body, c.seals, c.KeyPackage = nil, nil, renew(c.KeyPackage)
		for i := range c.Adds {
			c.Adds[i].KeyPackage = renew(c.Adds[i].KeyPackage)
		}
		return c.Encode()
	case KindMessage:
		m := *e.Message
		m.header = nil
		return m.Encode()
	}
	j := e.Join
	return slices.Concat([]byte{1, 3}, j.Conversation[:], j.Leaf[:], []byte{j.Reason}, vec16(againKeyPackage(j.KeyPackage.raw)), j.Signature)
}

func againChain(*world) func([]byte) []byte {
	return func(b []byte) []byte {
		c, err := LoadChain(b, nil)
		if err != nil {
			return nil
		}
		return c.Marshal()
	}
}

func TestDecodersAreCanonical(t *testing.T) {
	for _, s := range samples(t) {
		code(t, s.name, s.decode(s.raw), 0)
		if !bytes.Equal(s.again(s.raw), s.raw) {
			t.Errorf("%s encodes to other bytes", s.name)
		}
	}
}

func TestC05_TruncatedAndExtendedEncodingsAreRefused(t *testing.T) {
	for _, s := range samples(t) {
		for n := range s.raw {
			if err := s.decode(s.raw[:n]); err != BadArgument {
				t.Fatalf("%s cut to %d of %d: %v", s.name, n, len(s.raw), err)
			}
		}
		for n := 1; n <= 64; n++ {
			for _, tail := range [][]byte{make([]byte, n), bytes.Repeat([]byte{0xff}, n)} {
				if err := s.decode(slices.Concat(s.raw, tail)); err != BadArgument && !(err == TooLarge && len(s.raw)+n > MaxCredential) {
					t.Fatalf("%s and %d bytes: %v", s.name, n, err)
				}
			}
		}
	}
}

func TestC24_UnknownVersionsKindsSuitesAndFlagsAreRefused(t *testing.T) {
	w := newWorld(t)
	all := samples(t)
	for _, s := range all {
		for v := range 256 {
			if v == Version {
				continue
			}
			bad := bytes.Clone(s.raw)
			bad[0] = byte(v)
			code(t, s.name+" of another version", s.decode(bad), UnsupportedVersion)
		}
	}
	find := func(name string) []byte {
		i := slices.IndexFunc(all, func(s sample) bool { return s.name == name })
		return bytes.Clone(all[i].raw)
	}
	for kind := range 256 {
		b := find("message")
		b[1] = byte(kind)
		if _, err := DecodeEntry(b); kind != int(KindMessage) && err != UnsupportedVersion && (kind < 1 || kind > 3) {
			t.Errorf("kind %d: %v", kind, err)
		} else if kind == 1 && err == nil || kind == 3 && err == nil {
			t.Errorf("a message reads as kind %d", kind)
		}
	}
	for suite := range 1 << 10 {
		b := find("genesis")
		copy(b[6:], u16(uint16(suite)))
		_, err := DecodeEntry(b)
		if want := UnsupportedVersion; suite != Suite {
			code(t, "suite", err, want)
		}
	}
	// What another suite's seals are is for that suite to say.
	other := find("genesis")
	copy(other[6:], u16(Suite+1))
	body := 6 + int(binary.BigEndian.Uint32(other[2:]))
	seals := append(u32(3), 1, 2, 3)
	other = slices.Concat(other[:body], seals, other[body+4+int(binary.BigEndian.Uint32(other[body:])):])
	_, err := DecodeEntry(other)
	code(t, "a suite with other seals", err, UnsupportedVersion)
	c := w.begun(w.bare(10), w.actor(20, Agent, nil))
	rows := []struct {
		name   string
		change func(*Commit)
	}{
		{"reserved mark 4", func(m *Commit) { m.Marks = 4 }},
		{"reserved mark 128", func(m *Commit) { m.Marks = 0x81 }},
		{"role 0", func(m *Commit) { m.Role = 0 }},
		{"role 8", func(m *Commit) { m.Role = 8 }},
		{"added role 0", func(m *Commit) { m.Adds = []Add{{0, w.keyPackage(w.bare(30))}} }},
		{"added role 8", func(m *Commit) { m.Adds = []Add{{8, w.keyPackage(w.bare(30))}} }},
		{"previous of 15", func(m *Commit) { m.Previous = make([]byte, 15) }},
		{"answers of 1", func(m *Commit) { m.Answers = make([]byte, 1) }},
		{"tag of 31", func(m *Commit) { m.Tag = make([]byte, 31) }},
	}
	for _, row := range rows {
		_, err := DecodeEntry(w.commit(c, w.bare(10), func(d *draft) { row.change(d.commit) }))
		code(t, row.name, err, BadArgument)
	}
	b := find("passing message")
	for v := range 256 {
		b[2+16+8+16+16+8] = byte(v)
		_, err := DecodeEntry(b)
		if v != Stored && v != Passing {
			code(t, "retention", err, BadArgument)
		}
	}
	for _, name := range []string{"bare key package", "agent key package"} {
		for v := 2; v < 256; v++ {
			b := find(name)
			if b[len(b)-ed25519.SignatureSize-1] = byte(v); v > UsePlace {
				code(t, "use", decodesKeyPackage(b), BadArgument)
			}
			b = find(name)
			b[1] = byte(v)
			code(t, "kind of key package", decodesKeyPackage(b), BadArgument)
		}
	}
	for v := range 256 {
		b := find("join request")
		b[2+16+32] = byte(v)
		if _, err := DecodeEntry(b); v != 1 && v != 2 {
			code(t, "reason", err, BadArgument)
		}
	}
}
