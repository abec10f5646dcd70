package abi

import "github.com/sealwire/sealwire/wasm/wire"

// MaxBulk is the most that the bulk buffer holds: 16 MiB.
const MaxBulk = 16 << 20

// BulkReserve makes the bulk buffer n zero bytes long and wipes what was there.
func (i *Instance) BulkReserve(n int32) int32 {
	return i.guard(func() (int, error) {
		switch {
		case n < 0:
			return 0, wire.BadArgument
		case n > MaxBulk:
			return 0, wire.TooLarge
		}
		i.clearBulk()
		if int(n) > cap(i.bulk) {
			i.bulk = make([]byte, n)
		}
		i.bulk = i.bulk[:n]
		return int(n), nil
	})
}

// BulkPut copies the first n bytes of the tray into the bulk buffer at offset,
// and wipes them from the tray.
func (i *Instance) BulkPut(offset, n int32) int32 {
	return i.guard(func() (int, error) {
		piece, err := i.bulkPiece(offset, n)
		if err != nil {
			return 0, err
		}
		copy(piece, i.tray[:n])
		clear(i.tray[:n])
		return int(n), nil
	})
}

// BulkGet copies n bytes of the bulk buffer from offset to the tray.
func (i *Instance) BulkGet(offset, n int32) int32 {
	return i.guard(func() (int, error) {
		piece, err := i.bulkPiece(offset, n)
		if err != nil {
			return 0, err
		}
		return copy(i.tray[:], piece), nil
	})
}

// BulkClear wipes the bulk buffer and makes it empty.
func (i *Instance) BulkClear() int32 {
	return i.guard(func() (int, error) {
		i.clearBulk()
		return 0, nil
	})
}

func (i *Instance) bulkPiece(offset, n int32) ([]byte, error) {
	if offset < 0 || n < 0 || n > TraySize || int64(offset)+int64(n) > int64(len(i.bulk)) {
		return nil, wire.BadArgument
	}
	return i.bulk[offset : offset+n], nil
}

// replyBulk makes result the content of the bulk buffer, which owns it from
// then on, wipes what was there, and returns its length. result may not
// overlap the old content.
func (i *Instance) replyBulk(result []byte) (int, error) {
	if len(result) > MaxBulk {
		clear(result)
		return 0, wire.TooLarge
	}
	i.clearBulk()
	i.bulk = result
	return len(result), nil
}

func (i *Instance) clearBulk() {
	clear(i.bulk[:cap(i.bulk)])
	i.bulk = i.bulk[:0]
}
