package authority_test

import (
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/server/authority"
)

// FuzzParseOrgKey: a key has one text form, and white space around it.
func FuzzParseOrgKey(f *testing.F) {
	org, err := authority.Init(filepath.Join(f.TempDir(), "org"), authority.Options{Now: now})
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{org.OrgKey(), " " + org.OrgKey() + "\n", org.OrgKey() + "=", strings.Repeat("A", 43), "", org.OrgKey()[:20] + "\n" + org.OrgKey()[20:]} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := authority.ParseOrgKey(text)
		if err != nil {
			if !errors.Is(err, authority.ErrOptions) {
				t.Fatal(err)
			}
			return
		}
		if base64.RawURLEncoding.EncodeToString(key) != strings.TrimSpace(text) {
			t.Fatalf("%q is taken for %x", text, key)
		}
	})
}
