package token

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// checkSecret refuses secrets that are guessed rather than searched for.
func checkSecret(secret []byte) error {
	trimmed := bytes.TrimSpace(secret)
	sum, bare := sha256.Sum256(secret), sha256.Sum256(trimmed)
	switch {
	case len(secret) < 32:
		return fmt.Errorf("%w: HS256 secret of %d bytes, want at least 32", ErrConfig, len(secret))
	case published[binary.BigEndian.Uint64(sum[:])], published[binary.BigEndian.Uint64(bare[:])]:
		return fmt.Errorf("%w: this HS256 secret is a published one", ErrConfig)
	case bytes.HasPrefix(trimmed, []byte("-----BEGIN")):
		return fmt.Errorf("%w: a PEM block as HS256 secret; a public key is no secret", ErrConfig)
	case distinct(secret) < 8 || repeats(secret):
		return fmt.Errorf("%w: HS256 secret is too regular, want random bytes", ErrConfig)
	}
	return nil
}

func distinct(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}

// repeats reports whether b is something shorter written twice or more.
func repeats(b []byte) bool {
	for period := 1; period <= len(b)/2; period++ {
		if bytes.Equal(b[period:], b[:len(b)-period]) {
			return true
		}
	}
	return false
}

// published holds the first eight bytes of the SHA-256 of secrets of 32 bytes
// or more that everybody knows: those of jwt_tool's word list, the example of
// jwt.io, and the key of RFC 7515, appendix A.1, as text and as bytes. Hashes,
// so that none of them stands in our binary for someone to copy.
var published = map[uint64]bool{
	0x093c97a5d7798222: true,
	0x2492212a9253330a: true,
	0x2e94cf25caf0dbbf: true,
	0x3b8c641b71396a65: true,
	0x465d9ad5d5528ebe: true,
	0x57f25c44324d8f95: true,
	0x582cc79cd52a540f: true,
	0x6f1ae40570acc392: true,
	0x72b4c2ec107db463: true,
	0x7cae8926cf91cf27: true,
	0xa265b61056f9e491: true,
	0xa322baf2c5593a3b: true,
	0xa4bc5b678fa77939: true,
	0xa5ff35af1ea5d53d: true,
	0xacfce8107a58d5a3: true,
	0xbb5ae91cd8a214dd: true,
	0xe1b85b27d6bcb058: true,
	0xe789d5da43160009: true,
	0xeaa9e24e93dd43c2: true,
}
