package harness

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// Resident opens a tab in the browser's own profile, which is on disk as
// people's are. The other persons' profiles are private windows, whose files
// are memory.
func (b *Browser) Resident(t testing.TB, name string) *Person {
	t.Helper()
	return newPerson(t, name, b.ctx)
}

// Renderers are the processes that run the pages of this browser.
func (b *Browser) Renderers(t testing.TB) []int { return b.processes(t, "renderer") }

// Process is the one that they all belong to, which keeps what pages give into
// its hands: a Blob's bytes are memory there.
func (b *Browser) Process(t testing.TB) int { return b.processes(t, "browser")[0] }

func (b *Browser) processes(t testing.TB, kind string) []int {
	t.Helper()
	info, err := chromedp.CallBrowser(b.ctx, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, p := range info.ProcessInfo {
		if p.Type == kind {
			pids = append(pids, int(p.ID))
		}
	}
	if len(pids) == 0 {
		t.Fatalf("a browser without a process of type %s", kind)
	}
	return pids
}

// Peak watches how much memory processes hold beyond what they hold now.
type Peak struct {
	t      testing.TB
	before map[int]int64
}

// WatchPeak begins to watch.
func WatchPeak(t testing.TB, pids ...int) *Peak {
	t.Helper()
	p := &Peak{t, map[int]int64{}}
	for _, pid := range pids {
		// 5: the greatest resident size becomes that of now.
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
			t.Fatal(err)
		}
		p.before[pid] = status(t, pid, "VmRSS")
	}
	return p
}

// Beyond is the sum of the greatest resident sizes since, less those at the
// beginning, in bytes.
func (p *Peak) Beyond() int64 {
	p.t.Helper()
	var sum int64
	for pid, before := range p.before {
		sum += max(0, status(p.t, pid, "VmHWM")-before)
	}
	return sum
}

// status reads a size from what the kernel says of a process.
func status(t testing.TB, pid int, key string) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var kilobytes int64
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			if _, err := fmt.Sscanf(value, "%d kB", &kilobytes); err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatalf("process %d has no %s", pid, key)
	return 0
}
