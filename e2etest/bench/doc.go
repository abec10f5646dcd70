// Command bench measures Sealwire on the machine that it runs on, and prints
// figures beside their floors: make bench. It takes some minutes, and never
// fails for being slow.
//
//	go run ./e2etest/bench [node] [chromium] [moves] [file] [relay] [idle]
//
// node and chromium run one script (js/test/bench) that sets the core's
// operations against tweetnacl, libsodium.js and @noble in one interleaved run.
// Ratios carry from one machine to another; microseconds do not. moves measures
// commits and joins of 2, 5 and 16 members, a granted history of ten thousand
// messages and a log of as many read from its genesis: natively, and in Node and a
// page beside the same protocol in JavaScript. file brings one through both clients
// and the relay's disk, beside the time of sealing it alone.
//
// relay and idle start `sealwire relay` as its own process with a fresh log in
// the temporary directory, and are its load from this one, over loopback, with
// the real protocol's bytes. Both share the machine's cores, so the figures are
// those of the two together. Latency is open loop: an entry is due at its time
// whether the one before was answered or not, and its latency counts from
// there; the best of some rounds counts, since what else the machine does only
// ever adds. Every acknowledged entry is looked for afterwards, once the relay was
// killed and started again: one that is lost or twice there is an error of the
// relay, and the one thing that makes this command fail.
//
// The limits of entries a second and connection are raised in the relay's
// configuration for the closed loop that finds the maximum; at half of it no
// connection comes near the default.
package main
