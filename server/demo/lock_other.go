//go:build !unix

package demo

// lockDir does nothing where there is no flock.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }
