package explore

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// judge says whether what a member made of an entry is right, in a world of one
// log in which every entry was made by an end: what the log says to anyone, and
// who was in, decide it.
func (w *World) judge(before, m *Member, ev *conversation.Event) error {
	c, p, wrong := m.Look(), w.Log.Entries[before.index], fmt.Errorf
	w.follows(before, m, p, ev)
	if ev.Rewound {
		return w.judgeRewound(before, m, ev, p)
	}
	if c.LogHash() != p.Hash || c.TranscriptHash() != p.After.Head() || c.Epoch() != p.After.Epoch() || !sameRoster(c.Members(), p.After.Members()) {
		return wrong("another log, head, epoch or roster than the log's")
	}
	forged := slices.ContainsFunc(w.Log.Entries[:m.index], func(p Placed) bool { return p.Forged })
	if err := w.judgeState(c, m, p, forged); err != nil {
		return err
	}
	if ev.ID != p.ID || ev.Sender != p.By || ev.Own != (p.By == m.ID) || ev.Index != before.index+1 {
		return wrong("told as another entry: %+v", ev)
	}
	switch {
	case p.Err != nil:
		if ev.Type != conversation.Ignored || ev.Code != wire.CodeOf(p.Err) {
			return wrong("type %d, code %v, but to anyone it is: %v", ev.Type, ev.Code, p.Err)
		}
	case p.Kind == wire.KindCommit:
		if ev.Type != conversation.Applied || ev.Code != 0 {
			return wrong("a valid commit: type %d, code %v", ev.Type, ev.Code)
		}
		if m.state == conversation.Active && before.state != conversation.Rereading && p.decoded.Commit.Newcomer(m.ID) && len(granted(p.decoded.Commit, m.ID)) != 0 {
			return wrong("it was granted something, and does not read it")
		}
		if ev.Role != p.decoded.Commit.Role || !slices.Equal(ev.Grants, p.decoded.Commit.Grants) || ev.Marks != p.decoded.Commit.Marks {
			return wrong("other moves than the commit's are told: %+v", ev)
		}
	case p.Kind == wire.KindJoin:
		if ev.Type != conversation.Joining {
			return wrong("a valid join request: type %d, code %v", ev.Type, ev.Code)
		}
	default:
		if err := w.judgeMessage(before, ev, p.Entry); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) judgeMessage(before *Member, ev *conversation.Event, e *Entry) error {
	if e.Forged {
		if ev.Type != conversation.Ignored || ev.Content != nil {
			return fmt.Errorf("what nobody made: type %d, %q", ev.Type, ev.Content)
		}
		return nil
	}
	want := wire.Code(0)
	switch before.state {
	case conversation.Active, conversation.Doubtful:
		want = before.replayed(e.By, ev)
	case conversation.Rereading:
		switch {
		case slices.Contains(before.past, e.Message().Epoch):
			want = before.replayed(e.By, ev)
		case w.heldAt(before) && ev.Type == conversation.Opened: // by what it was sealed once
		case ev.Code == wire.BeforeJoin, ev.Code == wire.EpochGone:
			want = ev.Code
		default:
			want = wire.NotMember
		}
	case conversation.Lost:
		want = wire.EpochGone
	default:
		want = wire.NotMember
		if ev.Code == wire.BeforeJoin {
			want = wire.BeforeJoin
		}
	}
	if want != 0 {
		if ev.Type != conversation.Ignored || ev.Code != want || ev.Content != nil {
			return fmt.Errorf("type %d, code %v; want ignored, %v", ev.Type, ev.Code, want)
		}
		return nil
	}
	if w.Log.Chain(before.index).Leaving() {
		return fmt.Errorf("it counts while a member is leaving")
	}
	if ev.Type != conversation.Opened || string(ev.Content) != e.Text {
		return fmt.Errorf("type %d, code %v, %q; sealed was %q", ev.Type, ev.Code, ev.Content, e.Text)
	}
	for _, s := range before.Shown {
		if s.Text == e.Text && s.Index != ev.Index { // what is read again is kept in its place
			return fmt.Errorf("%q is shown twice", e.Text)
		}
	}
	if w.Whole && ev.Gap != 0 && before.Founder {
		return fmt.Errorf("a gap of %d before %q", ev.Gap, e.Text)
	}
	return nil
}

// replayed tells that something of that counter, or a later one, was met before
// in this reading of the log.
func (m *Member) replayed(by wire.ID, ev *conversation.Event) wire.Code {
	for _, s := range m.read {
		if s.By == by && s.Instance == ev.Instance && s.Counter >= ev.Counter {
			return wire.Replayed
		}
	}
	return 0
}

// judgeState says whether the state is the one that the log calls for, and
// what secrets it holds.
func (w *World) judgeState(c *conversation.Conversation, m *Member, p Placed, forged bool) error {
	own := p.After.Member(m.ID)
	state, in := c.State(), own != nil && !own.Leaving
	if (state == conversation.Rereading) != (m.until > m.index) {
		return fmt.Errorf("state %d at %d, while it is to read again up to %d", state, m.index, m.until)
	}
	if state == conversation.Rereading {
		return w.judgeRereading(c, m)
	}
	switch {
	case p.After.Closed() != (state == conversation.Closed):
		return fmt.Errorf("state %d, closed %v", state, p.After.Closed())
	case state != conversation.Closed && in != (state != conversation.NotMember):
		return fmt.Errorf("state %d, in the roster and not leaving %v", state, in)
	case state == conversation.Forked, state == conversation.Doubtful && !forged:
		return fmt.Errorf("an alarm without cause: state %d, by %x", state, c.ForkedBy())
	case state == conversation.Lost && w.Whole:
		return fmt.Errorf("lost without cause")
	}
	epoch := string(field(c, "secrets").FieldByName("epoch").Bytes())
	if state != conversation.Active && state != conversation.Doubtful {
		if secret(c, "secrets") != "" || secret(c, "leaf") != "" || secret(c, "pending") != "" || secret(c, "past") != "" {
			return fmt.Errorf("state %d, and secrets are kept", state)
		}
		return nil
	}
	if known, ok := w.epochs[c.TranscriptHash()]; !ok {
		w.epochs[c.TranscriptHash()] = epoch
	} else if known != epoch {
		return fmt.Errorf("other secrets of the same epoch")
	}
	return w.judgePast(c, m)
}

func sameRoster(a, b []wire.Member) bool {
	return slices.EqualFunc(a, b, func(a, b wire.Member) bool {
		return a.ID == b.ID && a.Role == b.Role && a.Leaving == b.Leaving && wire.Equal(a.KeyPackage.Bytes(), b.KeyPackage.Bytes())
	})
}

func field(c *conversation.Conversation, name string) reflect.Value {
	v := reflect.ValueOf(c).Elem().FieldByName(name)
	if !v.IsValid() {
		panic("explore: a conversation has no " + name)
	}
	return v
}

// secret reads what a conversation keeps in a field: its bytes, or "" when
// they are zero or there are none. A test may look where a caller cannot.
func secret(c *conversation.Conversation, name string) string {
	var b []byte
	gather(field(c, name), &b)
	if len(slices.DeleteFunc(slices.Clone(b), func(b byte) bool { return b == 0 })) == 0 {
		return ""
	}
	return string(b)
}

func gather(v reflect.Value, into *[]byte) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			gather(v.Elem(), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			gather(v.Field(i), into)
		}
	case reflect.Array:
		*into = append(*into, v.Bytes()...)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			*into = append(*into, v.Bytes()...)
			return
		}
		for i := range v.Len() {
			gather(v.Index(i), into)
		}
	}
}
