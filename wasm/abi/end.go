package abi

import (
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// maxRoots bounds the pinned root keys: current and next, and room for more.
const maxRoots = 8

// contextEnd is the place of an end's state in a keystore.
const contextEnd = "end"

type end = *conversation.End

func readRoots(args []byte) (wire.Role, []wire.Hash, error) {
	r := wire.NewReader(args)
	role := wire.Role(r.U8())
	var roots []wire.Hash
	for range r.Count(maxRoots) {
		roots = append(roots, r.Hash())
	}
	return role, roots, r.Done()
}

// EndNew: u8 role ‖ list8 root[32] → end handle, with a fresh identity.
func (i *Instance) EndNew(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		role, roots, err := readRoots(args)
		if err != nil {
			return 0, err
		}
		e, err := conversation.NewEnd(role, roots)
		if err != nil {
			return 0, err
		}
		return i.keep(e, 0)
	})
}

// EndLoad: u8 role ‖ list8 root[32], the sealed state in the bulk buffer → end
// handle, with a fresh instance id.
func (i *Instance) EndLoad(ks, length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		role, roots, err := readRoots(args)
		if err != nil {
			return 0, err
		}
		state, err := i.restore(ks, contextEnd)
		if err != nil {
			return 0, err
		}
		defer clear(state)
		e, err := conversation.LoadEnd(state, role, roots)
		if err != nil {
			return 0, err
		}
		return i.keep(e, 0)
	})
}

// EndSave seals the end's state into the bulk buffer and returns its length.
func (i *Instance) EndSave(handle, ks int32) int32 {
	return on(i, handle, 0, func(e end, _ *wire.Reader) (int, error) {
		return i.save(ks, contextEnd, e.Marshal())
	})
}

// EndIdentity → identity key[32] ‖ member id[16] ‖ instance[16] ‖ u64 sequence
// of the newest manifest, 0 when there is none.
func (i *Instance) EndIdentity(handle int32) int32 {
	return on(i, handle, 0, func(e end, _ *wire.Reader) (int, error) {
		id, instance := e.ID(), e.Instance()
		w := wire.NewWriter(72)
		w.Raw(e.Identity())
		w.Raw(id[:])
		w.Raw(instance[:])
		if m := e.Newest(); m != nil {
			w.U64(m.Sequence)
		} else {
			w.U64(0)
		}
		return i.reply(w.Bytes())
	})
}

// EndManifest: u64 now (s) ‖ u8 newest ‖ manifest → 0. Offered as the newest
// (1) an older one is rolled back and an ended one expired; by hash (0) it is
// kept for the commits that name it.
func (i *Instance) EndManifest(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		now, newest, manifest := r.U64(), r.Bool(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return 0, e.AddManifest(manifest, now, newest)
	})
}

// EndCredential: u64 now (s) ‖ credential → 0.
func (i *Instance) EndCredential(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		now, credential := r.U64(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return 0, e.SetCredential(credential, now)
	})
}

// EndHello: nonce[32] ‖ bytes16 host ‖ bytes16 proof → body of the hello frame.
func (i *Instance) EndHello(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		nonce, host, proof := r.Raw(32), r.Bytes16(255), r.Bytes16(wire.MaxToken)
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.answer(e.Hello(nonce, host, proof))
	})
}

// EndKeyPackage: u64 now (s) ‖ u64 expires (s) ‖ u8 last resort → key package.
func (i *Instance) EndKeyPackage(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		now, expires, lastResort := r.U64(), r.U64(), r.Bool()
		if err := r.Done(); err != nil {
			return 0, err
		}
		if expires <= now {
			return 0, wire.Expired
		}
		return i.answer(e.KeyPackage(expires, lastResort))
	})
}

// EndExpire: u64 now (s) → how many secrets of ended key packages were dropped.
func (i *Instance) EndExpire(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		now := r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return e.Expire(now), nil
	})
}
