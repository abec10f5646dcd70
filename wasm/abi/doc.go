// Package abi is the border of the core: what JavaScript may call, and how
// bytes and errors cross. It promises that no argument, however wrong, does
// more than return a code, and that a bug (a panic) ends the instance instead
// of leaving it half changed.
//
// An [Instance] is all there is: the tray, the bulk buffer and the handle
// table. Every exported method of Instance whose parameters and result are all
// int32 is an export of the module, under its name in snake case (EndNew is
// end_new); main_wasip1.go holds one line for each, and a test compares.
//
//   - Bytes cross in the tray (131,072 bytes): the caller puts them at its
//     front and passes their length, the result stands at its front and its
//     length is returned. What may be longer crosses in the bulk buffer, by
//     tray-sized pieces.
//   - Keys and states cross as handles: positive, typed, never used twice in
//     one instance. Close zeroes what a handle stands for.
//   - A negative result is a wire.Code with its sign changed. No text crosses.
//
// An export is written as one method around call, which moves the arguments
// out of the tray, wipes them afterwards, and turns errors into codes:
//
//	func (i *Instance) EntryID(length int32) int32 {
//		return i.call(length, func(entry []byte) (int, error) {
//			id := wire.EntryID(entry)
//			return i.reply(id[:])
//		})
//	}
//
// The caller's duties: one call at a time, wipe the tray after copying a
// result, close every handle, and drop the instance after code 23 (internal).
// An Instance does no I/O and has no clock; its only source of randomness is
// crypto/rand. Limits: 16 MiB in the bulk buffer, 16,384 live handles.
package abi
