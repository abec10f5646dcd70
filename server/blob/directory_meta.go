package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// The file meta:
//
//	"sealwire blob 1" ‖ u8 complete ‖ u64 created (ms) ‖ u64 size ‖ id[16] ‖
//	u8 length ‖ owner ‖ u8 length ‖ by ‖ (u8 length ‖ group, if there is one) ‖
//	SHA-256 of all before it
const (
	metaLabel = "sealwire blob 1"
	metaFixed = len(metaLabel) + 1 + 8 + 8 + 16 // up to the owner's length
	metaMax   = metaFixed + 3*(1+MaxKey) + sha256.Size
)

func encodeMeta(i Info) []byte {
	b := make([]byte, 0, metaMax)
	b = append(b, metaLabel...)
	if i.Complete {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(i.Created))
	b = binary.BigEndian.AppendUint64(b, i.Size)
	b = append(b, i.ID[:]...)
	b = append(append(b, byte(len(i.Owner))), i.Owner...)
	b = append(append(b, byte(len(i.By))), i.By...)
	if len(i.Group) > 0 {
		b = append(append(b, byte(len(i.Group))), i.Group...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// decodeMeta refuses what encodeMeta would not write, and what nobody may create.
func decodeMeta(b []byte) (Info, error) {
	bad := func(why string) (Info, error) { return Info{}, fmt.Errorf("%w: metadata: %s", ErrDamaged, why) }
	if len(b) < metaFixed+2+sha256.Size || len(b) > metaMax {
		return bad("length")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return bad("checksum")
	}
	if !bytes.HasPrefix(body, []byte(metaLabel)) {
		return bad("version")
	}
	rest := body[len(metaLabel):]
	i := Info{Complete: rest[0] == 1, Created: int64(binary.BigEndian.Uint64(rest[1:])), Size: binary.BigEndian.Uint64(rest[9:])}
	copy(i.ID[:], rest[17:])
	rest = rest[33:]
	for _, field := range []*[]byte{&i.Owner, &i.By, &i.Group} {
		if field == &i.Group && len(rest) == 0 {
			break
		}
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return bad("fields")
		}
		*field, rest = bytes.Clone(rest[1:1+int(rest[0])]), rest[1+int(rest[0]):]
	}
	created := CreateRequest{Owner: i.Owner, By: i.By, Group: i.Group, Size: i.Size}
	if created.check(Limits{MaxFile: maxFile}) != nil || !bytes.Equal(encodeMeta(i), b) {
		return bad("fields")
	}
	return i, nil
}

// readMeta reads one of a known id and owner.
func readMeta(path string, id ID, owner ownerKey) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(metaMax)+1))
	if err != nil {
		return Info{}, err
	}
	i, err := decodeMeta(b)
	if err != nil {
		return Info{}, err
	}
	if i.ID != id || keyOf(i.Owner) != owner {
		return Info{}, fmt.Errorf("%w: metadata of another blob", ErrDamaged)
	}
	return i, nil
}
