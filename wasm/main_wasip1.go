// The core as a WebAssembly module: one line for each export of package abi.
// A test in package abi compares the two.
package main

import "github.com/sealwire/sealwire/wasm/abi"

var core abi.Instance

func main() {} // never called: the module is a library (-buildmode=c-shared)

//go:wasmexport abi_version
func abiVersion() int32 { return core.AbiVersion() }

//go:wasmexport tray_address
func trayAddress() int32 { return core.TrayAddress() }

//go:wasmexport tray_size
func traySize() int32 { return core.TraySize() }

//go:wasmexport self_test
func selfTest() int32 { return core.SelfTest() }

//go:wasmexport close
func closeHandle(handle int32) int32 { return core.Close(handle) }

//go:wasmexport bulk_reserve
func bulkReserve(n int32) int32 { return core.BulkReserve(n) }

//go:wasmexport bulk_put
func bulkPut(offset, n int32) int32 { return core.BulkPut(offset, n) }

//go:wasmexport bulk_get
func bulkGet(offset, n int32) int32 { return core.BulkGet(offset, n) }

//go:wasmexport bulk_clear
func bulkClear() int32 { return core.BulkClear() }

//go:wasmexport nacl_key_pair
func naclKeyPair() int32 { return core.NaclKeyPair() }

//go:wasmexport nacl_box_public
func naclBoxPublic(length int32) int32 { return core.NaclBoxPublic(length) }

//go:wasmexport nacl_box_before
func naclBoxBefore(length int32) int32 { return core.NaclBoxBefore(length) }

//go:wasmexport nacl_secretbox
func naclSecretbox(length int32) int32 { return core.NaclSecretbox(length) }

//go:wasmexport nacl_secretbox_open
func naclSecretboxOpen(length int32) int32 { return core.NaclSecretboxOpen(length) }

//go:wasmexport nacl_secretbox_bulk
func naclSecretboxBulk(length int32) int32 { return core.NaclSecretboxBulk(length) }

//go:wasmexport nacl_secretbox_open_bulk
func naclSecretboxOpenBulk(length int32) int32 { return core.NaclSecretboxOpenBulk(length) }
