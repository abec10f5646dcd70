package wire

import (
	"bytes"
	"testing"
)

type vectorSafety struct {
	Comment string `json:"comment"`
	Halves  []struct {
		Root     vectorHex `json:"root"`
		Identity vectorHex `json:"identity"`
		Value    vectorHex `json:"value"` // what is hashed again and again
		Digits   string    `json:"digits"`
	} `json:"halves"`
	Numbers []struct {
		Root   vectorHex `json:"root"`
		One    vectorHex `json:"one"`
		Other  vectorHex `json:"other"`
		Number string    `json:"number"`
	} `json:"numbers"`
	Transcripts []struct {
		Hash   vectorHex `json:"hash"`
		Digits string    `json:"digits"`
	} `json:"transcripts"`
}

func makeSafety(t *testing.T) any {
	v := vectorSafety{Comment: "Halves of safety numbers, whole ones, and the digits of transcript hashes (SPEC section 2.6)."}
	zeros := 0
	half := func(root, identity []byte) {
		value, digits := Sum("safety number", root, identity), SafetyDigits(root, identity)
		for g := 0; g < len(digits); g += groupSize {
			if string(digits[g:g+2]) == "00" {
				zeros++
			}
		}
		v.Halves = append(v.Halves, struct {
			Root     vectorHex `json:"root"`
			Identity vectorHex `json:"identity"`
			Value    vectorHex `json:"value"`
			Digits   string    `json:"digits"`
		}{root, identity, value[:], string(digits[:])})
	}
	for _, n := range []byte{2, 3, 4, 5, 6, 104, 111, 167} { // the last three for their leading zeros
		half(vectorPublic(1), vectorPublic(n))
	}
	half(vectorPublic(30), vectorPublic(2))
	if zeros < 3 {
		t.Fatalf("%d groups with two leading zeros", zeros)
	}
	for _, pair := range [][3][]byte{{vectorPublic(1), vectorPublic(2), vectorPublic(3)}, {vectorPublic(1), vectorPublic(3), vectorPublic(2)},
		{vectorPublic(30), vectorPublic(2), vectorPublic(3)}, {vectorPublic(1), vectorPublic(2), vectorPublic(4)}, {vectorPublic(1), vectorPublic(104), vectorPublic(167)}} {
		number := SafetyNumber(pair[1], pair[2], halfOf(pair[0]))
		v.Numbers = append(v.Numbers, struct {
			Root   vectorHex `json:"root"`
			One    vectorHex `json:"one"`
			Other  vectorHex `json:"other"`
			Number string    `json:"number"`
		}{pair[0], pair[1], pair[2], string(number[:])})
	}
	for _, hash := range []Hash{{}, Hash(bytes.Repeat([]byte{0xff}, 32)), Sum("transcript", []byte("x")), Hash(vectorPublic(2))} {
		digits := TranscriptDigits(hash)
		v.Transcripts = append(v.Transcripts, struct {
			Hash   vectorHex `json:"hash"`
			Digits string    `json:"digits"`
		}{hash[:], string(digits[:])})
	}
	return v
}
