package relay

// Accepts tells whether the frame type has an operation after the hello, so
// that a test can demand that each one is listed.
func Accepts(kind FrameType) bool {
	_, ok := operations[kind]
	return ok
}

// TransfersOf is how many requests for files are under way.
func TransfersOf(s *Server) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transfers
}

// OpenOf is how many connections are open.
func OpenOf(s *Server) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
