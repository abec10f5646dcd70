//go:build !unix

package main

// lockData does nothing where there is no flock.
func lockData(string) (unlock func() error, err error) { return func() error { return nil }, nil }
