package inbox

import (
	"errors"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// hello makes the hello of a connection, under a credential of the last day.
func (in *inbox) hello(nonce [32]byte) ([]byte, error) {
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return nil, err
	}
	return in.member.Hello(nonce[:], []byte(in.set.host), in.credential.Bytes())
}

// renew takes a new credential once a day, or when the one there is does not
// stand under the newest manifest.
func (in *inbox) renew() error {
	now := in.now()
	newest := in.member.Newest()
	if in.credential != nil && now.Sub(in.refreshed).Abs() < day && newest.CheckCredential(in.credential) == nil && in.credential.EndedAt(in.unix()) == nil {
		return nil
	}
	raw, err := in.set.o.Issue(in.member.Identity(), in.queue)
	if err != nil {
		return err
	}
	if err := in.member.SetCredential(raw, in.unix()); err != nil {
		return err
	}
	if in.credential, err = wire.DecodeCredential(raw); err != nil {
		return err
	}
	in.refreshed, in.offer = now, nil
	in.member.Expire(in.unix())
	return in.save(store.Write{})
}

// welcomed begins with a connection.
func (in *inbox) welcomed(l *link, manifest []byte) error {
	in.at("welcomed")
	switch err := in.member.AddManifest(manifest, in.unix(), true); {
	case errors.Is(err, wire.RolledBack):
		in.fail("taking the relay's manifest, which is older than ours,", err)
	case err != nil:
		return err
	}
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return err
	}
	in.link, in.listing, in.listed, in.asked = l, false, time.Time{}, 0
	in.at("linked")
	if err := in.publish(); err != nil {
		return err
	}
	in.list()
	for id, c := range in.claims {
		if t := in.talks[id]; t != nil && !c.Stored {
			in.follow(t)
		}
	}
	return nil
}

// publish offers the key package of the day. Its secret is on disk before.
func (in *inbox) publish() error {
	if in.offer == nil || in.now().Sub(in.offered).Abs() >= day {
		ends := min(in.unix()+uint64(packageLife/time.Second), in.credential.NotAfter)
		offer, err := in.member.KeyPackage(ends, true)
		if err != nil {
			in.fail("making a key package", err)
			return err
		}
		if err := in.save(store.Write{}); err != nil {
			return err
		}
		in.offer, in.offered = offer, in.now()
	}
	in.published = false
	in.link.ask(relay.PublishKeyPackage{KeyPackage: in.offer}, func(b relay.Body) {
		switch b := b.(type) {
		case relay.Ack:
			in.published = true
		case relay.Error: // the same is sent again
			in.fail("publishing the key package", b.Code)
		}
	})
	return nil
}

// gone forgets a connection that ended.
func (in *inbox) gone(l *link) {
	if in.link == l {
		in.link = nil
		in.follows.Init()
		in.wants.Init()
		for _, t := range in.talks {
			t.unconnected()
		}
	}
	answers := l.answers
	l.answers = nil
	for _, answer := range answers {
		answer(nil)
	}
}

// frame takes what the relay says.
func (in *inbox) frame(l *link, request uint32, body relay.Body) {
	if in.link != l {
		return
	}
	if answer := l.answers[request]; request != 0 && answer != nil {
		delete(l.answers, request)
		answer(body)
		return
	}
	switch body := body.(type) {
	case relay.List:
		in.heads(body)
	case relay.Entry:
		if t := in.talks[body.Conversation]; t != nil {
			in.read(t, body.Sequence, body.Entry)
		}
	}
}

// list asks which conversations there are, and where their heads are.
func (in *inbox) list() {
	in.listing, in.listed = true, time.Now()
	in.link.asks.Reserve()
	in.link.ask(relay.ListConversations{}, func(b relay.Body) {
		in.listing = false
		l, ok := b.(relay.List)
		if !ok {
			return
		}
		in.heads(l)
		// What is not named this end was removed from, or there are too many: asking tells.
		named := make(map[wire.ID]bool, len(l.Conversations))
		for _, item := range l.Conversations {
			named[item.Conversation] = true
		}
		for id, t := range in.talks {
			if !named[id] {
				in.follow(t)
			}
		}
		in.prune(named)
	})
}

// heads learns of conversations and of what is new in them.
func (in *inbox) heads(l relay.List) {
	for _, item := range l.Conversations {
		t := in.talks[item.Conversation]
		if t == nil {
			if in.rests(item.Conversation, item.Sequence) || len(in.talks)+len(in.left) >= maxTalks {
				continue
			}
			t = &talk{id: item.Conversation, fresh: true, row: store.Row{Conversation: item.Conversation}}
			in.talks[t.id] = t
		}
		t.head = max(t.head, item.Sequence)
		if t.row.Index < t.head || t.row.Waiting && in.follows.Len()+in.asked+in.wants.Len() < in.set.o.times.following {
			in.follow(t)
		}
		in.show(t)
	}
}
