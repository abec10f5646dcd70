//go:build sealwire_testing

package abi

// TestingOnlyCrash breaks the core in one of the ways that a bug could, while a
// key is at hand. The shipped module is built without this tag and lacks it.
//
// key[32] ‖ u8 way: 0 panic with the key in its text, 1 endless recursion, 2
// more memory than there is, 3 waiting for ever, 4 index out of range.
func (i *Instance) TestingOnlyCrash(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		copy(i.tray[1000:], args)
		switch args[32] {
		case 0:
			panic("key " + string(args[:32]))
		case 1:
			return recurse(args), nil
		case 2:
			var hoard [][]byte
			for {
				hoard = append(hoard, make([]byte, 1<<30))
			}
		case 3:
			select {}
		}
		return int(args[int(length)]), nil
	})
}

func recurse(b []byte) int { return 1 + recurse(b) + int(b[0]) }
