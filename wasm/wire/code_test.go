package wire

import (
	"errors"
	"fmt"
	"testing"
)

// The table of the specification, written out: a number or text that moves
// breaks every peer.
var codeTable = []struct {
	code   Code
	number int
	text   string
}{
	{BadArgument, 1, "bad argument"}, {BadHandle, 2, "bad handle"}, {TooLong, 3, "too long"}, {BadKey, 4, "bad key"},
	{OpenFailed, 5, "open failed"}, {NotMember, 6, "not a member"}, {BeforeJoin, 7, "sent before you joined"}, {EpochGone, 8, "epoch gone"},
	{StaleEpoch, 9, "stale epoch"}, {StaleHead, 10, "stale head"}, {Replayed, 11, "replayed"}, {ForkedLog, 12, "forked log"},
	{BadCommit, 13, "bad commit"}, {BadCredential, 14, "bad credential"}, {Expired, 15, "expired"}, {RolledBack, 16, "rolled back"},
	{RateLimited, 17, "rate limited"}, {TooLarge, 18, "too large"}, {UnsupportedVersion, 19, "unsupported version"}, {TruncatedFile, 20, "truncated file"},
	{NoRandomness, 21, "no randomness"}, {Unavailable, 22, "unavailable"}, {Internal, 23, "internal"},
}

func TestCodesKeepNumberAndText(t *testing.T) {
	all := Codes()
	if len(all) != len(codeTable) {
		t.Fatalf("%d codes, want %d", len(all), len(codeTable))
	}
	for i, row := range codeTable {
		if all[i] != row.code || int(row.code) != row.number || row.code.Error() != row.text {
			t.Errorf("row %d: %d %q, want %d %q", i, int(all[i]), all[i].Error(), row.number, row.text)
		}
	}
	for _, c := range []Code{0, -1, 24, 1 << 40} {
		if c.Error() != "internal" {
			t.Errorf("Code(%d).Error() = %q", int(c), c.Error())
		}
	}
}

func TestCodeOfLooksThroughWrapping(t *testing.T) {
	for _, row := range codeTable {
		for _, err := range []error{row.code, fmt.Errorf("cause: %w", row.code), fmt.Errorf("a: %w", fmt.Errorf("b: %w", row.code))} {
			if got := CodeOf(err); got != row.code {
				t.Errorf("CodeOf(%v) = %v", err, got)
			}
		}
	}
	for _, err := range []error{nil, errors.New("x"), fmt.Errorf("no wrap: %v", Expired), errors.Join(Expired)} {
		if got := CodeOf(err); got != Internal {
			t.Errorf("CodeOf(%v) = %v, want internal", err, got)
		}
	}
}
