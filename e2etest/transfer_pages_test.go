package e2etest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// P15 through the pages: the customer has no network and writes; Ana hands over
// meanwhile; what was written reaches Ben, once and in order, and never Ana.
func TestP15_WrittenOfflineDuringATransferReachesWhoIsIn(t *testing.T) {
	count := 50
	if testing.Short() {
		count = 5
	}
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	customer, ana := customerAt(t, d, w), deskAt(t, d, "Ana", nil)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "one moment", "take your time")
	ben := deskAt(t, d, "Ben", nil)
	w.Cut()
	customer.Offline(true)
	customer.AwaitPage("reconnecting")
	var queued []string
	for i := range count {
		queued = append(queued, fmt.Sprintf("written offline, number %02d", i))
		customer.Say(queued[i])
	}
	handsOver(t, ana, "Ben", "")
	ben.AwaitText(harness.Conversation, "take your time")
	w.Mend()
	customer.Offline(false)
	awaitOnce(t, ben, queued...)
	saw := ben.Read(harness.Conversation)
	for i := range queued[1:] {
		if strings.Index(saw, queued[i]) > strings.Index(saw, queued[i+1]) {
			t.Errorf("%q is shown after %q", queued[i], queued[i+1])
		}
	}
	exchange(t, customer, ben, "did you get it all?", "all of it")
	wantUnread(t, ana, "written offline", "did you get it all?")
	awaitOnce(t, customer, queued...)
}

// A file is on its way up while Ana hands over: Ben gets it whole, Ana gets nothing
// of it, and whoever is handed the conversation later gets it too.
func TestP15_AFileInFlightDuringATransferReachesWhoIsIn(t *testing.T) {
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	var once sync.Once
	arrived, goOn := make(chan struct{}), make(chan struct{})
	w.Response = func(res *http.Response) error {
		if r := res.Request; r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/v1/files/") {
			once.Do(func() { close(arrived) })
			<-goOn // a part is stored, and the customer does not know it yet
		}
		return nil
	}
	t.Cleanup(sync.OnceFunc(func() {
		select {
		case <-goOn:
		default:
			close(goOn)
		}
	}))
	customer, ana := customerAt(t, d, w), deskAt(t, d, "Ana", nil)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "I have a file", "send it")
	ben := deskAt(t, d, "Ben", nil)

	content := bytes.Repeat([]byte("a parcel number, and more of it\n"), 50_000)
	path := filepath.Join(t.TempDir(), "parcel.txt")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	customer.Choose(path)
	customer.Click(harness.Send)
	<-arrived
	handsOver(t, ana, "Ben", "")
	ben.AwaitText(harness.Conversation, "send it")
	close(goOn)
	ben.AwaitText(harness.Conversation, "parcel.txt")
	downloads := ben.Downloads()
	ben.ClickOf(harness.Save, "parcel.txt")
	saved, err := os.ReadFile(downloads.Await(harness.Patience, "parcel.txt"))
	if err != nil || !bytes.Equal(saved, content) {
		t.Errorf("Ben saves %d bytes, want the %d of the file: %v", len(saved), len(content), err)
	}
	wantUnread(t, ana, "parcel.txt")

	cleo := deskAt(t, d, "Cleo", nil)
	handsOver(t, ben, "Cleo", "")
	cleo.AwaitText(harness.Conversation, "parcel.txt")
	downloads = cleo.Downloads()
	cleo.ClickOf(harness.Save, "parcel.txt")
	if saved, err := os.ReadFile(downloads.Await(harness.Patience, "parcel.txt")); err != nil || !bytes.Equal(saved, content) {
		t.Errorf("Cleo saves %d bytes, want %d: %v", len(saved), len(content), err)
	}
}

// Handed over into another queue: it waits there for whoever works in it, who
// reads all of before, and both sides read where it went.
func TestHandedOverIntoAnotherQueue(t *testing.T) {
	d := harness.StartDemo(t, "default", "billing")
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", nil)
	customer.Say("my bill is wrong")
	takes(t, ana, "my bill is wrong")
	exchange(t, customer, ana, "can you see it?", "billing can")
	ana.Click(handOver)
	for _, queue := range []string{"default", "billing"} {
		ana.AwaitPage("the queue “" + queue + "”")
	}
	ana.Click(harness.Thing{Role: "button", Name: "Cancel"})
	handsOver(t, ana, "The queue “billing”", "a bill of March")
	ana.AwaitText(harness.Conversation, "You put this conversation in the queue “billing”")
	customer.AwaitPage(waits)
	customer.Say("is that billing?")

	ben := deskAt(t, d, "Ben", nil)
	ben.AwaitPage("billing")
	ben.Click(takeParked)
	awaitOnce(t, ben, "my bill is wrong", "billing can", "a bill of March", "Ana put this conversation in the queue “billing”", "is that billing?")
	exchange(t, customer, ben, "who are you?", "Ben, of billing")
	wantUnread(t, ana, "is that billing?", "Ben, of billing")
}
