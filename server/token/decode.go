package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth of nested JSON: a bound on what decoding may allocate.
const maxDepth = 8

// object is a JSON object by its names, exactly as written: encoding/json into
// a struct would take "EXP" for "exp", and the last of two.
type object map[string]json.RawMessage

// split takes a token apart: three parts, the first two of them objects.
func split(token string) (header, payload object, err error) {
	// encoding/base64 skips line breaks, so that one token would have many forms.
	if strings.ContainsAny(token, "\r\n") {
		return nil, nil, ErrMalformed
	}
	first, rest, ok := strings.Cut(token, ".")
	second, signature, both := strings.Cut(rest, ".")
	if !ok || !both || strings.Contains(signature, ".") {
		return nil, nil, ErrMalformed
	}
	for part, into := range map[string]*object{first: &header, second: &payload} {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, nil, ErrMalformed
		}
		if *into, err = decode(raw); err != nil {
			return nil, nil, err
		}
	}
	return header, payload, nil
}

// decode refuses what two readers could read differently: names that occur
// twice, bytes behind the object, text that is not UTF-8.
func decode(raw []byte) (object, error) {
	if !utf8.Valid(raw) || deep(raw) || !json.Valid(raw) {
		return nil, ErrMalformed
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, ErrMalformed
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, ErrMalformed
		}
		if _, twice := o[name]; twice {
			return nil, ErrMalformed
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, ErrMalformed
		}
		o[name] = value
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, ErrMalformed
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrMalformed
	}
	return o, nil
}

// deep counts brackets outside of strings.
func deep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
