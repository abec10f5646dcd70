// Package nonces counts what must not come twice (C14): it seals with the real
// core from states that are restored, loaded in several tabs and reloaded, again
// and again from the same bytes, and looks for a repeated (key, nonce) pair.
//
// What precisely must not repeat, where the key itself cannot be seen:
//
//   - A message's key is derived from the epoch's secret and its whole header,
//     which holds the nonce. The pair repeats exactly if epoch and header do.
//     Instance and counter, which tell messages of one load apart, do repeat
//     here, on purpose; the 24 random bytes must not.
//   - A commit's seal has nonce zero. Its key hangs on the ephemeral key, the
//     leaf it is sealed to and the ML-KEM ciphertext among others: the pair
//     repeats only if all of these do. Neither an ephemeral key nor a ciphertext
//     may come twice, nor the leaf that a commit brings.
//   - A value at rest has a key for its place; its nonce may not come twice there.
//   - A file's chunks have the file's key and its prefix, made for each sealing;
//     they are not kept, so a sealing that is begun anew has others.
//
// The same bytes sent again are no repetition: one text under one key.
//
// Limits. Randomness that repeats (a cloned machine) is out of what the core
// can see. SEALWIRE_NONCES is how many to seal; without it 10,000.
package nonces
