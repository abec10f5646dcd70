package abi

import "github.com/sealwire/sealwire/wasm/wire"

// TraySize is the size of the tray in bytes (SPEC section 13).
const TraySize = 131_072

// TraySize returns the size of the tray.
func (i *Instance) TraySize() int32 { return TraySize }

// out is the tray, empty, to append a result to; the arguments were moved out
// of it. An append beyond TraySize allocates, and reply then refuses it.
func (i *Instance) out() []byte { return i.tray[:0] }

// reply makes result the answer of the call: at the tray's front, its length
// returned. A result that out() began stays where it is. The bytes of result
// are not wiped elsewhere: where they are secret that is the export's work.
func (i *Instance) reply(result []byte) (int, error) {
	if len(result) > TraySize {
		return 0, wire.TooLarge
	}
	return copy(i.tray[:], result), nil
}

// answer replies with a result that may have failed.
func (i *Instance) answer(result []byte, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return i.reply(result)
}
