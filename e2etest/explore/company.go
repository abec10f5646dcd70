package explore

import (
	"crypto/ed25519"
	"fmt"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Day0 is when every world begins: Unix milliseconds.
const Day0 = uint64(1_800_000_000_000)

// Hour is one, in milliseconds.
const Hour = uint64(3_600_000)

const queue = "default"

// Company is a root, an issuer and the manifests that the root signed.
type Company struct {
	root, issuer ed25519.PrivateKey
	rotate       int   // messages
	grants       uint8 // what may be granted
	manifests    []*wire.Manifest
}

func seed(n byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	s[0] = n
	return ed25519.NewKeyFromSeed(s)
}

// NewCompany has one manifest, valid for a year from an hour before Day0.
func NewCompany(rotate int, grants uint8) *Company {
	c := &Company{root: seed(1), issuer: seed(2), rotate: rotate, grants: grants}
	if rotate == 0 {
		c.rotate = wire.RotateMessages
	}
	c.Publish(Day0/1000 + 365*24*3600)
	return c
}

// Publish signs the next manifest, which ends then (Unix seconds).
func (c *Company) Publish(expires uint64) *wire.Manifest {
	from := Day0/1000 - 3600
	m := &wire.Manifest{Sequence: uint64(len(c.manifests) + 1), Issued: from, Expires: expires, Queues: []string{queue},
		Issuers: []wire.Issuer{{Key: c.issuer.Public().(ed25519.PublicKey), Roles: 0xfe, NotBefore: from, NotAfter: Day0/1000 + 400*24*3600}},
		Policy:  wire.Policy{History: wire.HistoryDevice, Grants: c.grants, RotateMinutes: wire.RotateMinutes, RotateMessages: uint16(c.rotate)}}
	if _, err := m.Sign(c.root); err != nil {
		panic(err)
	}
	c.manifests = append(c.manifests, m)
	return m
}

// Newest is the manifest that was published last.
func (c *Company) Newest() *wire.Manifest { return c.manifests[len(c.manifests)-1] }

func (c *Company) manifest(h wire.Hash) *wire.Manifest {
	for _, m := range c.manifests {
		if m.Hash() == h {
			return m
		}
	}
	return nil
}

func (c *Company) roots() []wire.Hash {
	return []wire.Hash{wire.Hash(c.root.Public().(ed25519.PublicKey))}
}

// end makes an end that has the newest manifest; on the company's side with a
// credential that ends then (Unix seconds).
func (c *Company) end(role wire.Role, alias string, until uint64) *conversation.End {
	e, err := conversation.NewEnd(role, c.roots())
	must(err)
	must(e.AddManifest(c.Newest().Bytes(), Day0/1000, true))
	if role != wire.Customer {
		must(e.SetCredential(c.credential(e, alias, Day0/1000-60, until), Day0/1000))
	}
	return e
}

// credential is of an end on the company's side, in Unix seconds.
func (c *Company) credential(e *conversation.End, alias string, from, until uint64) []byte {
	cr := &wire.Credential{Role: e.Role(), Identity: e.Identity(), Alias: alias, Queues: []string{queue}, NotBefore: from, NotAfter: until}
	raw, err := cr.Issue(c.issuer)
	must(err)
	return raw
}

// must is for what fails only when the world itself is built wrongly.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("explore: %v", err))
	}
}
