package relay

// enter counts a connection in, or tells it to come back later: all who were
// here before a restart come at once, and whoever is let in must be served.
func (s *Server) enter() (number uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || s.open >= s.limits.Connections || s.preAuth >= s.limits.PreAuthConnections || !s.accepts.Allow() {
		return 0, false
	}
	s.open++
	s.preAuth++
	s.numbers++
	return s.numbers, true
}

// admit counts an end that proved itself, or refuses it: its tenant is full,
// or the relay began to drain since.
func (s *Server) admit(t *tenant) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.preAuth--
	if s.draining || t.open >= t.Connections {
		return false
	}
	t.open++
	return true
}

// exit counts a connection out: asked tells whether admit was, and t is nil
// where it was not admitted.
func (s *Server) exit(asked bool, t *tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !asked {
		s.preAuth--
	}
	if t != nil {
		t.open--
	}
	s.open--
	s.tellIfIdle()
}

// tellIfIdle wakes Drain where nothing is left. The lock is held.
func (s *Server) tellIfIdle() {
	if s.open == 0 && s.transfers == 0 {
		s.idle.Broadcast()
	}
}
