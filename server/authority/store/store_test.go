package store

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var (
	one, two = wire.ID{1}, wire.ID{2}
	row      = Row{Conversation: one, Index: 7, Last: wire.ID{9}, Home: "sales", Since: 5, Parked: true, Waiting: true, Quiet: true, Ends: 1 << 40, Customer: wire.ID{8}, Heard: 11}
)

func TestWhatIsSavedComesBackAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	claim := Claim{Conversation: one, Queue: "sales", Member: wire.ID{3}, Alias: "Ana", Package: []byte("kp"), Stored: true, At: 4}
	left := Left{Conversation: wire.ID{7}, Index: math.MaxInt64, At: 3}
	err := s.Save(ctx, Write{Queue: "sales", Left: []Left{left, {Conversation: two}}, End: []byte("an end"), Talks: []Talk{{row, []byte("a state")}, {Row{Conversation: two}, []byte("another")}}, Claims: []Claim{claim}})
	if err != nil {
		t.Fatal(err)
	}
	agent := Agent{Member: wire.ID{3}, Alias: "Ana", Role: wire.Agent, Queues: []string{"default", "sales"}, Until: 100, Account: s.Account("4711"), Used: 30, Displaced: true}
	if err := errors.Join(s.PutAgents(ctx, 0, agent, Agent{Member: wire.ID{4}, Until: 50, Queues: []string{"q"}}), s.PutManifest(ctx, []byte("m")), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if end, err := s.End(ctx, "sales"); err != nil || string(end) != "an end" {
		t.Errorf("end %q, %v", end, err)
	}
	if end, err := s.End(ctx, "default"); err != nil || end != nil {
		t.Errorf("an end that is not there: %q, %v", end, err)
	}
	rows, err := s.Rows(ctx, "sales")
	if err != nil || len(rows) != 2 || !slices.Contains(rows, row) {
		t.Errorf("rows %+v, %v", rows, err)
	}
	if state, err := s.State(ctx, "sales", one); err != nil || string(state) != "a state" {
		t.Errorf("state %q, %v", state, err)
	}
	if all, err := s.Claims(ctx, "sales"); err != nil || len(all) != 1 || !bytes.Equal(all[0].Package, claim.Package) || all[0].Alias != "Ana" || !all[0].Stored {
		t.Errorf("claims %+v, %v", all, err)
	}
	if all, err := s.Agents(ctx, 60); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], agent) || s.Account("4711") != agent.Account {
		t.Errorf("agents %+v, %v", all, err)
	}
	if m, err := s.Manifest(ctx); err != nil || string(m) != "m" {
		t.Errorf("manifest %q, %v", m, err)
	}
	if q, err := s.Queues(ctx); err != nil || !slices.Equal(q, []string{"sales"}) {
		t.Errorf("queues %q, %v", q, err)
	}
	if all, err := s.Left(ctx, "sales"); err != nil || len(all) != 2 || !slices.Contains(all, left) {
		t.Errorf("left alone are %+v, %v", all, err)
	}
	if err := s.Save(ctx, Write{Queue: "sales", Found: []wire.ID{two}, Gone: []wire.ID{one}, Unclaim: []wire.ID{one}}); err != nil {
		t.Fatal(err)
	}
	rows, _ = s.Rows(ctx, "sales")
	if all, _ := s.Claims(ctx, "sales"); len(rows) != 1 || len(all) != 0 {
		t.Errorf("%d rows and %d claims are left", len(rows), len(all))
	}
	if all, err := s.Left(ctx, "sales"); err != nil || !slices.Equal(all, []Left{left}) {
		t.Errorf("left alone are %+v, %v", all, err)
	}
	if _, err := s.State(ctx, "sales", one); err == nil {
		t.Error("the state of what is gone opens")
	}
}

func TestStatesAreSealedForTheirPlaces(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	secret := []byte("the secret of an inbox, as it is in memory")
	if err := s.Save(ctx, Write{Queue: "default", End: secret, Talks: []Talk{{Row{Conversation: one}, secret}, {Row{Conversation: two}, []byte("b")}}}); err != nil {
		t.Fatal(err)
	}
	for _, swap := range []string{
		"UPDATE talks SET state = (SELECT state FROM talks WHERE conversation = x'01000000000000000000000000000000')",
		"UPDATE ends SET queue = 'sales'",
	} {
		if _, err := s.db.Exec(swap); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.State(ctx, "default", two); !errors.Is(err, ErrKey) {
		t.Errorf("a state in another's place: %v, want ErrKey", err)
	}
	if _, err := s.End(ctx, "sales"); !errors.Is(err, ErrKey) {
		t.Errorf("an end in another queue's place: %v, want ErrKey", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, secret) {
			t.Errorf("%s holds a state as it is", filepath.Base(name))
		}
		if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, want 0600", filepath.Base(name), info.Mode())
		}
	}
	if len(files) < 2 {
		t.Errorf("only %q is there", files)
	}
}

func TestOpenRefusesWhatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process: %v, want ErrInUse", err)
	}
	if err := s.Save(t.Context(), Write{Queue: "default", End: []byte("e")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, KeyFile)
	text, _ := os.ReadFile(key)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a store whose key is lost seems to be a new one: %v", err)
	}
	if err := os.WriteFile(key, []byte("sealwire-root-key-1 AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrKey) {
		t.Errorf("another kind of key: %v, want ErrKey", err)
	}
	other := t.TempDir()
	if err := open(t, other).Close(); err != nil {
		t.Fatal(err)
	}
	foreign, _ := os.ReadFile(filepath.Join(other, KeyFile))
	if err := os.WriteFile(key, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if _, err := s.End(t.Context(), "default"); !errors.Is(err, ErrKey) {
		t.Errorf("under another key: %v, want ErrKey", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if _, err := s.db.Exec("PRAGMA user_version = 3"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrVersion) {
		t.Errorf("a newer version: %v, want ErrVersion", err)
	}
}

// A store of before there were accounts.
func TestVersionOneIsTaken(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Save(t.Context(), Write{Queue: "q", Talks: []Talk{{Row{Conversation: one, Since: 5}, []byte("s")}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAgents(t.Context(), 0, Agent{Member: one, Alias: "Ana", Until: 9, Queues: []string{"q"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("ALTER TABLE agents DROP COLUMN account; ALTER TABLE agents DROP COLUMN used; ALTER TABLE agents DROP COLUMN displaced; ALTER TABLE talks DROP COLUMN customer; ALTER TABLE talks DROP COLUMN heard; DROP TABLE left_alone; PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = open(t, dir)
		if all, err := s.Agents(t.Context(), 1); err != nil || len(all) != 1 || all[0].Alias != "Ana" || all[0].Displaced || all[0].Account != [32]byte{} {
			t.Errorf("%+v, %v", all, err)
		}
		if rows, err := s.Rows(t.Context(), "q"); err != nil || len(rows) != 1 || rows[0].Heard != 5 {
			t.Errorf("%+v, %v", rows, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAccountsAreHashedUnderAKeyOfTheStores(t *testing.T) {
	a, b := open(t, t.TempDir()), open(t, t.TempDir())
	if a.Account("4711") == b.Account("4711") {
		t.Error("two stores have one hash: who has a database can try names")
	}
	if a.Account("4711") == a.Account("4712") {
		t.Error("two people have one hash")
	}
}

// sealed is a value as it lies on the disk.
func (s *Store) sealed(t *testing.T, query string) []byte {
	t.Helper()
	var b []byte
	if err := s.db.QueryRow(query).Scan(&b); err != nil || len(b) < 7_000 {
		t.Fatal(len(b), err)
	}
	return b[6_000:6_064] // within one page
}

// found tells which files of a store hold these bytes, as they are on disk now.
func found(t *testing.T, dir string, what []byte) (in []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, what) {
			in = append(in, filepath.Base(name))
		}
	}
	return in
}

func TestReplacedAndDeletedStatesAreInNoFileAfterAPurge(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	state := func(b byte) []byte { return bytes.Repeat([]byte{b}, 20_000) } // over many pages
	save := func(b byte) {
		t.Helper()
		if err := s.Save(ctx, Write{Queue: "default", End: state(b), Talks: []Talk{{Row{Conversation: one}, state(b)}, {Row{Conversation: two}, state(b)}}}); err != nil {
			t.Fatal(err)
		}
	}
	var old [][]byte
	note := func() {
		for _, q := range []string{"SELECT state FROM ends", "SELECT state FROM talks WHERE conversation = x'01000000000000000000000000000000'", "SELECT state FROM talks WHERE conversation = x'02000000000000000000000000000000'"} {
			old = append(old, s.sealed(t, q))
		}
	}
	save(1)
	note()
	save(2)
	note()
	if err := s.Purge(ctx); err != nil { // now the database itself holds them
		t.Fatal(err)
	}
	if err := s.Save(ctx, Write{Queue: "default", End: state(3), Talks: []Talk{{Row{Conversation: one}, state(3)}}, Gone: []wire.ID{two}}); err != nil {
		t.Fatal(err)
	}
	before := 0
	for _, b := range old {
		before += len(found(t, dir, b))
	}
	if before == 0 {
		t.Error("nothing of it was ever on the disk: this test looks for the wrong bytes")
	}
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	for i, b := range old {
		if in := found(t, dir, b); in != nil {
			t.Errorf("replaced state %d is in %q", i, in)
		}
	}
	if in := found(t, dir, s.sealed(t, "SELECT state FROM ends")); in == nil {
		t.Error("the newest is in no file")
	}
	if got, err := s.State(ctx, "default", one); err != nil || !bytes.Equal(got, state(3)) {
		t.Errorf("the newest does not open: %v", err)
	}
}

// A crash leaves the write-ahead log as it was.
func TestReplacedStatesOfBeforeACrashAreGoneOnceItIsOpenAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Save(t.Context(), Write{Queue: "default", End: bytes.Repeat([]byte{1}, 9_000)}); err != nil {
		t.Fatal(err)
	}
	old := s.sealed(t, "SELECT state FROM ends")
	if err := s.Save(t.Context(), Write{Queue: "default", End: []byte("another")}); err != nil {
		t.Fatal(err)
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if found(t, killed, old) == nil {
		t.Error("the copy is of no crash")
	}
	open(t, killed)
	if in := found(t, killed, old); in != nil {
		t.Errorf("the replaced state is in %q", in)
	}
}

func TestSaveIsAllOrNothing(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	if _, err := s.db.Exec("CREATE TRIGGER no BEFORE INSERT ON claims BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
		t.Fatal(err)
	}
	err := s.Save(ctx, Write{Queue: "default", End: []byte("e"), Talks: []Talk{{row, []byte("s")}}, Claims: []Claim{{Conversation: one}}})
	if err == nil {
		t.Fatal("saved")
	}
	end, err := s.End(ctx, "default")
	rows, err2 := s.Rows(ctx, "default")
	if end != nil || len(rows) != 0 || err != nil || err2 != nil {
		t.Errorf("a refused save left %q and %d rows; %v, %v", end, len(rows), err, err2)
	}
}
