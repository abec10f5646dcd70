package authority

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Keys roll over in steps, so that at no moment anybody meets one that it does
// not know yet.
//
// The issuer: [Org.MakeNextIssuer] where credentials are issued; Renew with
// AddIssuers where the root is; some days later Renew with DropIssuers of the old
// one. From that manifest on the next one signs. Where the old one was stolen,
// both at once.
//
// The root: [Org.MakeNextRoot]; pages and relay pin both keys; weeks later, when
// no page is left that pins the old one alone, Renew with NextRoot.

// MakeNextIssuer makes the next issuer key and gives its public half. ErrExists
// where there is one that does not sign yet.
func (o *Org) MakeNextIssuer() ([]byte, error) {
	if o.NextIssuer != nil {
		if o.lists(o.Issuer) || !o.lists(o.NextIssuer) {
			return nil, fmt.Errorf("%w: %s; it is in use when the manifest lists it, and the current one no more", ErrExists, filepath.Join(o.dir, NextIssuerFile))
		}
		// The next one is the current one by now.
		if err := os.Rename(filepath.Join(o.dir, NextIssuerFile), filepath.Join(o.dir, IssuerFile)); err != nil {
			return nil, err
		}
		o.Issuer, o.NextIssuer = o.NextIssuer, nil
	}
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(create(filepath.Join(o.dir, NextIssuerFile), encodeKey(issuerPrefix, key)), syncDir(o.dir)); err != nil {
		return nil, err
	}
	o.NextIssuer = key
	return public, nil
}

func (o *Org) lists(key ed25519.PrivateKey) bool {
	return key != nil && slices.ContainsFunc(o.Manifest.Issuers, func(i wire.Issuer) bool {
		return slices.Equal(i.Key, key.Public().(ed25519.PublicKey))
	})
}

// MakeNextRoot makes the next root key and gives its public half, which pages
// and relay are to pin beside the current one. ErrExists where there is one.
func (o *Org) MakeNextRoot() ([]byte, error) {
	if err := o.finishRoll(); err != nil {
		return nil, err
	}
	// The private half first: a pinned key that nobody has would be the worse one.
	key, err := optionalKey(o.dir, NextRootFile, rootPrefix)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if _, key, err = ed25519.GenerateKey(nil); err != nil {
			return nil, err
		}
		err = create(filepath.Join(o.dir, NextRootFile), encodeKey(rootPrefix, key))
	}
	public := key.Public().(ed25519.PublicKey)
	if err == nil {
		err = create(filepath.Join(o.dir, NextOrgKeyFile), []byte(base64.RawURLEncoding.EncodeToString(public)+"\n"))
	}
	if err := errors.Join(err, syncDir(o.dir)); err != nil {
		return nil, err
	}
	o.NextRoot, o.roots = key, append(o.roots, public)
	return public, nil
}

// rollRoot makes the next root the current one, in steps after each of which
// Load finds everything.
func (o *Org) rollRoot() error {
	at := func(name string) string { return filepath.Join(o.dir, name) }
	old, err := os.ReadFile(at(OrgKeyFile))
	if err != nil {
		return err
	}
	next, err := os.ReadFile(at(NextOrgKeyFile))
	if err != nil {
		return err
	}
	if err := errors.Join(replace(at(OldOrgKeyFile), old), replace(at(OrgKeyFile), next)); err != nil {
		return err
	}
	if err := o.finishRoll(); err != nil {
		return err
	}
	o.Root, o.NextRoot, o.roots = nil, nil, nil
	return o.loadRoots()
}

// finishRoll puts the root key in the file of its name, where the pinned key
// says already that it is the current one.
func (o *Org) finishRoll() error {
	at := func(name string) string { return filepath.Join(o.dir, name) }
	text, err := os.ReadFile(at(OrgKeyFile))
	if err != nil {
		return err
	}
	current, err := ParseOrgKey(string(text))
	if err != nil {
		return err
	}
	key, err := optionalKey(o.dir, NextRootFile, rootPrefix)
	if err == nil && key != nil && key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(current)) {
		if err := os.Rename(at(RootFile), at(OldRootFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		err = errors.Join(os.Rename(at(NextRootFile), at(RootFile)), syncDir(o.dir))
	}
	if err != nil {
		return err
	}
	next, err := os.ReadFile(at(NextOrgKeyFile))
	if errors.Is(err, os.ErrNotExist) || err == nil && string(next) != string(text) {
		return nil
	}
	return errors.Join(err, os.Remove(at(NextOrgKeyFile)))
}
