package relay_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func ciphertext(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// upload stores a file and gives its id.
func upload(t *testing.T, f *relaytest.Files, bytes []byte) string {
	t.Helper()
	id, err := f.Upload(relaytest.Context(t), bytes)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// answered wants a status and a code (0: none).
func answered(t *testing.T, f *relaytest.Files, status int, code wire.Code, method, path string, body []byte, header ...string) *relaytest.Answer {
	t.Helper()
	a, err := f.Do(relaytest.Context(t), method, path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.Status != status || a.Code != code {
		t.Errorf("%s %s: %d %q, want %d %v", method, path, a.Status, a.Body, status, code)
	}
	return a
}

func TestFileIsReadByTheOtherMember(t *testing.T) {
	s := play(t, nil)
	customer, agent := s.FilesOf(s.atCustomer, s.talk.ID), s.FilesOf(s.atAgent, s.talk.ID)
	for _, size := range []int{1, 272, blob.PartSize - 1, blob.PartSize, blob.PartSize + 1, 2*blob.PartSize + 7} {
		file := ciphertext(size)
		id := upload(t, customer, file)
		a := answered(t, agent, http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
		if !bytes.Equal(a.Body, file) {
			t.Errorf("%d bytes: %d other ones came back", size, len(a.Body))
		}
	}
}

// What was put before a break is not put again, in any order of parts.
func TestUploadIsResumed(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	file := ciphertext(3*blob.PartSize + 5)
	id, err := f.Create(s.ctx, len(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []int{3, 1} {
		if err := f.Put(s.ctx, id, part, file); err != nil {
			t.Fatal(err)
		}
	}
	s.Restart() // tickets are in memory, parts are not
	answered(t, f, http.StatusUnauthorized, wire.BadCredential, "GET", "/v1/files/"+id+"/parts", nil)
	f = s.FilesOf(s.Connect(s.customer), s.talk.ID)
	missing, err := f.Missing(s.ctx, id)
	if err != nil || !slices.Equal(missing, []int{0, 2}) {
		t.Fatalf("missing %v, %v", missing, err)
	}
	answered(t, f, http.StatusConflict, wire.TruncatedFile, "POST", "/v1/files/"+id+"/complete", nil)
	for _, part := range []int{0, 2, 1} { // the last again
		if err := f.Put(s.ctx, id, part, file); err != nil {
			t.Fatal(err)
		}
	}
	other := ciphertext(blob.PartSize)
	answered(t, f, http.StatusConflict, wire.BadArgument, "PUT", "/v1/files/"+id+"/1", other)
	for range 2 {
		answered(t, f, http.StatusNoContent, 0, "POST", "/v1/files/"+id+"/complete", nil)
	}
	answered(t, f, http.StatusConflict, wire.BadArgument, "PUT", "/v1/files/"+id+"/1", other)
	answered(t, f, http.StatusConflict, wire.BadArgument, "DELETE", "/v1/files/"+id, nil)
	if a := answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+id, nil); !bytes.Equal(a.Body, file) {
		t.Error("other bytes came back")
	}
}

// Every route for each who shows a ticket, and for who shows none: the upload
// is the customer's and is not complete, but for the last column.
func TestA01_WhoMayWhatWithFiles(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.FileBurst = 1000 })
	sam := s.Supervisor("Sam")
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{sam.KeyPackage(time.Now().Add(time.Hour), false)}})
	customer := s.FilesOf(s.atCustomer, s.talk.ID)
	done := upload(t, customer, ciphertext(300))
	elsewhere, stranger := play2(s)
	who := map[string]*relaytest.Files{
		"customer": customer, "agent": s.FilesOf(s.atAgent, s.talk.ID), "supervisor": s.FilesOf(s.Connect(sam), s.talk.ID),
		"elsewhere": elsewhere, "stranger": stranger,
		"nobody": {Base: customer.Base, Client: customer.Client}, "guess": {Base: customer.Base, Client: customer.Client, Ticket: strings.Repeat("A", 43)},
	}
	size := []string{"Upload-Length", "300"}
	for _, row := range []struct {
		method, path string // {id} is an upload, {done} a complete file
		body         []byte
		header       []string
		want         map[string]int
	}{
		{"POST", "/v1/files", nil, size, map[string]int{"customer": 201, "agent": 201, "supervisor": 403, "elsewhere": 201, "stranger": 201}},
		{"PUT", "/v1/files/{id}/0", ciphertext(300), nil, map[string]int{"customer": 204, "agent": 403, "supervisor": 403, "elsewhere": 404, "stranger": 404}},
		{"GET", "/v1/files/{id}/parts", nil, nil, map[string]int{"customer": 200, "agent": 403, "supervisor": 403, "elsewhere": 404, "stranger": 404}},
		{"POST", "/v1/files/{id}/complete", nil, nil, map[string]int{"customer": 409, "agent": 403, "supervisor": 403, "elsewhere": 404, "stranger": 404}},
		{"GET", "/v1/files/{id}", nil, nil, map[string]int{"customer": 404, "agent": 404, "supervisor": 404, "elsewhere": 404, "stranger": 404}},
		{"DELETE", "/v1/files/{id}", nil, nil, map[string]int{"customer": 204, "agent": 403, "supervisor": 403, "elsewhere": 404, "stranger": 404}},
		{"GET", "/v1/files/{done}", nil, nil, map[string]int{"customer": 200, "agent": 200, "supervisor": 200, "elsewhere": 404, "stranger": 404}},
		{"HEAD", "/v1/files/{done}", nil, nil, map[string]int{"customer": 200, "agent": 200, "supervisor": 200, "elsewhere": 404, "stranger": 404}},
		{"DELETE", "/v1/files/{done}", nil, nil, map[string]int{"customer": 409, "agent": 403, "supervisor": 403, "elsewhere": 404, "stranger": 404}},
	} {
		for name, f := range who {
			id, err := customer.Create(s.ctx, 300)
			if err != nil {
				t.Fatal(err)
			}
			path := strings.NewReplacer("{id}", id, "{done}", done).Replace(row.path)
			want, known := row.want[name]
			if !known {
				want = http.StatusUnauthorized
			}
			a, err := f.Do(s.ctx, row.method, path, row.body, row.header...)
			if err != nil || a.Status != want {
				t.Errorf("%s: %s %s: %v %v, want %d", name, row.method, row.path, a, err, want)
			}
			if name == "customer" && row.method == "DELETE" && strings.Contains(row.path, "{id}") {
				continue // it is gone
			}
			answered(t, customer, http.StatusNoContent, 0, "DELETE", "/v1/files/"+id, nil)
		}
	}
}

// play2 gives a ticket of the same customer for another conversation, and one
// of another customer for a third.
func play2(s *scene) (elsewhere, stranger *relaytest.Files) {
	s.t.Helper()
	begin := func(by *relaytest.Person, at *relaytest.Client) *relaytest.Files {
		talk := relaytest.NewTalk(s.Org.Manifest)
		genesis := by.Genesis(talk, s.Org.Manifest, "default", s.agent.KeyPackage(time.Now().Add(time.Hour), false))
		ask[relay.Ack](s.t, at, relay.Append{Conversation: talk.ID, Entry: genesis})
		return s.FilesOf(at, talk.ID)
	}
	other := relaytest.NewPerson(wire.Customer)
	return begin(s.customer, s.atCustomer), begin(other, s.Connect(other))
}

// Who is removed has no use of the ticket any more, and gets no other.
func TestTicketEndsWithMembership(t *testing.T) {
	s := play(t, nil)
	ben := s.Agent("Ben")
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{ben.KeyPackage(time.Now().Add(time.Hour), false)}})
	f := s.FilesOf(s.atAgent, s.talk.ID)
	id := upload(t, f, ciphertext(100))
	atBen := s.Connect(ben)
	s.commit(ben, atBen, relaytest.Change{Removes: []wire.ID{s.agent.ID()}})
	answered(t, f, http.StatusForbidden, wire.NotMember, "GET", "/v1/files/"+id, nil)
	answered(t, f, http.StatusForbidden, wire.NotMember, "POST", "/v1/files", nil, "Upload-Length", "10")
	refused(t, s.atAgent, relay.Ticket{Conversation: s.talk.ID}, wire.NotMember)
	answered(t, s.FilesOf(atBen, s.talk.ID), http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
}

