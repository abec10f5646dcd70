package abi

import "github.com/sealwire/sealwire/wasm/wire"

// MaxHandles is the most handles that may be open at once.
const MaxHandles = 16_384

// object is what a handle can stand for. Wipe zeroes its secrets; it is called
// exactly once, and nothing else of the object is called after it.
type object interface{ Wipe() }

type slot struct {
	object object
	owner  int32 // the handle that this one cannot outlive, or 0
}

// handleTable gives out handles in rising order and never one twice.
type handleTable struct {
	open map[int32]slot
	last int32
}

// keep opens a handle for o. If owner is not 0, closing owner closes it too.
// When there is no room, o is closed.
func (i *Instance) keep(o object, owner int32) (int, error) {
	t := &i.handles
	if len(t.open) >= MaxHandles || t.last == 1<<31-1 {
		o.Wipe()
		return 0, wire.TooLarge
	}
	if t.open == nil {
		t.open = make(map[int32]slot)
	}
	t.last++
	t.open[t.last] = slot{o, owner}
	return int(t.last), nil
}

// get finds what handle stands for; a closed, forged or differently typed
// one is a bad handle.
func get[T object](i *Instance, handle int32) (T, error) {
	if o, ok := i.handles.open[handle].object.(T); ok {
		return o, nil
	}
	var none T
	return none, wire.BadHandle
}

// on is an export on what handle stands for, with arguments to read.
func on[T object](i *Instance, handle, length int32, f func(T, *wire.Reader) (int, error)) int32 {
	return i.call(length, func(args []byte) (int, error) {
		o, err := get[T](i, handle)
		if err != nil {
			return 0, err
		}
		return f(o, wire.NewReader(args))
	})
}

func (t *handleTable) close(handle int32) error {
	s, ok := t.open[handle]
	if !ok {
		return wire.BadHandle
	}
	delete(t.open, handle)
	for owned, o := range t.open {
		if o.owner == handle { // deleting while ranging is allowed
			if err := t.close(owned); err != nil {
				return err
			}
		}
	}
	s.object.Wipe()
	return nil
}

// drop closes every handle of a poisoned instance. An object that the bug left
// unfit to close must not keep the others from being zeroed.
func (t *handleTable) drop() {
	for handle, s := range t.open {
		delete(t.open, handle)
		func() {
			defer func() { _ = recover() }()
			s.object.Wipe()
		}()
	}
}
