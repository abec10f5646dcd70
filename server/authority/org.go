package authority

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// The files of an organisation.
const (
	RootFile     = "root.key"   // needed for manifests only: keep it offline
	IssuerFile   = "issuer.key" // needed to issue credentials
	ManifestFile = "manifest"   // public: what the relay serves
	OrgKeyFile   = "orgkey.txt" // public: what pages pin

	// While keys roll over; see rollover.go.
	NextRootFile   = "root-next.key"
	OldRootFile    = "root-old.key"
	NextIssuerFile = "issuer-next.key"
	NextOrgKeyFile = "orgkey-next.txt"
	OldOrgKeyFile  = "orgkey-old.txt"
)

// Sentinels of this package.
var (
	ErrExists  = errors.New("authority: exists already")
	ErrBadOrg  = errors.New("authority: not a usable organisation")
	ErrOptions = errors.New("authority: bad options")
)

// Options are what an organisation begins with.
type Options struct {
	// Queues are the names that conversations may ask for. Default: "default".
	Queues []string
	// ManifestLife is how long a manifest is valid. Default 30 days, at least
	// an hour. Ends refuse an expired one, so renew it in time.
	ManifestLife time.Duration
	// IssuerLife is how long the issuer key may sign. Default 400 days, at
	// least ManifestLife.
	IssuerLife time.Duration
	// Policy of the manifest. Default: that of the manifest before; of the first,
	// history on devices, and grants since the last claim.
	Policy *wire.Policy
	// AddIssuers are public keys that may sign credentials too, DropIssuers those
	// that may not any more: what they signed ends at once, where it is seen.
	AddIssuers, DropIssuers [][]byte
	// NextRoot signs with the next root key, which is the current one from then on.
	NextRoot bool
	// Now is the time of making. Default time.Now().
	Now time.Time
}

func (o Options) withDefaults() (Options, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if len(o.Queues) == 0 {
		o.Queues = []string{"default"}
	}
	o.Queues = sortedSet(o.Queues)
	if o.ManifestLife == 0 {
		o.ManifestLife = 30 * 24 * time.Hour
	}
	if o.IssuerLife == 0 {
		o.IssuerLife = max(400*24*time.Hour, o.ManifestLife)
	}
	if o.ManifestLife < time.Hour || o.IssuerLife < o.ManifestLife {
		return o, fmt.Errorf("%w: a manifest lives an hour at least, an issuer as long as a manifest at least", ErrOptions)
	}
	return o, nil
}

// Org is a company's keys. A key is nil where its file is kept elsewhere, or
// where there is none.
type Org struct {
	Root       ed25519.PrivateKey
	NextRoot   ed25519.PrivateKey
	Issuer     ed25519.PrivateKey
	NextIssuer ed25519.PrivateKey
	Manifest   *wire.Manifest

	dir   string
	roots [][]byte // the current one's public key, then the next and the old one's
}

// Init makes root key, issuer key and the first manifest in a directory, which
// it creates. ErrExists, and nothing changed, where a file is there already.
func Init(dir string, o Options) (*Org, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{RootFile, IssuerFile, ManifestFile, OrgKeyFile, NextRootFile, NextIssuerFile, NextOrgKeyFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("%w: %s", ErrExists, filepath.Join(dir, name))
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	_, root, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	_, issuer, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	org := &Org{Root: root, Issuer: issuer, dir: dir, roots: [][]byte{root.Public().(ed25519.PublicKey)}}
	raw, err := org.sign(root, 1, o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{
		{RootFile, encodeKey(rootPrefix, root)},
		{IssuerFile, encodeKey(issuerPrefix, issuer)},
		{ManifestFile, raw},
		{OrgKeyFile, []byte(org.OrgKey() + "\n")},
	} {
		if err := create(filepath.Join(dir, f.name), f.data); err != nil {
			return nil, err
		}
	}
	return org, syncDir(dir)
}

// Load reads an organisation. Without root.key it can issue but not renew,
// without issuer.key the other way round.
func Load(dir string) (*Org, error) {
	o := &Org{dir: dir}
	var err error
	if o.Issuer, err = optionalKey(dir, IssuerFile, issuerPrefix); err != nil {
		return nil, err
	}
	if o.NextIssuer, err = optionalKey(dir, NextIssuerFile, issuerPrefix); err != nil {
		return nil, err
	}
	if err := o.loadRoots(); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, err
	}
	var pinned []wire.Hash
	for _, root := range o.roots {
		pinned = append(pinned, wire.Hash(root))
	}
	if o.Manifest, err = wire.DecodeManifest(raw, pinned); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBadOrg, filepath.Join(dir, ManifestFile), err)
	}
	return o, nil
}

func optionalKey(dir, name, prefix string) (ed25519.PrivateKey, error) {
	key, err := readKey(dir, name, prefix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return key, err
}

// loadRoots reads the public keys of the roots, and those private ones that are here.
func (o *Org) loadRoots() error {
	public := make(map[string][]byte)
	for _, name := range []string{OrgKeyFile, NextOrgKeyFile, OldOrgKeyFile} {
		text, err := os.ReadFile(filepath.Join(o.dir, name))
		if errors.Is(err, os.ErrNotExist) && name != OrgKeyFile {
			continue
		}
		if err != nil {
			return err
		}
		key, err := ParseOrgKey(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(o.dir, name), err)
		}
		public[name] = key
		if !slices.ContainsFunc(o.roots, func(k []byte) bool { return slices.Equal(k, key) }) {
			o.roots = append(o.roots, key)
		}
	}
	for _, name := range []string{RootFile, NextRootFile} {
		key, err := optionalKey(o.dir, name, rootPrefix)
		if err != nil {
			return err
		}
		// A roll-over that a crash cut short leaves the key in the file of before.
		switch {
		case key == nil:
		case key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(public[OrgKeyFile])):
			o.Root = key
		case key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(public[NextOrgKeyFile])):
			o.NextRoot = key
		case name == NextRootFile && public[NextOrgKeyFile] == nil: // its making was cut short
			o.NextRoot = key
		case !key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(public[OldOrgKeyFile])):
			return fmt.Errorf("%w: %s and %s are not of one key", ErrBadOrg, name, OrgKeyFile)
		}
	}
	return nil
}

// Roots are the public keys that are trusted: the current root's first, then the
// next one's and the old one's, where there are any.
func (o *Org) Roots() [][]byte { return slices.Clone(o.roots) }

// RootKey is the root's public key.
func (o *Org) RootKey() []byte { return slices.Clone(o.Manifest.Root) }

// OrgKey is the root's public key as pages pin it: 43 characters.
func (o *Org) OrgKey() string { return base64.RawURLEncoding.EncodeToString(o.Manifest.Root) }

// ParseOrgKey reads the text form of a root's public key; white space around
// it is ignored.
func ParseOrgKey(text string) ([]byte, error) {
	key, err := decodeBase64(trim(text))
	if err != nil || wire.CheckIdentityKey(key) != nil {
		return nil, fmt.Errorf("%w: an orgKey is 43 characters of base64url", ErrOptions)
	}
	return key, nil
}
