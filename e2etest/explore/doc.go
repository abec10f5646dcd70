// Package explore looks for an order of steps that breaks a conversation. The
// members are the real code of wasm/conversation with a client that does as
// js/client does; between them is what a relay may be, without sockets, time or
// goroutines.
//
// A [World] is members (a customer, agents, a supervisor, the queue's inbox), one
// log and a budget of what may still happen: claims, hand-overs and the other
// moves; pages that end, answers that are lost, appends that come late or twice,
// disks that go back, entries that nobody made. It is a value: [World.Do] gives
// another one, which shares what did not change, so that an [Explorer] goes
// through all orders, breadth first, and meets each world once up to the names of
// what is random in it ([Print]); a [Walk] goes far by chance. In each world it
// asks that members agree with what the log says to anyone, that what was sealed
// is shown once and nothing else is, that a state is loaded as it was saved, that
// each keeps the secrets that it must have and may grant, and no others, that
// commits grant just those, and that from there the fair schedule ([World.Heal])
// brings all who stand back to one head, each to be heard by all, nobody left
// reading again, and who was out, with all that it ever held, no message richer
// than what it was granted.
//
// A [Stage] is members whom a relay shows what it likes. Behind a liar of
// package lies ([Schedule]), or from a pool in any order ([Shuffle]), it asks
// that nothing counts which nobody made, that who accepts a message has read
// what its maker had, that the same log comes to the same at all, and that
// another log is noticed where it can be, and nowhere else. A run is data: those
// that once failed are in testdata and are played first.
//
// Limits. What a thief of all times holds is that of the first way into a world.
// To load a state is how worlds are copied, so each step tests that too;
// the package reads fields of a conversation that callers cannot, and says so
// when there is one that it does not know. It replaces rand.Reader while it
// loads an end: not for parallel tests.
package explore
