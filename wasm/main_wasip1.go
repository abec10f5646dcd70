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

//go:wasmexport keystore_open
func keystoreOpen(length int32) int32 { return core.KeystoreOpen(length) }

//go:wasmexport keystore_seal
func keystoreSeal(ks, length int32) int32 { return core.KeystoreSeal(ks, length) }

//go:wasmexport keystore_unseal
func keystoreUnseal(ks, length int32) int32 { return core.KeystoreUnseal(ks, length) }

//go:wasmexport end_new
func endNew(length int32) int32 { return core.EndNew(length) }

//go:wasmexport end_load
func endLoad(ks, length int32) int32 { return core.EndLoad(ks, length) }

//go:wasmexport end_save
func endSave(handle, ks int32) int32 { return core.EndSave(handle, ks) }

//go:wasmexport end_identity
func endIdentity(handle int32) int32 { return core.EndIdentity(handle) }

//go:wasmexport end_manifest
func endManifest(handle, length int32) int32 { return core.EndManifest(handle, length) }

//go:wasmexport end_credential
func endCredential(handle, length int32) int32 { return core.EndCredential(handle, length) }

//go:wasmexport end_hello
func endHello(handle, length int32) int32 { return core.EndHello(handle, length) }

//go:wasmexport end_key_package
func endKeyPackage(handle, length int32) int32 { return core.EndKeyPackage(handle, length) }

//go:wasmexport end_expire
func endExpire(handle, length int32) int32 { return core.EndExpire(handle, length) }

//go:wasmexport conversation_genesis
func conversationGenesis(handle, length int32) int32 { return core.ConversationGenesis(handle, length) }

//go:wasmexport conversation_join
func conversationJoin(handle, length int32) int32 { return core.ConversationJoin(handle, length) }

//go:wasmexport conversation_load
func conversationLoad(handle, ks, length int32) int32 {
	return core.ConversationLoad(handle, ks, length)
}

//go:wasmexport conversation_save
func conversationSave(handle, ks int32) int32 { return core.ConversationSave(handle, ks) }

//go:wasmexport conversation_receive
func conversationReceive(handle, length int32) int32 { return core.ConversationReceive(handle, length) }

//go:wasmexport conversation_passing
func conversationPassing(handle, length int32) int32 { return core.ConversationPassing(handle, length) }

//go:wasmexport conversation_due
func conversationDue(handle, length int32) int32 { return core.ConversationDue(handle, length) }

//go:wasmexport conversation_commit
func conversationCommit(handle, length int32) int32 { return core.ConversationCommit(handle, length) }

//go:wasmexport conversation_join_request
func conversationJoinRequest(handle, length int32) int32 {
	return core.ConversationJoinRequest(handle, length)
}

//go:wasmexport conversation_joins
func conversationJoins(handle int32) int32 { return core.ConversationJoins(handle) }

//go:wasmexport conversation_pending
func conversationPending(handle int32) int32 { return core.ConversationPending(handle) }

//go:wasmexport conversation_seal
func conversationSeal(handle, length int32) int32 { return core.ConversationSeal(handle, length) }

//go:wasmexport conversation_reseal
func conversationReseal(handle, length int32) int32 { return core.ConversationReseal(handle, length) }

//go:wasmexport conversation_status
func conversationStatus(handle int32) int32 { return core.ConversationStatus(handle) }

//go:wasmexport conversation_safety
func conversationSafety(handle, length int32) int32 { return core.ConversationSafety(handle, length) }

//go:wasmexport entry_id
func entryID(length int32) int32 { return core.EntryID(length) }

//go:wasmexport manifest_hash
func manifestHash(length int32) int32 { return core.ManifestHash(length) }

//go:wasmexport entry_manifest
func entryManifest(length int32) int32 { return core.EntryManifest(length) }

//go:wasmexport stream_seal_new
func streamSealNew() int32 { return core.StreamSealNew() }

//go:wasmexport stream_seal
func streamSeal(handle, length int32) int32 { return core.StreamSeal(handle, length) }

//go:wasmexport stream_seal_finish
func streamSealFinish(handle int32) int32 { return core.StreamSealFinish(handle) }

//go:wasmexport stream_open_new
func streamOpenNew(length int32) int32 { return core.StreamOpenNew(length) }

//go:wasmexport stream_open
func streamOpen(handle, length int32) int32 { return core.StreamOpen(handle, length) }

//go:wasmexport stream_open_hash
func streamOpenHash(handle int32) int32 { return core.StreamOpenHash(handle) }
