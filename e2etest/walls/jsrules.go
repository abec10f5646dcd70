package walls

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// shipped are the scripts that a page or a package user gets: all under js/
// but tests, their tools and what is built.
func shipped(files map[string]string) []script {
	var list []script
	for name, text := range files {
		if strings.HasPrefix(name, "js/") && slices.Contains([]string{".js", ".mjs", ".cjs"}, path.Ext(name)) && !strings.HasPrefix(name, "js/test/") {
			list = append(list, scan(name, text))
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}

// Word is text that only some files may hold, comments and strings aside.
type Word struct {
	Rule   string
	Word   *regexp.Regexp
	In     []string // files or directories that may; none: nobody may
	Single bool     // and exactly one of them does
}

// CheckWords checks the rows over the shipped scripts.
func CheckWords(files map[string]string, rows []Word) []Breach {
	var found []Breach
	for _, row := range rows {
		var having []string
		for _, s := range shipped(files) {
			m := row.Word.FindString(s.code)
			if m == "" {
				continue
			}
			having = append(having, s.name)
			if !underAny(s.name, row.In) {
				found = append(found, Breach{row.Rule, s.name, "has " + m})
			}
		}
		if row.Single && len(having) != 1 {
			found = append(found, Breach{row.Rule, strings.Join(row.In, ", "), fmt.Sprintf("%d files do, want exactly one: %v", len(having), having)})
		}
	}
	return found
}

// Knows says which files a room of js/ may import, itself in any case.
type Knows struct {
	Room   string   // file or directory
	May    []string // files or directories; nil: anything of js/ but Never
	Never  []string
	Reach  bool // the rule is about all that is reached, not direct imports
	Absent bool // the room may not be there (yet)
}

// CheckKnows checks the rows, and that no shipped script imports anything but
// files of js/ (no npm package; node: only in rooms of node).
func CheckKnows(files map[string]string, rows []Knows, node []string) []Breach {
	var found []Breach
	scripts := map[string]script{}
	for _, s := range shipped(files) {
		scripts[s.name] = s
		for _, i := range s.imports {
			switch t := s.target(i); {
			case t == "" && strings.HasPrefix(i, "node:") && underAny(s.name, node):
			case t == "":
				found = append(found, Breach{"own files only", s.name, "imports " + i})
			case !strings.HasPrefix(t, "js/") || strings.HasPrefix(t, "js/test/"):
				found = append(found, Breach{"own files only", s.name, "imports " + t})
			}
		}
	}
	for _, row := range rows {
		seen := false
		for name := range scripts {
			if !under(name, row.Room) {
				continue
			}
			seen = true
			for _, t := range imports(scripts, name, row.Reach) {
				allowed := under(t, row.Room) || row.May == nil || underAny(t, row.May)
				if !allowed || underAny(t, row.Never) {
					found = append(found, Breach{"knows", name, "knows " + t})
				}
			}
		}
		if !seen && !row.Absent {
			found = append(found, Breach{"knows", row.Room, "is named by a rule and is not there"})
		}
	}
	return found
}

// imports lists the files that name imports, or all that it reaches.
func imports(scripts map[string]script, name string, all bool) []string {
	var list []string
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		s := scripts[queue[0]]
		for _, i := range s.imports {
			if t := s.target(i); t != "" && !seen[t] {
				seen[t] = true
				list = append(list, t)
				if all {
					queue = append(queue, t)
				}
			}
		}
	}
	return list
}

// CheckPackage checks that the npm package asks for no other at run time, and
// that its lockfile names no hosts.
func CheckPackage(manifest, lock string) ([]Breach, error) {
	var found []Breach
	var m map[string]any
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return nil, err
	}
	for _, kind := range []string{"dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies", "bundledDependencies"} {
		if _, ok := m[kind]; ok {
			found = append(found, Breach{"no runtime packages", "js/package.json", "has " + kind})
		}
	}
	if m["type"] != "module" {
		found = append(found, Breach{"no runtime packages", "js/package.json", "is not of type module"})
	}
	var l struct {
		Packages map[string]struct{ Resolved, Integrity string }
	}
	if err := json.Unmarshal([]byte(lock), &l); err != nil {
		return nil, err
	}
	if len(l.Packages) == 0 {
		found = append(found, Breach{"lockfile", "js/package-lock.json", "is empty"})
	}
	for name, p := range l.Packages {
		if p.Resolved != "" {
			found = append(found, Breach{"lockfile", "js/package-lock.json", "names a host for " + name})
		}
		if name != "" && p.Integrity == "" {
			found = append(found, Breach{"lockfile", "js/package-lock.json", "has no hash for " + name})
		}
	}
	return found, nil
}
