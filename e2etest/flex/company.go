package flex

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Company is the company's own side without a service: its keys, made for one
// run, and two answers. It asks nobody who they are, which no company may do.
type Company struct{ org *authority.Org }

// NewCompany makes a company's keys.
func NewCompany() (*Company, error) {
	dir, err := os.MkdirTemp("", "sealwire-flex-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	org, err := authority.Init(dir+"/company", authority.Options{Queues: []string{"default"}, ManifestLife: 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	return &Company{org}, nil
}

// ServeHTTP answers /company (what pages pin, and the manifest) and
// /company/credential.
func (c *Company) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/company/credential" {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"orgKey": c.org.OrgKey(), "manifest": base64.RawURLEncoding.EncodeToString(c.org.Manifest.Bytes()),
		})
		return
	}
	identity, err := io.ReadAll(io.LimitReader(r.Body, 1024))
	if err != nil {
		return
	}
	role := wire.Agent
	if r.URL.Query().Get("role") == "supervisor" {
		role = wire.Supervisor
	}
	credential, err := c.org.Issue(authority.Request{
		Identity: identity, Alias: r.URL.Query().Get("name"), Role: role, Queues: []string{"default"},
		Life: 8 * time.Hour,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(base64.RawURLEncoding.EncodeToString(credential)))
}
