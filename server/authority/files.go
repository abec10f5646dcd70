package authority

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What a key file begins with: it says what it is to whoever opens it, and one
// key cannot be taken for the other.
const (
	rootPrefix   = "sealwire-root-key-1 "
	issuerPrefix = "sealwire-issuer-key-1 "
)

func encodeKey(prefix string, key ed25519.PrivateKey) []byte {
	return []byte(prefix + base64.RawURLEncoding.EncodeToString(key.Seed()) + "\n")
}

func readKey(dir, name, prefix string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(trim(string(data)), prefix)
	seed, err := decodeBase64(text)
	clear(data)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%w: %s does not begin with %q and a key", ErrBadOrg, path, strings.TrimSpace(prefix))
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// decodeBase64 takes the one canonical form only. encoding/base64 skips line
// breaks, so that one key would have many forms.
func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, ErrOptions
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

func trim(text string) string { return strings.TrimSpace(text) }

// create writes a new file for its owner only, and never over another.
func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s", ErrExists, path)
	}
	if err != nil {
		return err
	}
	return finish(f, data)
}

// replace puts a file in another's place in one step.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600 by CreateTemp
	if err != nil {
		return err
	}
	if err := finish(f, data); err != nil {
		os.Remove(f.Name())
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncDir(filepath.Dir(path))
}

func finish(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
