package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mlkem"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The vectors of this package are small: primitives, and statements with their
// fields and secrets. They are made from fixed seeds, without randomness:
//
//	go test ./wasm/wire -run TestVectors -update
//
// Each run makes them again and compares; what is in them is checked here by
// decoding it, and by readers in other languages (SPEC section 15).
var updateVectors = flag.Bool("update", false, "write testdata/*.json anew")

type vectorHex []byte

func (h vectorHex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *vectorHex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type vectorPrimitives struct {
	Comment string `json:"comment"`
	Hashes  []struct {
		Purpose string      `json:"purpose"`
		Label   vectorHex   `json:"label"`
		Parts   []vectorHex `json:"parts"`
		Hash    vectorHex   `json:"hash"`
	} `json:"hashes"`
	Signatures []struct {
		Seed      vectorHex `json:"seed"`
		Public    vectorHex `json:"public"`
		KeyHash   vectorHex `json:"key_hash"`
		MemberID  vectorHex `json:"member_id"`
		TenantID  vectorHex `json:"tenant_id"` // were it a root
		OrgKey    string    `json:"org_key"`
		Purpose   string    `json:"purpose"`
		Message   vectorHex `json:"message"`
		Signature vectorHex `json:"signature"`
	} `json:"signatures"`
	Keys []struct {
		Kind string    `json:"kind"` // ed25519, x25519
		Name string    `json:"name"`
		Key  vectorHex `json:"key"`
		Code string    `json:"code,omitempty"`
	} `json:"keys"`
	Names []struct {
		Name vectorHex `json:"name"`
		Code string    `json:"code,omitempty"`
	} `json:"names"`
	Padding []struct {
		Size   int `json:"size"`
		Padded int `json:"padded"`
	} `json:"padding"`
}

// vectorStatements are encodings of one kind: what decodes, with its fields and
// who signed, and what does not, with one thing wrong and its code.
type vectorStatements struct {
	Comment string       `json:"comment"`
	Roots   []vectorHex  `json:"roots,omitempty"` // pinned, for manifests
	Good    []vectorGood `json:"good"`
	Bad     []vectorBad  `json:"bad"`
}

type vectorGood struct {
	Name     string         `json:"name"`
	Seed     vectorHex      `json:"seed"` // of the key that signed
	Fields   map[string]any `json:"fields"`
	Encoding vectorHex      `json:"encoding"`
	Hash     vectorHex      `json:"hash,omitempty"`
}

type vectorBad struct {
	Name     string    `json:"name"`
	Code     string    `json:"code"`
	Encoding vectorHex `json:"encoding"`
}

func vectorSeed(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func vectorPublic(n byte) []byte { return vectorSeed(n).Public().(ed25519.PublicKey) }

func vectorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func makePrimitives(t *testing.T) any {
	var v vectorPrimitives
	v.Comment = "Labels and hashes, signatures and the names made of keys, keys that are refused, names, padding (SPEC section 2, 6.2)."
	add := func(purpose string, hash Hash, parts ...[]byte) {
		v.Hashes = append(v.Hashes, struct {
			Purpose string      `json:"purpose"`
			Label   vectorHex   `json:"label"`
			Parts   []vectorHex `json:"parts"`
			Hash    vectorHex   `json:"hash"`
		}{Purpose: purpose, Label: Label(purpose), Parts: []vectorHex{}, Hash: hash[:]})
		last := &v.Hashes[len(v.Hashes)-1]
		for _, p := range parts {
			last.Parts = append(last.Parts, p)
		}
	}
	conversation := ID(bytes.Repeat([]byte{0xc0}, 16))
	start, entry := LogHash0(conversation), EntryHash([]byte("an entry"))
	add("key", KeyHash(vectorPublic(1)), vectorPublic(1))
	add("entry", entry, []byte("an entry"))
	add("log start", start, conversation[:])
	add("log", LogHash(start, entry), start[:], entry[:])
	add("manifest", Sum("manifest", nil), []byte{})
	for n, purpose := range []string{"manifest", "credential", "key package", "commit signature", "message", "join request", "relay hello"} {
		key := vectorSeed(byte(n + 1))
		public := key.Public().(ed25519.PublicKey)
		hash, member, tenant := KeyHash(public), MemberID(public), TenantID(public)
		message := bytes.Repeat([]byte{byte(n)}, n*20)
		s := struct {
			Seed      vectorHex `json:"seed"`
			Public    vectorHex `json:"public"`
			KeyHash   vectorHex `json:"key_hash"`
			MemberID  vectorHex `json:"member_id"`
			TenantID  vectorHex `json:"tenant_id"`
			OrgKey    string    `json:"org_key"`
			Purpose   string    `json:"purpose"`
			Message   vectorHex `json:"message"`
			Signature vectorHex `json:"signature"`
		}{key.Seed(), vectorHex(public), hash[:], member[:], tenant[:], base64.RawURLEncoding.EncodeToString(public), purpose, message, Sign(key, purpose, message)}
		v.Signatures = append(v.Signatures, s)
	}
	key := func(kind, name string, k []byte, err error) {
		v.Keys = append(v.Keys, struct {
			Kind string    `json:"kind"`
			Name string    `json:"name"`
			Key  vectorHex `json:"key"`
			Code string    `json:"code,omitempty"`
		}{kind, name, k, vectorText(err)})
	}
	p := append(append([]byte{0xed}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f) // 2^255 − 19
	both := func(name string, k []byte) {
		key("ed25519", name, k, CheckIdentityKey(k))
		key("x25519", name, k, CheckX25519(k))
	}
	for i := range lowOrderY {
		k := lowOrderY[i][:]
		both("y of small order", k)
		signed := bytes.Clone(k)
		signed[31] |= 0x80
		both("y of small order, the other sign", signed)
	}
	for i := range lowOrderU {
		both("u of small order", lowOrderU[i][:])
	}
	above := bytes.Clone(p)
	above[0] = 0xf0
	both("2^255 - 19, which is 0", p)
	both("2^255 - 16, which is 3", above)
	both("all ones", bytes.Repeat([]byte{0xff}, 32))
	both("31 bytes", make([]byte, 31))
	both("a usual key", vectorPublic(1))
	nine := make([]byte, 32)
	nine[0] = 9
	both("nine", nine)

	for _, name := range []string{"", "default", "Ana", "Zoë", "客服", "👋", strings.Repeat("a", 64), strings.Repeat("a", 65), "a b", "tab\there", "null\x00",
		"del\x7f", "c1\u0085", "line\u2028", "paragraph\u2029", "bom\ufeff", "alm\u061c", "lrm\u200e", "rlm\u200f", "lre\u202a", "rlo\u202e", "lri\u2066", "pdi\u2069",
		"zwj\u200d", "zwnj\u200c", "zwsp\u200b", "soft\u00ad", "joiner\u2060", "filler\u3164", "filler\u115f", "cgj\u034f", "mvs\u180e", "annotation\ufff9", "tag\U000e0041", "\u202f", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"} {
		w := NewWriter(80)
		w.Bytes8([]byte(name))
		r := NewReader(w.Bytes())
		r.name(MaxAlias)
		v.Names = append(v.Names, struct {
			Name vectorHex `json:"name"`
			Code string    `json:"code,omitempty"`
		}{vectorHex(name), vectorText(r.Done())})
	}
	for _, n := range []int{68, 255, 256, 257, 272, 273, 288, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 20_068, 32_767, 32_768, 32_769, MaxContent + MessageOverhead} {
		v.Padding = append(v.Padding, struct {
			Size   int `json:"size"`
			Padded int `json:"padded"`
		}{n, Padded(n)})
	}
	return v
}

// bad adds an encoding after checking that it is refused, and with what.
func (v *vectorStatements) bad(t *testing.T, decode func([]byte) error, code Code, name string, encoding []byte) {
	t.Helper()
	if err := decode(encoding); err != code {
		t.Fatalf("%s: %v, want %v", name, err, code)
	}
	v.Bad = append(v.Bad, vectorBad{name, code.Error(), encoding})
}

func vectorFlip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	return b
}

func vectorManifestOf(m *Manifest) map[string]any {
	issuers, tokens, queues := []any{}, []any{}, []any{}
	for _, i := range m.Issuers {
		issuers = append(issuers, map[string]any{"key": vectorHex(i.Key), "roles": i.Roles, "not_before": i.NotBefore, "not_after": i.NotAfter})
	}
	for _, k := range m.TokenIssuers {
		tokens = append(tokens, map[string]any{"id": k.ID, "key": vectorHex(k.Key)})
	}
	for _, q := range m.Queues {
		queues = append(queues, q)
	}
	return map[string]any{"sequence": m.Sequence, "issued": m.Issued, "expires": m.Expires, "root": vectorHex(m.Root), "issuers": issuers,
		"token_issuers": tokens, "queues": queues, "history": m.Policy.History, "retention": m.Policy.RetentionDays, "grants": m.Policy.Grants,
		"minutes": m.Policy.RotateMinutes, "messages": m.Policy.RotateMessages, "archive": vectorHex(append([]byte{}, m.Archive...))}
}

func vectorManifest() *Manifest {
	return &Manifest{Sequence: 1, Issued: 1_800_000_000, Expires: 1_831_536_000, Queues: []string{"default"},
		Issuers: []Issuer{{Key: vectorPublic(2), Roles: 0xfe, NotBefore: 1_800_000_000, NotAfter: 1_831_536_000}},
		Policy:  Policy{History: HistoryDevice, RotateMinutes: 15, RotateMessages: 50}}
}

func makeManifests(t *testing.T) any {
	v := vectorStatements{Comment: "Manifests (SPEC section 3.2).", Roots: []vectorHex{vectorPublic(1)}}
	roots := []Hash{Hash(vectorPublic(1))}
	decode := func(b []byte) error { _, err := DecodeManifest(b, roots); return err }
	good := func(name string, change func(*Manifest)) []byte {
		m := vectorManifest()
		if change != nil {
			change(m)
		}
		raw, err := m.Sign(vectorSeed(1))
		if err != nil {
			t.Fatal(name, err)
		}
		hash := m.Hash()
		v.Good = append(v.Good, vectorGood{name, vectorSeed(1).Seed(), vectorManifestOf(m), raw, hash[:]})
		return raw
	}
	usual := good("usual", nil)
	good("the least", func(m *Manifest) {
		m.Issuers, m.Queues, m.Policy = nil, nil, Policy{RotateMinutes: 1, RotateMessages: 1}
	})
	good("with all", func(m *Manifest) {
		m.Sequence = 1 << 40
		m.Issuers = append(m.Issuers, Issuer{Key: vectorPublic(3), Roles: 1 << Archive, NotBefore: 1, NotAfter: 1 << 40})
		m.TokenIssuers = []TokenIssuer{{"key one", bytes.Repeat([]byte{0x30}, 300)}, {"", nil}}
		m.Queues = []string{"Abend", "a", "ab", "ß", "客服"}
		m.Policy = Policy{HistoryConversation, 3650, 2, 15, 50}
		m.Archive = vectorPublic(4)
	})
	// Signed anew, so that only the value is wrong.
	wrong := func(code Code, name string, change func(*Manifest)) {
		t.Helper()
		m := vectorManifest()
		m.Root = vectorPublic(1)
		change(m)
		body := m.body()
		v.bad(t, decode, code, name, append(body, Sign(vectorSeed(1), "manifest", body)...))
	}
	wrong(BadArgument, "sequence 0", func(m *Manifest) { m.Sequence = 0 })
	wrong(BadArgument, "ends when it is issued", func(m *Manifest) { m.Expires = m.Issued })
	wrong(BadArgument, "an empty queue", func(m *Manifest) { m.Queues = []string{""} })
	wrong(BadArgument, "a queue twice", func(m *Manifest) { m.Queues = []string{"a", "a"} })
	wrong(BadArgument, "queues not ascending", func(m *Manifest) { m.Queues = []string{"ab", "a"} })
	wrong(BadArgument, "a queue with a control character", func(m *Manifest) { m.Queues = []string{"a\n"} })
	wrong(BadArgument, "an issuer of no role", func(m *Manifest) { m.Issuers[0].Roles = 0 })
	wrong(BadArgument, "an issuer of role 0", func(m *Manifest) { m.Issuers[0].Roles = 3 })
	wrong(BadArgument, "an issuer of role 8", func(m *Manifest) { m.Issuers[0].Roles = 0x1fe })
	wrong(BadArgument, "an issuer that ends when it begins", func(m *Manifest) { m.Issuers[0].NotAfter = m.Issuers[0].NotBefore })
	wrong(BadKey, "an issuer of small order", func(m *Manifest) { m.Issuers[0].Key = make([]byte, 32) })
	wrong(BadArgument, "history 3", func(m *Manifest) { m.Policy.History = 3 })
	wrong(BadArgument, "grants 3", func(m *Manifest) { m.Policy.Grants = 3 })
	wrong(BadArgument, "16 minutes", func(m *Manifest) { m.Policy.RotateMinutes = 16 })
	wrong(BadArgument, "0 messages", func(m *Manifest) { m.Policy.RotateMessages = 0 })
	wrong(BadArgument, "51 messages", func(m *Manifest) { m.Policy.RotateMessages = 51 })
	wrong(BadKey, "an archive of small order", func(m *Manifest) { m.Archive = make([]byte, 32) })
	wrong(BadKey, "an archive of 31 bytes", func(m *Manifest) { m.Archive = make([]byte, 31) })
	wrong(BadArgument, "33 queues", func(m *Manifest) {
		m.Queues = nil
		for i := range 33 {
			m.Queues = append(m.Queues, string(rune('0'+i)))
		}
	})
	wrong(BadArgument, "a token key over its limit", func(m *Manifest) { m.TokenIssuers = []TokenIssuer{{"k", make([]byte, MaxTokenKey+1)}} })
	wrong(BadCredential, "another root, which signed", func(m *Manifest) { m.Root = vectorPublic(9) })
	m := vectorManifest()
	m.Root = vectorPublic(9)
	v.bad(t, decode, BadCredential, "signed by the root that it names, which is not pinned", append(m.body(), Sign(vectorSeed(9), "manifest", m.body())...))
	v.bad(t, decode, BadCredential, "a changed signature", vectorFlip(usual, -1))
	v.bad(t, decode, BadCredential, "a changed value", vectorFlip(usual, 8))
	v.bad(t, decode, UnsupportedVersion, "version 0", vectorFlip(usual, 0))
	v.bad(t, decode, BadArgument, "nothing", []byte{})
	v.bad(t, decode, BadArgument, "a byte less", usual[:len(usual)-1])
	v.bad(t, decode, BadArgument, "a byte more", append(bytes.Clone(usual), 0))
	return v
}

func vectorCredential() *Credential {
	return &Credential{Role: Agent, Identity: vectorPublic(5), Alias: "Ana", Queues: []string{"default"}, NotBefore: 1_800_000_000, NotAfter: 1_800_086_400}
}

func vectorCredentialOf(c *Credential) map[string]any {
	queues := []any{}
	for _, q := range c.Queues {
		queues = append(queues, q)
	}
	return map[string]any{"role": c.Role, "identity": vectorHex(c.Identity), "alias": c.Alias, "statement": vectorHex(append([]byte{}, c.Statement...)),
		"queues": queues, "not_before": c.NotBefore, "not_after": c.NotAfter, "issuer": vectorHex(c.Issuer[:])}
}

func makeCredentials(t *testing.T) any {
	v := vectorStatements{Comment: "Credentials, their form (SPEC section 3.3). Bad ones are signed by the issuer of seed 02…02 like the good ones."}
	decode := func(b []byte) error { _, err := DecodeCredential(b); return err }
	good := func(name string, change func(*Credential)) []byte {
		c := vectorCredential()
		if change != nil {
			change(c)
		}
		raw, err := c.Issue(vectorSeed(2))
		if err != nil {
			t.Fatal(name, err)
		}
		v.Good = append(v.Good, vectorGood{name, vectorSeed(2).Seed(), vectorCredentialOf(c), raw, nil})
		return raw
	}
	usual := good("an agent for a day", nil)
	good("an inbox for ever", func(c *Credential) { c.Role, c.Alias, c.NotBefore, c.NotAfter = Inbox, "", 0, 1<<50 })
	good("a customer with a statement", func(c *Credential) {
		c.Role, c.Queues, c.Statement = Customer, nil, bytes.Repeat([]byte{7}, 32)
	})
	good("a supervisor of many queues", func(c *Credential) { c.Role, c.Queues = Supervisor, []string{"A", "a", "ab", "ä"} })
	wrong := func(code Code, name string, change func(*Credential)) {
		t.Helper()
		c := vectorCredential()
		c.Issuer = KeyHash(vectorPublic(2))
		change(c)
		body := c.body()
		v.bad(t, decode, code, name, append(body, Sign(vectorSeed(2), "credential", body)...))
	}
	wrong(BadCredential, "role 0", func(c *Credential) { c.Role = 0 })
	wrong(BadCredential, "role 8", func(c *Credential) { c.Role = 8 })
	wrong(BadCredential, "an agent for a day and a second", func(c *Credential) { c.NotAfter++ })
	wrong(BadCredential, "a bot for a day and a second", func(c *Credential) { c.Role = Bot; c.NotAfter++ })
	wrong(BadCredential, "ends when it begins", func(c *Credential) { c.NotAfter = c.NotBefore })
	wrong(BadCredential, "ends before it begins", func(c *Credential) { c.Role = Inbox; c.NotAfter = 1 })
	wrong(BadCredential, "a statement of 31 bytes", func(c *Credential) { c.Statement = make([]byte, 31) })
	wrong(BadCredential, "a guest with a queue", func(c *Credential) { c.Role = Guest })
	wrong(BadCredential, "an archive with a queue", func(c *Credential) { c.Role = Archive })
	wrong(BadCredential, "an empty queue", func(c *Credential) { c.Queues = []string{""} })
	wrong(BadCredential, "queues not ascending", func(c *Credential) { c.Queues = []string{"b", "a"} })
	wrong(BadArgument, "17 queues", func(c *Credential) {
		c.Queues = nil
		for i := range 17 {
			c.Queues = append(c.Queues, string(rune('a'+i)))
		}
	})
	wrong(BadArgument, "an alias of 65 bytes", func(c *Credential) { c.Alias = strings.Repeat("a", 65) })
	wrong(BadArgument, "an alias that turns text around", func(c *Credential) { c.Alias = "Ana\u202e" })
	wrong(BadKey, "an identity of small order", func(c *Credential) { c.Identity = make([]byte, 32) })
	v.bad(t, decode, UnsupportedVersion, "version 0", vectorFlip(usual, 0))
	v.bad(t, decode, BadArgument, "nothing", []byte{})
	v.bad(t, decode, BadArgument, "a byte less", usual[:len(usual)-1])
	v.bad(t, decode, BadArgument, "a byte more", append(bytes.Clone(usual), 0))
	v.bad(t, decode, TooLarge, "over the limit", append(bytes.Clone(usual), make([]byte, MaxCredential)...))
	return v
}

func makeKeyPackages(t *testing.T) any {
	v := vectorStatements{Comment: "Key packages (SPEC section 3.4). The leaf is that of the two secrets, an X25519 scalar and an ML-KEM-768 seed."}
	decode := func(b []byte) error { _, err := DecodeKeyPackage(b); return err }
	x, seed := bytes.Repeat([]byte{0x11}, 32), bytes.Repeat([]byte{0x22}, 64)
	scalar, err := ecdh.X25519().NewPrivateKey(x)
	if err != nil {
		t.Fatal(err)
	}
	kem, err := mlkem.NewDecapsulationKey768(seed)
	if err != nil {
		t.Fatal(err)
	}
	leaf := Leaf(append(scalar.PublicKey().Bytes(), kem.EncapsulationKey().Bytes()...))
	good := func(name string, k *KeyPackage) []byte {
		k.Leaf = leaf
		raw, err := k.Sign(vectorSeed(5))
		if err != nil {
			t.Fatal(name, err)
		}
		hash := leaf.Hash()
		fields := map[string]any{"x25519": vectorHex(x), "mlkem": vectorHex(seed), "leaf_hash": vectorHex(hash[:]), "expires": k.Expires, "use": k.Use, "credential": vectorHex{}}
		if k.Credential != nil {
			fields["credential"] = vectorHex(k.Credential.Bytes())
		}
		v.Good = append(v.Good, vectorGood{name, vectorSeed(5).Seed(), fields, raw, nil})
		return raw
	}
	c := vectorCredential()
	if _, err := c.Issue(vectorSeed(2)); err != nil {
		t.Fatal(err)
	}
	bare := good("a bare key", &KeyPackage{Expires: 1_800_600_000})
	full := good("with a credential, last resort", &KeyPackage{Credential: c, Expires: 1, Use: UseLastResort})
	good("for a place", &KeyPackage{Credential: c, Expires: 1 << 40, Use: UsePlace})
	// Signed anew, so that only the value is wrong.
	resign := func(b []byte) []byte {
		body := b[:len(b)-ed25519.SignatureSize]
		return append(body, Sign(vectorSeed(5), "key package", body)...)
	}
	wrong := func(code Code, name string, from []byte, change func([]byte)) {
		t.Helper()
		b := bytes.Clone(from)
		change(b)
		v.bad(t, decode, code, name, resign(b))
	}
	wrong(UnsupportedVersion, "version 2", bare, func(b []byte) { b[0] = 2 })
	wrong(BadArgument, "form 2", bare, func(b []byte) { b[1] = 2 })
	wrong(BadKey, "an identity of small order", bare, func(b []byte) { clear(b[2:34]) })
	wrong(BadKey, "an X25519 key of small order", bare, func(b []byte) { clear(b[34:66]) })
	wrong(BadKey, "an X25519 key that is not canonical", bare, func(b []byte) { b[34+31] |= 0x80 })
	wrong(BadKey, "an ML-KEM coefficient of 3329", bare, func(b []byte) { b[66], b[67] = 0x01, b[67]&0xf0|0x0d })
	wrong(BadKey, "an odd ML-KEM coefficient of 4095", bare, func(b []byte) { b[67] |= 0xf0; b[68] = 0xff })
	wrong(BadArgument, "a use of 3", bare, func(b []byte) { b[len(b)-65] = 3 })
	wrong(UnsupportedVersion, "a credential of version 2", full, func(b []byte) { b[4] = 2 })
	wrong(BadCredential, "a credential of role 8", full, func(b []byte) { b[5] = 8 })
	v.bad(t, decode, BadCredential, "a changed signature", vectorFlip(bare, -1))
	v.bad(t, decode, BadCredential, "a changed date", vectorFlip(bare, -66))
	v.bad(t, decode, BadCredential, "signed by another", append(bytes.Clone(full[:len(full)-64]), Sign(vectorSeed(6), "key package", full[:len(full)-64])...))
	v.bad(t, decode, BadArgument, "nothing", []byte{})
	v.bad(t, decode, BadArgument, "a byte less", bare[:len(bare)-1])
	v.bad(t, decode, BadArgument, "a byte more", append(bytes.Clone(bare), 0))
	v.bad(t, decode, TooLarge, "over the limit", append(bytes.Clone(bare), make([]byte, MaxKeyPackage)...))
	return v
}

var vectorFiles = map[string]func(*testing.T) any{
	"primitives": makePrimitives, "manifest": makeManifests, "credential": makeCredentials, "keypackage": makeKeyPackages, "safety": makeSafety,
}

// TestVectorsAreMadeAlike: making a file again gives the same bytes, and what
// it calls bad was refused with its code on the way.
func TestVectorsAreMadeAlike(t *testing.T) {
	for name, build := range vectorFiles {
		t.Run(name, func(t *testing.T) {
			made, err := json.MarshalIndent(build(t), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, '\n')
			file := filepath.Join("testdata", name+".json")
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

// TestVectorsAreRead: what the files hold decodes to what it says, or not.
func TestVectorsAreRead(t *testing.T) {
	if *updateVectors {
		t.Skip("TestVectorsAreMadeAlike writes them")
	}
	roots := []Hash{Hash(vectorPublic(1))}
	for name, decode := range map[string]func([]byte) (any, []byte, error){
		"manifest": func(b []byte) (any, []byte, error) {
			m, err := DecodeManifest(b, roots)
			if err != nil {
				return nil, nil, err
			}
			return vectorManifestOf(m), append(m.body(), m.Signature...), nil
		},
		"credential": func(b []byte) (any, []byte, error) {
			c, err := DecodeCredential(b)
			if err != nil {
				return nil, nil, err
			}
			return vectorCredentialOf(c), append(c.body(), c.Signature...), nil
		},
		"keypackage": func(b []byte) (any, []byte, error) {
			k, err := DecodeKeyPackage(b)
			if err != nil {
				return nil, nil, err
			}
			again, err := (&KeyPackage{Credential: k.Credential, Leaf: k.Leaf, Expires: k.Expires, Use: k.Use}).Sign(vectorSeed(5))
			return nil, again, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var v vectorStatements
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			if len(v.Good) == 0 || len(v.Bad) == 0 {
				t.Fatal("an empty corpus")
			}
			for _, g := range v.Good {
				fields, again, err := decode(g.Encoding)
				if err != nil {
					t.Errorf("%s: %v", g.Name, err)
					continue
				}
				if !bytes.Equal(again, g.Encoding) {
					t.Errorf("%s: encodes to other bytes", g.Name)
				}
				if fields != nil {
					got, _ := json.Marshal(fields)
					want, _ := json.Marshal(g.Fields)
					var a, b any
					json.Unmarshal(got, &a)
					json.Unmarshal(want, &b)
					got, _ = json.Marshal(a)
					want, _ = json.Marshal(b)
					if !bytes.Equal(got, want) {
						t.Errorf("%s: decodes to %s, want %s", g.Name, got, want)
					}
				}
			}
			for _, b := range v.Bad {
				if _, _, err := decode(b.Encoding); vectorText(err) != b.Code {
					t.Errorf("%s: %v, want %s", b.Name, err, b.Code)
				}
			}
		})
	}
}
