package demo

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/authority/service"
	"github.com/sealwire/sealwire/wasm/wire"
)

// worker is one of the people who work at the demo's company.
type worker struct {
	Name string `json:"name"`
	Role string `json:"role"`
	role wire.Role
}

var workers = []worker{{"Ana", "agent", wire.Agent}, {"Ben", "agent", wire.Agent}, {"Cleo", "agent", wire.Agent}, {"Sam", "supervisor", wire.Supervisor}}

// loginLife is how long a login token of the demo is good.
const loginLife = 5 * time.Minute

// logins are the company's sign-in: here, who says a name is that person.
type logins struct{ key [32]byte }

func newLogins() *logins {
	l := &logins{}
	rand.Read(l.key[:])
	return l
}

func (l *logins) mac(text string) string {
	m := hmac.New(sha512.New512_256, l.key[:])
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// token is name.end.MAC.
func (l *logins) token(name string, now time.Time) string {
	text := name + "." + strconv.FormatInt(now.Add(loginLife).Unix(), 10)
	return text + "." + l.mac(text)
}

// Login implements service.Login.
func (l *logins) Login(_ context.Context, proof, _ []byte, now time.Time) (service.Person, error) {
	parts := strings.Split(string(proof), ".")
	if len(parts) != 3 || !hmac.Equal([]byte(l.mac(parts[0]+"."+parts[1])), []byte(parts[2])) {
		return service.Person{}, wire.BadCredential
	}
	if end, err := strconv.ParseInt(parts[1], 10, 64); err != nil || now.Unix() >= end {
		return service.Person{}, wire.Expired
	}
	i := slices.IndexFunc(workers, func(w worker) bool { return w.Name == parts[0] })
	if i < 0 {
		return service.Person{}, wire.BadCredential
	}
	return service.Person{Account: workers[i].Name, Alias: workers[i].Name, Role: workers[i].role}, nil
}

// login gives whoever asks a login token for one of the names.
func (d *Demo) login(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Name string `json:"name"`
	}
	if !question(w, r, &q) {
		return
	}
	if !slices.ContainsFunc(workers, func(w worker) bool { return w.Name == q.Name }) {
		http.Error(w, "name: nobody of that name works here", http.StatusBadRequest)
		return
	}
	answer(w, map[string]string{"token": d.logins.token(q.Name, time.Now())})
}
