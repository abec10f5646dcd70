//go:build race

package explore

func init() { slow = 3 } // the race detector makes the arithmetic of keys twenty times as slow
