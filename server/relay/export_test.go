package relay

// Accepts tells whether the frame type has an operation after the hello, so
// that a test can demand that each one is listed.
func Accepts(kind FrameType) bool {
	_, ok := operations[kind]
	return ok
}