func TestNothingIsAddedToAClosedConversation(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, f, ciphertext(100))
	s.commit(s.customer, s.atCustomer, relaytest.Change{Marks: wire.MarkClose})
	answered(t, f, http.StatusForbidden, wire.NotMember, "POST", "/v1/files", nil, "Upload-Length", "10")
	answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
}

func TestTicketExpiresAndIsBounded(t *testing.T) {
	now := &clock{now: time.Now()}
	s := play(t, func(c *relay.Config) { c.Now = now.Now; c.Limits.TicketsPerIdentity = 2 })
	first, second := s.FilesOf(s.atCustomer, s.talk.ID), s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, first, ciphertext(10))
	third := s.FilesOf(s.atCustomer, s.talk.ID)
	answered(t, first, http.StatusUnauthorized, wire.BadCredential, "GET", "/v1/files/"+id, nil)
	for _, f := range []*relaytest.Files{second, third} {
		answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
	}
	now.Set(now.Now().Add(10*time.Minute - time.Second))
	answered(t, third, http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
	now.Set(now.Now().Add(time.Second))
	answered(t, third, http.StatusUnauthorized, wire.BadCredential, "GET", "/v1/files/"+id, nil)
}

func TestTicketsOfAllAreBounded(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Tickets = 1 })
	s.FilesOf(s.atCustomer, s.talk.ID)
	refused(t, s.atAgent, relay.Ticket{Conversation: s.talk.ID}, wire.RateLimited)
}

