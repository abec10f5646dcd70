package demo

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/authority"
)

// loadCompany loads the company or founds it, and renews a manifest that is
// near its end.
func loadCompany(dir string) (*authority.Org, error) {
	options := authority.Options{Queues: []string{Queue}}
	if _, err := os.Stat(filepath.Join(dir, authority.RootFile)); errors.Is(err, os.ErrNotExist) {
		return authority.Init(dir, options)
	}
	org, err := authority.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("state: %w (`make clean` begins afresh)", err)
	}
	if time.Unix(int64(org.Manifest.Expires), 0).Before(time.Now().Add(renewBefore)) {
		if _, err := org.Renew(options); err != nil {
			return nil, err
		}
	}
	return org, nil
}

// loadSecret loads or makes the secret that the site's backend and the relay
// share: the company's choice of HS256, as small sites have it.
func loadSecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "token.secret")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		secret := make([]byte, 32)
		rand.Read(secret)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		return secret, writeNew(path, base64.RawURLEncoding.EncodeToString(secret)+"\n")
	}
	if err != nil {
		return nil, err
	}
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("state: %s is not a secret of this demo (`make clean` begins afresh)", path)
	}
	return secret, nil
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
