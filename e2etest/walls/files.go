package walls

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Files reads every text file of the work tree that git does not ignore, by
// its slash-separated path.
func Files(root string) (map[string]string, error) {
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		} else if err != nil {
			return nil, err
		}
		if utf8.Valid(b) {
			files[name] = string(b)
		}
	}
	return files, nil
}

// silently is how Go leaves a file out without saying so.
var silently = regexp.MustCompile(`_(js|wasm)(_test)?\.go$`)

// CheckNames finds Go files that their name alone keeps out of a build.
func CheckNames(files map[string]string) []Breach {
	var found []Breach
	for name := range files {
		if silently.MatchString(name) {
			found = append(found, Breach{"names", name, "is built for one platform only because of its name"})
		}
	}
	return found
}

// built are what make writes; git must ignore them.
var built = []string{
	".build/sealwire", ".demo/relay.db", "js/core/sealwire.wasm", "js/core/module.js", "js/node_modules/x", "js/types/index.d.ts",
}

// CheckIgnored finds built files that git would take.
func CheckIgnored(root string, names []string) []Breach {
	var found []Breach
	for _, name := range names {
		cmd := exec.Command("git", "check-ignore", "-q", "--no-index", name)
		cmd.Dir = root
		if cmd.Run() != nil {
			found = append(found, Breach{"ignored", name, "is built, and git does not ignore it"})
		}
	}
	return found
}

// CheckNoMachine finds places of one machine in what is written for readers:
// a home directory, or any of the strings in here (the root of the work tree,
// the user's home, the host's name).
func CheckNoMachine(files map[string]string, here []string) []Breach {
	home := regexp.MustCompile(`/(home|Users)/[a-z]|/root\b|/tmp/|[A-Z]:\\`)
	var found []Breach
	for name, text := range files {
		if path.Ext(name) != ".md" {
			continue
		}
		if m := home.FindString(text); m != "" {
			found = append(found, Breach{"no machine", name, "says " + m})
		}
		for _, h := range here {
			if len(h) > 4 && strings.Contains(text, h) {
				found = append(found, Breach{"no machine", name, "says " + h})
			}
		}
	}
	return found
}