// Where a company has as many as it may, who has most gives one up, and nobody
// loses the only one.
func TestA10_TicketsAreTakenFromWhoHasMost(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Tickets = 4 })
	var many []*relaytest.Files
	for range 4 {
		many = append(many, s.FilesOf(s.atCustomer, s.talk.ID))
	}
	id := upload(t, many[3], ciphertext(10))
	good := func(want bool, all ...*relaytest.Files) {
		t.Helper()
		for i, f := range all {
			a, err := f.Do(s.ctx, "GET", "/v1/files/"+id, nil)
			if err != nil || want != (a.Status == http.StatusOK) || !want && a.Code != wire.BadCredential {
				t.Errorf("ticket %d: %d %v, %v", i, a.Status, a.Code, err)
			}
		}
	}
	good(true, many...)
	agents := s.FilesOf(s.atAgent, s.talk.ID)
	good(false, many[0])
	good(true, many[1], many[2], many[3], agents)
	again := s.FilesOf(s.atCustomer, s.talk.ID) // at its own cost
	good(false, many[1])
	good(true, many[2], many[3], again, agents)
	bea := s.Agent("Bea")
	atBea := s.Connect(bea)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	beas := s.FilesOf(atBea, s.talk.ID)
	good(false, many[2])
	good(true, many[3], again, agents, beas)
	cleo := s.Agent("Cleo")
	atCleo := s.Connect(cleo)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{cleo.KeyPackage(time.Now().Add(time.Hour), false)}})
	cleos := s.FilesOf(atCleo, s.talk.ID)
	good(false, many[3])
	good(true, again, agents, beas, cleos)
	// All have one: a newcomer waits, the others exchange their own.
	dora := s.Agent("Dora")
	atDora := s.Connect(dora)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{dora.KeyPackage(time.Now().Add(time.Hour), false)}})
	refused(t, atDora, relay.Ticket{Conversation: s.talk.ID}, wire.RateLimited)
	anew := s.FilesOf(atCleo, s.talk.ID)
	good(false, cleos)
	good(true, again, agents, beas, anew)
}

// A new ticket for the last one refills no limit.
func TestA10_TicketsRefillNothing(t *testing.T) {
	s := play(t, func(c *relay.Config) {
		c.Limits.TicketsPerIdentity, c.Limits.FileBurst, c.Limits.FileInterval = 1, 2, time.Hour
	})
	for i := range 4 {
		_, err := s.FilesOf(s.atCustomer, s.talk.ID).Create(s.ctx, 10)
		if i < 2 && err != nil || i >= 2 && !errors.Is(err, wire.RateLimited) {
			t.Errorf("file %d: %v", i, err)
		}
	}
}

