package inbox

import (
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/wire"
)

// newManifest acts under a newer manifest.
func (in *inbox) newManifest(raw []byte) {
	if err := in.member.AddManifest(raw, in.unix(), false); err != nil {
		in.fail("taking a manifest", err)
		return
	}
	before := in.credential
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
	}
	if before != in.credential {
		in.recredential()
	}
	if err := in.save(store.Write{}); err != nil {
		in.fail("saving", err)
	}
}

// recredential goes on under another credential: the relay sees it in a hello,
// the others in commits where the old one does not stand any more.
func (in *inbox) recredential() {
	if in.link != nil {
		in.link.cut()
	}
	newest := in.member.Newest()
	for _, t := range in.talks {
		if !t.row.Waiting {
			continue
		}
		if in.load(t) != nil {
			continue
		}
		for _, m := range t.core.Members() {
			if m.ID == in.member.ID() && m.KeyPackage.Credential != nil && newest.CheckCredential(m.KeyPackage.Credential) != nil {
				t.renews = true
				in.later[t] = time.Time{}
			}
		}
		in.evict()
	}
}

// tick looks at what is due.
func (in *inbox) tick() {
	now := time.Now()
	for t, at := range in.later {
		if !now.Before(at) {
			delete(in.later, t)
			in.step(t)
		}
	}
	in.subscribe()
	if (in.saved || len(in.unsaved) > 0) && now.Sub(in.flushed) >= in.set.o.times.flush {
		in.flush()
	}
	if in.link != nil && !in.listing && now.Sub(in.listed) >= in.set.o.times.list {
		in.list()
		in.daily()
	}
}

// daily does what is due after a day: it is looked at more often than that.
func (in *inbox) daily() {
	in.silent()
	before := in.credential
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return
	}
	if before != in.credential {
		in.recredential()
		return // the next connection publishes
	}
	if !in.published || in.now().Sub(in.offered).Abs() >= day {
		if err := in.publish(); err != nil {
			in.fail("publishing the key package", err)
		}
	}
	soon := in.unix() + uint64(renewCommits/time.Second)
	for _, t := range in.talks {
		if t.row.Waiting && t.row.Ends < soon && in.credential.NotAfter > soon {
			t.renews = true
			in.later[t] = time.Time{}
		}
	}
	for id, c := range in.claims {
		if c.Stored && in.talks[id] == nil && in.unix() > c.At+uint64(keepClaims/time.Second) {
			delete(in.claims, id)
			if err := in.save(store.Write{Unclaim: []wire.ID{id}}); err != nil {
				in.fail("saving", err)
			}
		}
	}
}
