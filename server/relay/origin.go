package relay

import (
	"fmt"
	"net/http"
	"net/url"
)

// origins is an exact allowlist of web origins: scheme, host and port as a
// browser writes them. There are no patterns, since each pattern was once
// somebody's hole.
type origins map[string]struct{}

func (o origins) add(origin string) error {
	if err := checkOrigin(origin); err != nil {
		return err
	}
	o[origin] = struct{}{}
	return nil
}

func (o origins) has(origin string) bool {
	_, ok := o[origin]
	return ok
}

// CheckOrigin refuses an origin that no browser sends in that form.
func CheckOrigin(origin string) error { return checkOrigin(origin) }

// checkOrigin demands the one form in which a browser sends an origin, so that
// an entry that could never match is refused instead of silently useless.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		u.Scheme+"://"+u.Host != origin || !plainHost(u.Host) {
		return fmt.Errorf("%w: origin %q: want scheme://host or scheme://host:port in lower case, ASCII, without a path", ErrConfig, origin)
	}
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return fmt.Errorf("%w: origin %q: browsers leave the default port out", ErrConfig, origin)
	}
	return nil
}

func plainHost(host string) bool {
	for _, c := range []byte(host) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// requestOrigin gives the origin of a request; ok is false where it has none,
// or more than one, which no browser sends.
func requestOrigin(r *http.Request) (origin string, ok bool) {
	all := r.Header.Values("Origin")
	if len(all) != 1 {
		return "", false
	}
	return all[0], true
}