// One company does not take another's.
func TestA10_TicketsAreSharedByCompanies(t *testing.T) {
	org, err := authority.Init(filepath.Join(t.TempDir(), "other"), authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	first := play(t, func(c *relay.Config) {
		c.Limits.Tickets = 4
		c.Tenants = append(c.Tenants, relay.Tenant{Roots: [][]byte{org.RootKey()}, Tokens: c.Tenants[0].Tokens, Origins: []string{relaytest.Origin}, Manifest: org.Manifest.Bytes()})
	})
	theirs := *first.Relay // the same relay, as those of the other company see it
	theirs.Org = org
	second := &scene{Relay: &theirs, t: t, ctx: first.ctx}
	second.begin()
	var f [2][]*relaytest.Files
	for i, s := range []*scene{first, second, first, first} {
		f[i%2] = append(f[i%2], s.FilesOf(s.atCustomer, s.talk.ID))
	}
	id := upload(t, f[1][0], ciphertext(10))
	answered(t, f[1][0], http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
	answered(t, f[0][0], http.StatusUnauthorized, wire.BadCredential, "GET", "/v1/files/"+id, nil)
	for range 3 {
		first.FilesOf(first.atAgent, first.talk.ID)
	}
	answered(t, f[1][0], http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
}

func TestNoFilesWithoutAStore(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Files = nil })
	refused(t, s.atCustomer, relay.Ticket{Conversation: s.talk.ID}, wire.Unavailable)
}

// Lengths are judged by the header, before a body is read.
func TestFileLengthsAreExact(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	answered(t, f, http.StatusLengthRequired, wire.BadArgument, "POST", "/v1/files", nil)
	for text, want := range map[string]int{"0": 400, "-1": 400, "+5": 400, "05": 400, "5.0": 400, "1e3": 400, "18446744073709551616": 400, "9223372036854775807": 413, "5, 5": 400} {
		if a := answered(t, f, want, map[int]wire.Code{400: wire.BadArgument, 413: wire.TooLarge}[want], "POST", "/v1/files", nil, "Upload-Length", text); a.Status < 400 {
			t.Errorf("a length of %q was taken", text)
		}
	}
	answered(t, f, http.StatusBadRequest, wire.BadArgument, "POST", "/v1/files", []byte("body"), "Upload-Length", "4")
	file := ciphertext(blob.PartSize + 10)
	id, err := f.Create(s.ctx, len(file))
	if err != nil {
		t.Fatal(err)
	}
	put := func(part string) string { return "/v1/files/" + id + "/" + part }
	answered(t, f, http.StatusBadRequest, wire.BadArgument, "PUT", put("0"), file[:blob.PartSize-1])
	answered(t, f, http.StatusRequestEntityTooLarge, wire.TooLarge, "PUT", put("0"), file[:blob.PartSize+1])
	answered(t, f, http.StatusRequestEntityTooLarge, wire.TooLarge, "PUT", put("1"), file[:11])
	answered(t, f, http.StatusBadRequest, wire.BadArgument, "PUT", put("1"), nil)
	for _, part := range []string{"2", "-1", "01", "+1", "1.0", "x", "4294967296", "18446744073709551615"} {
		answered(t, f, http.StatusBadRequest, wire.BadArgument, "PUT", put(part), file[:10])
	}
	q, err := http.NewRequestWithContext(s.ctx, "PUT", f.Base+put("1"), struct{ *bytes.Reader }{bytes.NewReader(file[:10])}) // of unknown length: chunked
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+f.Ticket)
	if a, err := f.Send(q); err != nil || a.Status != http.StatusLengthRequired {
		t.Errorf("a chunked part: %+v, %v", a, err)
	}
	for _, bad := range []string{strings.Repeat("A", 22), id + "A", id[:21], id[:21] + "_", "..", "%2e%2e", strings.Repeat("A", 21) + "B"} {
		if bad == id {
			continue
		}
		a, err := f.Do(s.ctx, "GET", "/v1/files/"+bad, nil)
		if err != nil || a.Status != http.StatusNotFound {
			t.Errorf("id %q: %+v, %v", bad, a, err)
		}
	}
}

