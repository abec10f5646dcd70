package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// TicketSize is that of a ticket's bytes.
const TicketSize = 32

// Ticket gives the bytes that the request shows as its ticket, or nil.
func Ticket(r *http.Request) []byte {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(r.Header.Values("Authorization")) != 1 || strings.ContainsAny(text, "\r\n") {
		return nil
	}
	ticket, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(ticket) != TicketSize {
		return nil
	}
	return ticket
}

// TicketName is what a ticket is known by: nothing that can be presented lies in
// memory, and no comparison tells how near a guess was.
type TicketName [sha256.Size]byte

// NewTicket makes a ticket.
func NewTicket() (ticket []byte, name TicketName) {
	ticket = make([]byte, TicketSize)
	rand.Read(ticket) // never fails: it ends the process instead
	return ticket, NameOf(ticket)
}

// NameOf is the name of what was shown as a ticket.
func NameOf(ticket []byte) TicketName { return sha256.Sum256(ticket) }
