package service

import (
	"context"
	"errors"
	"time"

	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Person is whom the company's login names.
type Person struct {
	// Account is who that is to the company: the same at each login of one person,
	// and nobody else's. Required. It is kept as a keyed hash alone.
	Account string
	// Alias is the name that customers see, never an internal id.
	Alias string
	// Role is wire.Agent, wire.Supervisor or wire.Bot.
	Role wire.Role
	// Queues that the person answers; nil: all.
	Queues []string
	// Until is when the person is not to be there any more: no credential lives
	// longer. Zero: as long as the configuration says.
	Until time.Time
}

// Login is the company's own sign-in.
type Login interface {
	// Login judges what the person shows, for the identity key that was proven to
	// be held. An error is a wire.Code: Expired, BadCredential, or Unavailable
	// where that cannot be said now.
	Login(ctx context.Context, proof, identity []byte, now time.Time) (Person, error)
}

// Tokens is a login by token, as OpenID Connect has it. A token that is bound to
// a key (cnf) is taken from that identity key alone.
type Tokens struct{ *token.LoginVerifier }

var roles = map[string]wire.Role{"agent": wire.Agent, "supervisor": wire.Supervisor, "bot": wire.Bot}

// Login implements the interface.
func (t Tokens) Login(ctx context.Context, proof, identity []byte, now time.Time) (Person, error) {
	login, err := t.Verify(ctx, string(proof), now)
	switch {
	case errors.Is(err, token.ErrKeySet):
		return Person{}, wire.Unavailable
	case errors.Is(err, token.ErrExpired):
		return Person{}, wire.Expired
	case err != nil, login.Thumbprint != "" && login.Thumbprint != token.Thumbprint(identity), roles[login.Role] == 0:
		return Person{}, wire.BadCredential
	}
	return Person{Account: string(login.Account[:]), Alias: login.Alias, Role: roles[login.Role], Queues: login.Queues, Until: login.Until}, nil
}