func TestFileLimitsHaveTheirCodes(t *testing.T) {
	s := play(t, func(c *relay.Config) {
		c.Limits.FileBurst, c.Limits.FileInterval = 2, time.Hour
		c.Limits.FileRequestBurst, c.Limits.FileRequestsPerSecond = 4, 0.001
	})
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	for i, want := range []int{201, 201, 429, 429} {
		a := answered(t, f, want, map[int]wire.Code{429: wire.RateLimited}[want], "POST", "/v1/files", nil, "Upload-Length", "10")
		if want == 429 && a.Header.Get("Retry-After") == "" {
			t.Errorf("request %d: no word of when", i)
		}
	}
	answered(t, f, 429, wire.RateLimited, "GET", "/v1/files/"+strings.Repeat("A", 22), nil)
	again := s.FilesOf(s.atCustomer, s.talk.ID) // another ticket of the same is no way round
	answered(t, again, 429, wire.RateLimited, "POST", "/v1/files", nil, "Upload-Length", "10")
}

// The store's quotas, as the relay tells them.
func TestQuotasHaveTheirCodes(t *testing.T) {
	var files *blob.Directory
	s := play(t, func(c *relay.Config) {
		var err error
		files, err = blob.OpenDirectory(blob.DirectoryOptions{Path: t.TempDir() + "/small", Limits: blob.Limits{MaxFile: 1000, MaxOwner: 2 * blob.MinCharge}})
		if err != nil {
			t.Fatal(err)
		}
		c.Files = files
	})
	t.Cleanup(func() { _ = files.Close() })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	answered(t, f, http.StatusRequestEntityTooLarge, wire.TooLarge, "POST", "/v1/files", nil, "Upload-Length", "1001")
	id, err := f.Create(s.ctx, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(s.ctx, 1000); err != nil {
		t.Fatal(err)
	}
	answered(t, f, http.StatusInsufficientStorage, wire.TooLarge, "POST", "/v1/files", nil, "Upload-Length", "1")
	answered(t, f, http.StatusNoContent, 0, "DELETE", "/v1/files/"+id, nil)
	answered(t, f, http.StatusCreated, 0, "POST", "/v1/files", nil, "Upload-Length", "1")
}

// An unfinished upload goes a day later, a finished one stays.
func TestUnfinishedUploadsAreCollected(t *testing.T) {
	now := &clock{now: time.Now()}
	s := play(t, func(c *relay.Config) { c.Now = now.Now })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	kept := upload(t, f, ciphertext(10))
	id, err := f.Create(s.ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	// The sweeper looks each second; the ticket is over by then.
	now.Set(now.Now().Add(25 * time.Hour))
	for ctx := relaytest.Context(t); !strings.Contains(s.Output.String(), "unfinished files removed"); {
		if ctx.Err() != nil {
			t.Fatal("nothing was collected")
		}
		<-time.After(10 * time.Millisecond)
	}
	now.Set(time.Now())
	f = s.FilesOf(s.Connect(s.customer), s.talk.ID)
	answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+kept, nil)
	answered(t, f, http.StatusNotFound, wire.Unavailable, "GET", "/v1/files/"+id+"/parts", nil)
}

// An upload counts for its company, whatever conversation and member it is of.
func TestUploadsCountForTheCompany(t *testing.T) {
	var files *blob.Directory
	s := play(t, func(c *relay.Config) {
		var err error
		limits := blob.Limits{MaxGroup: 2 * blob.MinCharge}
		if files, err = blob.OpenDirectory(blob.DirectoryOptions{Path: t.TempDir() + "/small", Limits: limits}); err != nil {
			t.Fatal(err)
		}
		c.Files = files
	})
	t.Cleanup(func() { _ = files.Close() })
	elsewhere, stranger := play2(s)
	for _, f := range []*relaytest.Files{elsewhere, stranger} {
		answered(t, f, http.StatusCreated, 0, "POST", "/v1/files", nil, "Upload-Length", "10")
	}
	answered(t, s.FilesOf(s.atAgent, s.talk.ID), http.StatusInsufficientStorage, wire.TooLarge, "POST", "/v1/files", nil, "Upload-Length", "10")
}
