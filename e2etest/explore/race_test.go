//go:build race

package explore

func init() { slow = 2 } // the race detector makes the arithmetic of keys twenty times as slow
