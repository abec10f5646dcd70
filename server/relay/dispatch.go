package relay

import (
	"context"
	"errors"
	"slices"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// An operation is what one frame of an end does, and for whom.
type operation struct {
	roles []wire.Role // nil: every role that can connect
	limit func(*connection) bool
	run   func(c *connection, ctx context.Context, request uint32, body Body) (answer Body, err error)
}

// operations holds every frame that is accepted after the hello. A frame that
// is not here is a fault of the connection.
var operations = map[FrameType]operation{
	TypeAppend:            {nil, (*connection).mayAppend, (*connection).handleAppend},
	TypeSendPassing:       {nil, (*connection).mayAppend, (*connection).handlePassing},
	TypeSubscribe:         {nil, (*connection).mayRequest, (*connection).handleSubscribe},
	TypeUnsubscribe:       {nil, (*connection).mayRequest, (*connection).handleUnsubscribe},
	TypeFetchManifest:     {nil, (*connection).mayRequest, (*connection).handleManifest},
	TypeListConversations: {nil, (*connection).mayRequest, (*connection).handleList},
	TypeTicket:            {nil, (*connection).mayRequest, (*connection).handleTicket},
	TypePublishKeyPackage: {added, (*connection).mayRequest, (*connection).handlePublish},
	TypeTakeKeyPackage:    {adding, (*connection).mayTake, (*connection).handleTake},
}

// Who is added by a key package that lies here, and who adds.
var (
	added  = []wire.Role{wire.Agent, wire.Supervisor, wire.Bot, wire.Inbox}
	adding = []wire.Role{wire.Customer, wire.Agent, wire.Supervisor, wire.Inbox} // a supervisor may have taken over
)

func (c *connection) mayAppend() bool  { return c.entries.Allow() }
func (c *connection) mayRequest() bool { return c.requests.Allow() }
func (c *connection) mayTake() bool    { return c.requests.Allow() && c.takes.Allow() }

// dispatch does what a frame asks. An ending is returned where the connection
// itself is at fault; a refused request is only answered.
func (c *connection) dispatch(ctx context.Context, frame []byte) *ending {
	request, body, err := DecodeFrame(frame)
	if err != nil {
		e := endWith(wire.CodeOf(err))
		return &e
	}
	op, known := operations[body.Type()]
	if !known {
		e := endWith(wire.BadArgument)
		return &e
	}
	answer, err := Body(nil), error(nil)
	switch {
	case op.roles != nil && !slices.Contains(op.roles, c.role):
		err = wire.NotMember
	case !op.limit(c):
		if c.refusals++; c.refusals >= c.server.limits.Refusals {
			e := endWith(wire.RateLimited)
			return &e
		}
		c.send(EncodeFrame(request, Error{Code: wire.RateLimited}))
		return nil
	default:
		answer, err = op.run(c, ctx, request, body)
	}
	c.refusals = 0
	if err != nil {
		answer = Error{Code: c.server.codeOf(err)}
	}
	if answer != nil {
		c.send(EncodeFrame(request, answer))
	}
	return nil
}

// codeOf turns an error into what the peer may know; the cause goes to the log.
func (s *Server) codeOf(err error) wire.Code {
	var code wire.Code
	switch {
	case errors.As(err, &code):
		return code
	case errors.Is(err, entrylog.ErrErased):
		return wire.EpochGone
	case errors.Is(err, entrylog.ErrStaleHead):
		return wire.StaleHead
	case errors.Is(err, context.Canceled):
		return wire.Unavailable
	}
	s.logFailure("request", err)
	return wire.Unavailable
}

func (c *connection) handleManifest(_ context.Context, _ uint32, body Body) (Body, error) {
	m := c.tenant.manifests.byHash(body.(FetchManifest).Hash)
	if m == nil {
		return nil, wire.Unavailable
	}
	return Record{Value: m.Bytes()}, nil
}

func (c *connection) handleList(ctx context.Context, _ uint32, _ Body) (Body, error) {
	all, err := c.server.log.Conversations(ctx, c.tenant.ID[:], c.member[:])
	if err != nil {
		return nil, err
	}
	var list List
	if len(all) > maxList { // the newest, and they first
		slices.Reverse(all)
		all = all[:maxList]
	}
	for _, v := range all {
		if len(v.Key) == len(conversationKey{}) {
			list.Conversations = append(list.Conversations, ListItem{Conversation: wire.ID(v.Key[16:]), Sequence: v.Sequence})
		}
	}
	return list, nil
}
