// Package model checks the commit rule of SPEC (sections 4, 5.4 to 5.6, 6.4 and
// 7) in the abstract, with the model checker Spin: chain.pml says what is
// public, commit.pml what ends, relay and weather do. The code itself is put
// through small worlds by its own explorer; here the rule is, in all orders of
// more faults at once, without cryptography, bytes or time.
//
// Safety, in each reachable state: members that have read as much of the log
// agree on head, epoch, roster, leaves and standing join requests; one commit
// wins on each head; a pending commit goes only when one on its head has won or
// when it cannot; nobody is lost without a fault; a message is read by those it
// was sealed for, and once; a few faults cost a few entries.
//
// Liveness: whenever faults stop, all comes to rest with every member holding
// the epoch at the end of one log and nothing pending, unless nobody who stays
// holds it (then a new conversation is begun); and, as a formula under weak
// fairness, the same while answers go on being lost for ever.
//
// A model that cannot fail shows nothing: each mutant, one changed line, must
// be caught by the assertion that is there for it.
//
// Limits. Bounds are in the tables of the test, and reaching one of the search
// is a failure. Roles, manifests, grants, forks and clocks are left out, and who
// comes new: to the rule a transfer or a claim is a commit by which one leaves,
// which is here. The newcomer would be one more member with all its moves, which
// the searches of three already bound, and a grant changes nothing public: both
// are gone through in the code itself, by package explore. Needs
// spin and a C compiler (scripts/need spin cc). SEALWIRE_MODEL=deep runs the
// large worlds, too, in some minutes and 4 GB.
package model
