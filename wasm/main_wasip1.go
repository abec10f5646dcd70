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
