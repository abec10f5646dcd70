package abi

import "unsafe"

// TrayAddress returns where the tray stands in the module's memory. It never
// moves: the Instance is a global of the module.
func (i *Instance) TrayAddress() int32 { return int32(uintptr(unsafe.Pointer(&i.tray))) }
