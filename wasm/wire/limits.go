package wire

// Limits of the protocol (SPEC section 11). Every decoder checks its limit
// before it allocates. Sizes are bytes.
const (
	Version = 1 // first byte of every entry, credential, manifest and key package
	Suite   = 1 // the one suite: nothing is negotiated

	MaxContent       = 32_768  // content of one message
	MaxMessageEntry  = 49_152  // one message entry
	MaxCommitEntry   = 98_304  // one commit entry
	MaxJoinEntry     = 8_192   // one join request entry
	MaxKeyPackage    = 4_096   // one key package
	MaxCredential    = 1_024   // one credential
	MaxManifest      = 16_384  // one manifest
	MaxMembers       = 16      // members of one roster, the archive included
	MaxGranted       = 1_024   // epoch secrets granted to one newcomer in one commit
	MaxAlias         = 64      // public alias or pseudonym
	MaxQueue         = 64      // name of a queue
	MaxQueues        = 16      // queues of one credential
	MaxManifestList  = 32      // issuers, token issuers and queues of one manifest
	MaxTokenKey      = 1_024   // public key of a token issuer, as SubjectPublicKeyInfo
	MaxKeyID         = 64      // key id of a token issuer
	MaxFrame         = 131_072 // one frame of the relay connection
	MaxToken         = 8_192   // one identity token (JWT)
	TraySize         = 131_072 // the core's tray
	UploadPart       = 1 << 20 // one part of an upload
	EntriesPerSecond = 20      // a connection may append
	EntriesBurst     = 60      // and in one burst
	OutgoingQueue    = 262_144 // queued to one connection before it is cut
	PreAuthSeconds   = 5       // from connecting to a good hello

	RotateMinutes  = 15 // a sender commits first when its epoch is older
	RotateMessages = 50 // or has carried this many messages
)
