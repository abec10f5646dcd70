package wire

import (
	"bytes"
	"encoding/binary"
)

// safetySteps is how often digits are hashed: whoever looks for a value with the
// digits of another pays for each that it tries.
const safetySteps = 5_200

const (
	digitGroups = 6
	groupSize   = 5 // bytes of the hash, and digits
)

// Digits are 30 ASCII digits, to be read aloud: six groups of five, each with
// its leading zeros.
type Digits [digitGroups * groupSize]byte

// SafetyDigits are those of an identity key under a root: half a safety number.
func SafetyDigits(root, identity []byte) Digits {
	return digits(Sum("safety number", root, identity))
}

// TranscriptDigits are those of a transcript hash. Two ends with different ones
// in one epoch are in two courses of the conversation.
func TranscriptDigits(transcript Hash) Digits { return digits(transcript) }

// SafetyNumber puts the digits of two identity keys together, the lower key's
// first, so that it is the same at both ends. Half gives the digits of one.
func SafetyNumber(one, other []byte, half func(identity []byte) Digits) (out [2 * len(Digits{})]byte) {
	if bytes.Compare(one, other) > 0 {
		one, other = other, one
	}
	lower, higher := half(one), half(other)
	copy(out[copy(out[:], lower[:]):], higher[:])
	return out
}

// digits is of SPEC section 2.6. Each step takes the value in again, as those of
// Signal's numeric fingerprint take the key: what falls together parts again.
func digits(value Hash) Digits {
	hash := value
	for range safetySteps {
		hash = Sum("safety step", hash[:], value[:])
	}
	return decimal(hash)
}

// decimal writes the first 30 bytes, five at a time, each as the last five of
// its decimal digits.
func decimal(hash Hash) (out Digits) {
	for g := range digitGroups {
		var number [8]byte
		copy(number[8-groupSize:], hash[g*groupSize:])
		n := binary.BigEndian.Uint64(number[:])
		for i := groupSize - 1; i >= 0; i-- {
			out[g*groupSize+i] = '0' + byte(n%10)
			n /= 10
		}
	}
	return out
}
