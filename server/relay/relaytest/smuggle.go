package relaytest

import (
	"fmt"
	"strconv"
	"strings"
)

// Smuggle is a way to write one request whose end two readers may see in
// different places, so that a second one, hidden behind or in its body, is a
// request to one of them only.
type Smuggle struct {
	Name   string
	Fields string // header lines, with their ends, to be added to the others
	Body   string // after the empty line; {hidden} stands for the second request
	Own    bool   // by the book the second is a request of the peer's own
}

// Text is the whole: head is the request line and what else it needs.
func (s Smuggle) Text(head, hidden string) string {
	fill := strings.NewReplacer(
		"{hidden}", hidden, "{n}", strconv.Itoa(len(hidden)), "{x}", strconv.FormatInt(int64(len(hidden)), 16),
		"{chunked n}", strconv.Itoa(len("0\r\n\r\n")+len(hidden)),
	)
	return head + fill.Replace(s.Fields) + "\r\n" + fill.Replace(s.Body)
}

// SmuggledLengths are the lengths of a body that the texts with this hidden
// request claim.
func SmuggledLengths(hidden string) []int {
	return []int{len(hidden), len("0\r\n\r\n") + len(hidden), 4}
}

// Smuggles are those known: of lengths, of codings, of both, of chunks, of line
// ends, of what is asked for before the body, and of upgrades.
var Smuggles = append(bothLengths(), []Smuggle{
	{Name: "two lengths", Fields: "Content-Length: {n}\r\nContent-Length: 0\r\n", Body: "{hidden}"},
	{Name: "two lengths, the other way", Fields: "Content-Length: 0\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "a list of lengths", Fields: "Content-Length: 0, {n}\r\n", Body: "{hidden}"},
	{Name: "a list of one length", Fields: "Content-Length: {n}, {n}\r\n", Body: "{hidden}"},
	{Name: "a signed length", Fields: "Content-Length: +0\r\n", Body: "{hidden}"},
	{Name: "a negative length", Fields: "Content-Length: -1\r\n", Body: "{hidden}"},
	{Name: "a length with a space in it", Fields: "Content-Length: 0 {n}\r\n", Body: "{hidden}"},
	{Name: "a length in hexadecimal", Fields: "Content-Length: 0x{x}\r\n", Body: "{hidden}"},
	{Name: "a folded length", Fields: "Content-Length:\r\n 0\r\n", Body: "{hidden}", Own: true},
	{Name: "a length before a space", Fields: "Content-Length : 0\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "a huge length", Fields: "Content-Length: 99999999999999999999\r\n", Body: "{hidden}"},
	{Name: "a length that wraps", Fields: "Content-Length: 18446744073709551616\r\n", Body: "{hidden}"},
	{Name: "an underscore in a length", Fields: "Content_Length: 0\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "the second request as the body", Fields: "Content-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "a length that the connection is to drop", Fields: "Connection: Content-Length\r\nContent-Length: {n}\r\n", Body: "{hidden}"},

	{Name: "chunked", Fields: "Transfer-Encoding: chunked\r\n", Body: "{x}\r\n{hidden}\r\n0\r\n\r\n"},
	{Name: "a chunk with an extension", Fields: "Transfer-Encoding: chunked\r\n", Body: "{x};a=b\r\n{hidden}\r\n0\r\n\r\n"},
	{Name: "an extension that ends in a line feed", Fields: "Transfer-Encoding: chunked\r\n", Body: "1;\nx\r\n{x}\r\n{hidden}\r\n0\r\n\r\n"},
	{Name: "a chunk that ends in a line feed", Fields: "Transfer-Encoding: chunked\r\n", Body: "1\nx\n0\n\n{hidden}"},
	{Name: "a chunk that ends in nothing", Fields: "Transfer-Encoding: chunked\r\n", Body: "1\r\nxx0\r\n\r\n{hidden}"},
	{Name: "a chunk in two ways", Fields: "Transfer-Encoding: chunked\r\n", Body: "0x1\r\nx\r\n0\r\n\r\n{hidden}"},
	{Name: "a chunk with spaces", Fields: "Transfer-Encoding: chunked\r\n", Body: "1 \r\nx\r\n0 \r\n\r\n{hidden}"},
	{Name: "a chunk that wraps", Fields: "Transfer-Encoding: chunked\r\n", Body: "10000000000000000\r\n{hidden}\r\n0\r\n\r\n"},
	{Name: "a negative chunk", Fields: "Transfer-Encoding: chunked\r\n", Body: "-1\r\n{hidden}\r\n0\r\n\r\n"},
	{Name: "a trailer of lengths", Fields: "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", Body: "0\r\nContent-Length: {n}\r\n\r\n{hidden}"},

	{Name: "a bare line feed", Fields: "X: y\nContent-Length: 0\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "a coding after a bare line feed", Fields: "X: y\nTransfer-Encoding: chunked\r\nContent-Length: {chunked n}\r\n", Body: "0\r\n\r\n{hidden}"},
	{Name: "a coding after a bare carriage return", Fields: "X: y\rTransfer-Encoding: chunked\r\nContent-Length: {chunked n}\r\n", Body: "0\r\n\r\n{hidden}"},
	{Name: "a null", Fields: "X: \x00\r\nContent-Length: {n}\r\n", Body: "{hidden}"},

	{Name: "asked first", Fields: "Expect: 100-continue\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "asked first, and chunked", Fields: "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", Body: "0\r\n\r\n{hidden}"},
	{Name: "asked first in other words", Fields: "Expect: y 100-continue\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "asked first, twice", Fields: "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: {n}\r\n", Body: "{hidden}"},

	{Name: "an upgrade with a body", Fields: "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
	{Name: "an upgrade to HTTP/2", Fields: "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: {n}\r\n", Body: "{hidden}"},
}...)

// bothLengths are a coding and a length together, the coding spelt in ways that
// not everybody reads as one.
func bothLengths() (all []Smuggle) {
	for i, coding := range []string{
		"Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding:\tchunked", "Transfer-Encoding: \x0bchunked",
		" Transfer-Encoding: chunked", "Transfer-Encoding:chunked", "transfer-encoding: CHUNKED", "Transfer_Encoding: chunked", "Transfer-Encoding: \"chunked\"",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity, chunked",
		"Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
		"Transfer-Encoding: chunked;q=1", "Transfer-Encoding: chunked\x00", "Transfer-Encoding: \xffchunked", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
	} {
		name := fmt.Sprintf("coding %d (%.30q) and ", i, strings.TrimPrefix(coding, "Transfer-Encoding"))
		all = append(all,
			Smuggle{Name: name + "a length, one request by length", Fields: coding + "\r\nContent-Length: {chunked n}\r\n", Body: "0\r\n\r\n{hidden}"},
			Smuggle{Name: name + "a length, one request by coding", Fields: "Content-Length: 4\r\n" + coding + "\r\n", Body: "{x}\r\n{hidden}\r\n0\r\n\r\n"},
		)
	}
	return all
}
