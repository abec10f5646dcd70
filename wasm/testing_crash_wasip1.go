//go:build sealwire_testing

package main

//go:wasmexport testing_only_crash
func testingOnlyCrash(length int32) int32 { return core.TestingOnlyCrash(length) }
