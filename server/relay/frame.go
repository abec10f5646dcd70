package relay

import "github.com/sealwire/sealwire/wasm/wire"

// FrameType is the first byte of a frame. Below 128 an end speaks, from 128 on
// the relay.
type FrameType uint8

// The frames of the relay connection, version 1 (SPEC, relay connection).
const (
	TypeHello             FrameType = 1
	TypeAppend            FrameType = 2
	TypeSubscribe         FrameType = 3
	TypeUnsubscribe       FrameType = 4
	TypeSendPassing       FrameType = 5
	TypePublishKeyPackage FrameType = 6
	TypeTakeKeyPackage    FrameType = 7
	TypeFetchManifest     FrameType = 8
	TypeListConversations FrameType = 9
	TypeTicket            FrameType = 10

	TypeChallenge FrameType = 128
	TypeWelcome   FrameType = 129
	TypeAck       FrameType = 130
	TypeError     FrameType = 131
	TypeEntry     FrameType = 132
	TypeRecord    FrameType = 133
	TypeList      FrameType = 134
	TypePassing   FrameType = 135
	TypeWaiting   FrameType = 136
)

// FrameVersion is the version byte of challenge and hello.
const FrameVersion = 1

// frameHeader is the type and the request number before every body.
const frameHeader = 1 + 4

// maxHost bounds the host an end says it dialled (SPEC section 10.2).
const maxHost = 255

// Body is what follows type and request number; one Go type for each frame.
type Body interface {
	// Type is the frame's first byte.
	Type() FrameType

	encode(w *wire.Writer)
}

// EncodeFrame builds a frame. Request is 0 where there is none; an answer
// repeats the number of its request.
func EncodeFrame(request uint32, body Body) []byte {
	w := wire.NewWriter(64)
	w.U8(uint8(body.Type()))
	w.U32(request)
	body.encode(w)
	return w.Bytes()
}

// DecodeFrame takes a frame apart. What decodes encodes to the same bytes; the
// body aliases them. It fails with a wire.Code: TooLarge over wire.MaxFrame,
// UnsupportedVersion for a challenge or hello of another version, else
// BadArgument. The request number is given with an error too where it was
// readable, so that the error can name it.
func DecodeFrame(frame []byte) (request uint32, body Body, err error) {
	if len(frame) > wire.MaxFrame {
		return 0, nil, wire.TooLarge
	}
	r := wire.NewReader(frame)
	kind := FrameType(r.U8())
	request = r.U32()
	if r.Failed() {
		return 0, nil, wire.BadArgument
	}
	decode := decoders[kind]
	if decode == nil {
		return request, nil, wire.BadArgument
	}
	if kind == TypeHello || kind == TypeChallenge {
		if len(frame) > frameHeader && frame[frameHeader] != FrameVersion {
			return request, nil, wire.UnsupportedVersion
		}
	}
	body = decode(r)
	if err := r.Done(); err != nil {
		return request, nil, err
	}
	return request, body, nil
}

// decoders has one entry for each frame type; each reads exactly its body.
var decoders = [256]func(*wire.Reader) Body{
	TypeHello:             decodeHello,
	TypeAppend:            decodeAppend,
	TypeSubscribe:         decodeSubscribe,
	TypeUnsubscribe:       decodeUnsubscribe,
	TypeSendPassing:       decodeSendPassing,
	TypePublishKeyPackage: decodePublishKeyPackage,
	TypeTakeKeyPackage:    decodeTakeKeyPackage,
	TypeFetchManifest:     decodeFetchManifest,
	TypeListConversations: decodeListConversations,
	TypeTicket:            decodeTicket,
	TypeChallenge:         decodeChallenge,
	TypeWelcome:           decodeWelcome,
	TypeAck:               decodeAck,
	TypeError:             decodeError,
	TypeEntry:             decodeEntry,
	TypeRecord:            decodeRecord,
	TypeList:              decodeList,
	TypePassing:           decodePassing,
	TypeWaiting:           decodeWaiting,
}
