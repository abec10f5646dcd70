// Package scripts tests the shell scripts beside it.
package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNeedInstallsOrSaysWhatToDo runs the script among fakes of all that it
// calls, so that nothing is installed.
func TestNeedInstallsOrSaysWhatToDo(t *testing.T) {
	const apt = "echo \"apt-get $*\"\ntouch \"$0.ran\""
	for name, row := range map[string]struct {
		what  string
		fakes map[string]string
		says  string // in what it writes
		apt   bool   // apt-get is run
		fails bool
	}{
		"there already":         {what: "chromium", fakes: map[string]string{"apt-get": apt, "chromium-browser": ""}},
		"as root":               {what: "chromium", fakes: map[string]string{"apt-get": apt, "id": "echo 0"}, says: "installing Debian's chromium", apt: true, fails: true}, // the fake brings none
		"by sudo":               {what: "node", fakes: map[string]string{"apt-get": apt, "id": "echo 7", "sudo": `exec "$@"`}, says: "installing Debian's nodejs npm", apt: true, fails: true},
		"neither root nor sudo": {what: "chromium", fakes: map[string]string{"apt-get": apt, "id": "echo 7"}, says: "run 'apt-get install chromium' as root", fails: true},
		"no Debian":             {what: "node", says: "no Debian or Ubuntu", fails: true},
		"Node too old":          {what: "node", fakes: map[string]string{"apt-get": apt, "id": "echo 0", "npm": "", "node": "echo 18"}, says: "too old", apt: true, fails: true},
		"Node new enough":       {what: "node", fakes: map[string]string{"apt-get": apt, "npm": "", "node": "echo 20"}},
		"no compiler":           {what: "cc", fakes: map[string]string{"apt-get": apt, "id": "echo 0", "go": "echo some-cc"}, says: "installing Debian's gcc libc6-dev", apt: true},
		"no Spin":               {what: "spin", fakes: map[string]string{"apt-get": apt, "id": "echo 0"}, says: "installing Debian's spin", apt: true},
		"no proxy":              {what: "caddy", fakes: map[string]string{"apt-get": apt, "id": "echo 0"}, says: "installing Debian's caddy", apt: true},
		"a proxy unstarted":     {what: "caddy", fakes: map[string]string{"apt-get": apt, "id": "echo 0", "systemctl": "echo systemctl $*"}, says: "systemctl mask --runtime --quiet caddy\nneed: the proxy caddy is missing", apt: true},
		"unknown":               {what: "tea", says: "what is tea?", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, real := range []string{"env", "touch"} {
				path, err := exec.LookPath(real)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(path, filepath.Join(dir, real)); err != nil {
					t.Fatal(err)
				}
			}
			for fake, body := range row.fakes {
				if err := os.WriteFile(filepath.Join(dir, fake), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script, err := filepath.Abs("need")
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/bin/sh", script, row.what)
			cmd.Env = []string{"PATH=" + dir}
			out, err := cmd.CombinedOutput()
			if (err != nil) != row.fails {
				t.Errorf("ended with %v: %s", err, out)
			}
			if !strings.Contains(string(out), row.says) || row.says == "" && len(out) > 0 {
				t.Errorf("says %q, want %q", out, row.says)
			}
			_, err = os.Stat(filepath.Join(dir, "apt-get.ran"))
			if ran := err == nil; ran != row.apt {
				t.Errorf("apt-get ran: %v, want %v: %s", ran, row.apt, out)
			}
		})
	}
}
