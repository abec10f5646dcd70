package relay

import (
	"context"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Erase removes a conversation for ever: its files, then its entries, so that
// whoever calls it again after an error finds what is left. No relay may run
// on the two meanwhile. It returns entrylog.ErrNotFound where the log never
// had the conversation. What ends keep is theirs; that they are members, and
// that the conversation was, nobody can be told any more.
func Erase(ctx context.Context, log entrylog.Log, files blob.Store, tenant, conversation wire.ID) error {
	var key conversationKey
	copy(key[:16], tenant[:])
	copy(key[16:], conversation[:])
	if err := files.EraseOwner(ctx, key[:]); err != nil {
		return err
	}
	return log.Erase(ctx, key[:])
}
