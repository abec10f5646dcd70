package abi

import "github.com/sealwire/sealwire/wasm/wire"

// Version is the version of the border. The loader refuses any other.
const Version = 1

// Instance is one instance of the core: in WebAssembly the only one of its
// module, natively as many as a test wants. It is not safe for concurrent use.
// The zero Instance is ready.
type Instance struct {
	tray     [TraySize]byte
	args     [TraySize]byte // the arguments of the call under way, moved out of the tray
	bulk     []byte
	handles  handleTable
	poisoned bool
}

// AbiVersion returns Version.
func (i *Instance) AbiVersion() int32 { return Version }

// Close closes a handle of any type and zeroes what it stood for. It returns
// 0, or bad handle when the handle is not open.
func (i *Instance) Close(handle int32) int32 {
	return i.guard(func() (int, error) {
		return 0, i.handles.close(handle)
	})
}

// call runs one export that takes length bytes of the tray. f gets them moved
// to a place of their own, so that it may write results to the tray while it
// reads them; they are gone when f returns, so f keeps no reference.
func (i *Instance) call(length int32, f func(args []byte) (int, error)) int32 {
	return i.guard(func() (int, error) {
		if length < 0 {
			return 0, wire.BadArgument
		}
		if length > TraySize {
			return 0, wire.TooLong
		}
		args := i.args[:length:length]
		copy(args, i.tray[:length])
		clear(i.tray[:length])
		n, err := f(args)
		clear(args)
		return n, err
	})
}

// guard is around every export that can fail. A result is a length or handle;
// an error becomes its code, and nothing that f left in the tray survives it.
// A panic, or an error that is no code, is a bug: the instance is poisoned and
// answers every later call with internal.
func (i *Instance) guard(f func() (int, error)) (result int32) {
	if i.poisoned {
		return -int32(wire.Internal)
	}
	finished := false
	defer func() {
		if !finished {
			recover() // the value may hold secrets: it goes nowhere
			result = -int32(wire.Internal)
			i.poison()
		}
	}()
	n, err := f()
	if err != nil {
		clear(i.tray[:])
		result = -int32(wire.CodeOf(err))
	} else {
		result = int32(n)
	}
	if result == -int32(wire.Internal) {
		i.poison()
	}
	finished = true
	return result
}

// poison ends the instance: no export works again, and what can be zeroed is.
func (i *Instance) poison() {
	i.poisoned = true
	clear(i.tray[:])
	clear(i.args[:])
	i.clearBulk()
	i.handles.drop()
}
