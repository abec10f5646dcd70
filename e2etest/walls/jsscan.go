package walls

import (
	"path"
	"regexp"
	"strings"
)

// script is one JavaScript file, read for the rules.
type script struct {
	name    string
	code    string   // without comments, strings emptied
	imports []string // specifiers, static and dynamic, in order
}

var importing = regexp.MustCompile(`(?:\bfrom|\bimport)\s*\(?\s*$`)

// scan reads a file. It knows comments, strings, templates and, by the usual
// guess from what stands before the slash, regular expressions; import
// specifiers are taken from the strings that follow `from` or `import`.
func scan(name, text string) script {
	s := script{name: name}
	var code strings.Builder
	var depth []int // open braces of each template substitution we are in
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "//"):
			i += upTo(text[i:], "\n", 0)
		case strings.HasPrefix(text[i:], "/*"):
			i += upTo(text[i:], "*/", 2)
			code.WriteByte(' ')
		case c == '"' || c == '\'':
			n := quoted(text[i:], c)
			if importing.MatchString(code.String()) && n >= 2 {
				s.imports = append(s.imports, text[i+1:i+n-1])
			}
			code.WriteString(`""`)
			i += n
		case c == '`', c == '}' && len(depth) > 0 && depth[len(depth)-1] == 0:
			if c == '}' {
				depth = depth[:len(depth)-1]
			}
			n, open := template(text[i:])
			if c == '`' && !open && importing.MatchString(code.String()) {
				s.imports = append(s.imports, text[i+1:i+n-1])
			}
			code.WriteString(`""`)
			if open {
				code.WriteByte('+')
				depth = append(depth, 0)
			}
			i += n
		case c == '/' && regexpMayStart(code.String()):
			i += pattern(text[i:])
			code.WriteString(`""`)
		default:
			if len(depth) > 0 && c == '{' {
				depth[len(depth)-1]++
			} else if len(depth) > 0 && c == '}' {
				depth[len(depth)-1]--
			}
			code.WriteByte(c)
			i++
		}
	}
	s.code = code.String()
	return s
}

// upTo is how far the first end in text goes, searched from byte from; all of
// text if there is none.
func upTo(text, end string, from int) int {
	if n := strings.Index(text[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(text)
}

// quoted is the length of the string literal at the front of text.
func quoted(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote, '\n':
			return i + 1
		}
	}
	return len(text)
}

// template is the length of the piece of a template at the front of text, up
// to its end or to and with the next `${`, and whether it was the latter.
func template(text string) (n int, open bool) {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '`':
			return i + 1, false
		case strings.HasPrefix(text[i:], "${"):
			return i + 2, true
		}
	}
	return len(text), false
}

// pattern is the length of the regular expression at the front of text.
func pattern(text string) int {
	class := false
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class, c == '\n':
			return i + 1
		}
	}
	return len(text)
}

var beforeRegexp = regexp.MustCompile(`(^|[(,=:\[!&|?{};+\-*%<>~^]|=>|\b(return|typeof|case|in|of|delete|void|throw|await|yield))\s*$`)

func regexpMayStart(code string) bool {
	return beforeRegexp.MatchString(code[max(0, len(code)-40):])
}

// target is the file that a relative import of s means, or "" for any other.
func (s script) target(specifier string) string {
	if !strings.HasPrefix(specifier, ".") {
		return ""
	}
	return path.Join(path.Dir(s.name), specifier)
}
