/*
 * The commit rule (SPEC sections 4, 5.4 to 5.6, 6.4 and 7) between N members
 * and a relay, with as many faults as the budgets allow, in every order.
 *
 * An end is three processes, since reading, making and carrying go on at their
 * own pace: a Reader takes the log's next entry when it pleases, a Writer
 * makes, saves and sends, a Wire carries what was sent: late, in any order,
 * twice, or never when the end is cut off. What the relay answers changes
 * nothing at an end, so that lost answers are part of every run.
 *
 * Weather is what goes wrong. At any moment it may turn calm: from there on
 * there are no faults, nobody says or refreshes anything more, and only the
 * rules move. When nothing moves any more all must be well (Quiet). Members
 * are always about to send, so that what is due is done.
 *
 * Given with -D. The first two are what the world is, then come bounds that
 * are asserted, not cut off at; the rest are budgets of the whole world:
 *   N         members at genesis, 2 or 3
 *   CAS       1: the relay checks and compares the head; 0: it only orders
 *   K, MAXLOG entries that a member makes; entries of the log
 *   REFRESHES commits without a need       LEAVES commits by which one leaves
 *   SAYS      messages, one a member       LIES   messages wrongly called stale
 *   BADS      commits with a seal that does not open for one member
 *   CRASHES   restarts from what was saved, the wire cleared or not
 *   WIPES     ends that lose all but their identity
 *   DUPS      entries that arrive once more
 *   LIVE      for recovers, below, instead of Quiet
 */
#include "chain.pml"

byte log[MAXLOG], top = 1;
byte n[N];    /* entries that member i made */
byte idx[N];  /* entries of the log that it read */
byte key[N];  /* the epoch whose secret it holds; 0: lost, or not in */
byte pend[N]; /* its pending commit, with its secret */
byte req[N];  /* its join request, with its secret */
byte msg[N];  /* its message, as last sealed */
byte seen[N]; /* whose message it has read: the counters */
short sent[N];                 /* what is on its wire, by number */
bit saved[N];                  /* the pending commit is on disk */
bit outc[N], outj[N], outm[N]; /* sent since the start: commit, join request, message */
byte refreshes = REFRESHES, says = SAYS, leaves = LEAVES, bads = BADS, crashes = CRASHES, wipes = WIPES, dups = DUPS, lies = LIES;
bit calm;

byte won[2 + N * K];  /* ghost: the commit that followed this one */
byte shown[N];        /* ghost: whose message was shown */
bit excused[N];       /* ghost: a fault has happened that may cost member i its epoch */
bit shownAgain;       /* ghost: likewise, for all */
bit wellAtRest;       /* ghost: see Quiet */

/* enter: what the valid commit e on head p makes of member i's secrets. */
inline enter(i, e, p) {
	if
	:: !HAS(ch[i].roster, i) -> key[i] = 0; req[i] = 0
	:: else ->
		excused[i] = excused[i] || HAS(E[e].bad, i);
		if
		:: BY(e) == i -> key[i] = (pend[i] == e && key[i] == p -> e : 0)
		:: BY(e) != i && E[e].answers && BY(E[e].answers) == i ->
			key[i] = (req[i] == E[e].answers && !HAS(E[e].bad, i) -> e : 0);
			req[i] = 0 /* its secret is used once */
		:: else -> key[i] = (key[i] == p && !HAS(E[e].bad, i) -> e : 0)
		fi;
		assert(key[i] || excused[i] || shownAgain); /* nobody is lost without a fault */
		excused[i] = (key[i] -> 0 : excused[i])
	fi;
	if
	:: pend[i] && E[pend[i]].parent == p -> pend[i] = 0; saved[i] = 0; outc[i] = 0
	:: else
	fi
}

/* Reader of member i. A step ends on disk: one that was cut short never was. */
proctype Reader(byte i) {
	byte e, p, q, m;
end:	do
	:: d_step { idx[i] < top ->
		e = log[idx[i]];
		idx[i]++;
		if
		:: VALID(i, e) ->
			p = ch[i].head;
			q = pend[i];
			apply(i, e, m);
			if
			:: E[e].kind == COMMIT ->
				printf("%d reads commit %d\n", i, e);
				assert(won[p] == 0 || won[p] == e); /* one commit wins on each head */
				won[p] = e;
				enter(i, e, p)
			:: E[e].kind == JOIN && pend[i] && E[pend[i]].answers && !STANDS(i, E[pend[i]].answers) ->
				/* What it answers stands no more, so no relay takes it. A transport that
				 * only orders could, by showing the old request once more before it. */
				pend[i] = 0; saved[i] = 0; outc[i] = 0;
				shownAgain = !CAS
			:: E[e].kind == MESSAGE && key[i] && !HAS(seen[i], BY(e)) ->
				printf("%d reads message %d\n", i, e);
				assert(E[e].removes == ch[i].roster); /* read by those it was sealed for */
				assert(!HAS(shown[i], BY(e)));        /* and shown once */
				shown[i] = shown[i] | BIT(BY(e));
				seen[i] = seen[i] | BIT(BY(e))
			:: else
			fi;
			/* A pending commit goes only when one on its head has won, or when it cannot. */
			assert(q == 0 || pend[i] == q || won[E[q].parent] || (E[q].answers && !STANDS(i, E[q].answers)));
			q = 0
		:: else ->
			printf("%d ignores %d\n", i, e);
			assert(!CAS) /* a relay that checks decides as every end does */
		fi;
		assert(key[i] == 0 || key[i] == ch[i].head);
		for (p : 0 .. N) {
			if
			:: p < N && p != i && idx[p] == idx[i] -> same(p, i, m)
			:: p == N && CAS && idx[i] == top -> same(p, i, m)
			:: else
			fi
		}
		e = 0; p = 0 }
	od
}

#define FREE(i) (key[i] && HAS(ch[i].roster, i) && !HAS(ch[i].leaving, i) && pend[i] == 0)
#if N == 2
#define DUE(i) (ch[i].leaving || ch[i].join[1 - i])
#else
#define DUE(i) (ch[i].leaving || ch[i].join[(i + 1) % 3] || ch[i].join[(i + 2) % 3])
#endif

inline made(i, e, what) {
	assert(n[i] < K); /* few faults cost few entries */
	e = FIRST(i) + n[i];
	n[i]++;
	E[e].kind = what;
	printf("%d makes %d, of kind %d\n", i, e, what)
}

/* Writer of member i; a crash can come between any two of its steps. */
proctype Writer(byte i) {
	byte e, j;
end:	do
	/* A commit, because it is due or for a fresh secret, or to leave. */
	:: atomic { FREE(i) && (DUE(i) || refreshes || leaves) ->
		if
		:: DUE(i)
		:: !DUE(i) && refreshes -> refreshes--
		:: !DUE(i) && leaves -> leaves--; j = 1
		fi;
		made(i, e, COMMIT);
		E[e].leaves = j;
		E[e].parent = ch[i].head;
		E[e].removes = ch[i].leaving;
		for (j : 0 .. N - 1) { /* at most one request is answered at a time */
			if
			:: j != i && ch[i].join[j] && E[e].answers == 0 -> E[e].answers = ch[i].join[j]; E[e].removes = E[e].removes | BIT(j)
			:: else
			fi
		}
		if
		:: bads && i != 0 -> bads--; E[e].bad = BIT(0)
		:: bads && i != 1 -> bads--; E[e].bad = BIT(1)
		:: bads && i != 2 && N == 3 -> bads--; E[e].bad = BIT(2)
		:: true
		fi;
		pend[i] = e; j = 0; e = 0 }
	:: d_step { pend[i] && !saved[i] -> saved[i] = 1 }
	:: d_step { pend[i] && saved[i] && !outc[i] -> outc[i] = 1; sent[i] = sent[i] | BIT(pend[i] - FIRST(i)) }

	/* Lost: it asks to be added again, once for each leaf. Made and saved in one. */
	:: d_step { key[i] == 0 && HAS(ch[i].roster, i) && !HAS(ch[i].leaving, i) && (req[i] == 0 || E[req[i]].parent != ch[i].leaf[i]) ->
		made(i, e, JOIN);
		E[e].parent = ch[i].leaf[i];
		req[i] = e; outj[i] = 0; e = 0 }
	:: d_step { req[i] && !outj[i] && E[req[i]].parent == ch[i].leaf[i] -> outj[i] = 1; sent[i] = sent[i] | BIT(req[i] - FIRST(i)) }

	/* A message; and again, with its counter, when its epoch has passed or is said to have. */
	:: d_step { FREE(i) && !DUE(i) && ((says && msg[i] == 0) || (msg[i] && !HAS(seen[i], i) && (E[msg[i]].parent != ch[i].head || lies))) ->
		if
		:: msg[i] == 0 -> says--
		:: msg[i] && E[msg[i]].parent != ch[i].head
		:: else -> lies--
		fi;
		made(i, e, MESSAGE);
		E[e].parent = ch[i].head;
		E[e].removes = ch[i].roster;
		msg[i] = e; outm[i] = 0; e = 0 }
	:: d_step { FREE(i) && !DUE(i) && msg[i] && !outm[i] && !HAS(seen[i], i) && E[msg[i]].parent == ch[i].head ->
		outm[i] = 1; sent[i] = sent[i] | BIT(msg[i] - FIRST(i)) }
	od
}

/* Wire of member i, and the relay's one step: check, compare, append. */
proctype Wire(byte i) {
	byte e, m;
end:	do
	:: atomic { sent[i] ->
		do
		:: e < K - 1 && (sent[i] >> (e + 1)) -> e++
		:: HAS(sent[i], e) -> break
		od;
		if
		:: dups -> dups-- /* and it comes again */
		:: sent[i] = sent[i] & ~BIT(e)
		fi;
		d_step {
		e = e + FIRST(i);
		do
		:: m < top && log[m] != e -> m++
		:: else -> break
		od;
		if
		:: CAS && m < top -> printf("the relay has %d\n", e)
		:: CAS && m == top && !VALID(N, e) -> printf("the relay refuses %d\n", e)
		:: else ->
			assert(top < MAXLOG);
			log[top] = e; top++;
			printf("entry %d of the log is %d\n", top, e);
			m = 0;
			if
			:: CAS -> apply(N, e, m)
			:: else
			fi
		fi;
		skip; /* it answers, which changes nothing */
		e = 0; m = 0 } }
	od
}

proctype Weather() {
	byte i;
	do
	:: atomic { crashes || wipes ->
		if
		:: i = 0
		:: i = 1
		:: N == 3 -> i = 2
		fi;
		if
		:: crashes -> crashes--;
			printf("%d crashes\n", i);
			pend[i] = (saved[i] -> pend[i] : 0);
			if
			:: sent[i] = 0
			:: true
			fi
		:: wipes && HAS(ch[i].roster, i) -> wipes--;
			printf("%d is wiped\n", i);
			key[i] = 0; pend[i] = 0; saved[i] = 0; req[i] = 0; msg[i] = 0;
			excused[i] = 1
		:: else
		fi;
		outc[i] = 0; outj[i] = 0; outm[i] = 0; i = 0 }
	:: atomic { true -> calm = 1; refreshes = 0; says = 0; leaves = 0; bads = 0; crashes = 0; wipes = 0; dups = 0; lies = 0; break }
	od
#ifdef LIVE
	; do /* answers go on being lost for ever, so that each end sends all of it again */
	:: d_step { outc[0] || outj[0] || outm[0] -> outc[0] = 0; outj[0] = 0; outm[0] = 0 }
	:: d_step { outc[1] || outj[1] || outm[1] -> outc[1] = 0; outj[1] = 0; outm[1] = 0 }
	od
#endif
}

/* Well: it has read all, holds the epoch if it is a member, and waits for nothing. */
#define WELL(i) (idx[i] == top && (!HAS(ch[i].roster, i) || \
	(key[i] == ch[i].head && ch[i].leaving == 0 && pend[i] == 0 && req[i] == 0 && (msg[i] == 0 || HAS(seen[i], i)))))
/* Nobody who stays holds the epoch: no commit is possible, a new conversation is begun. */
#define GONE(i) (!key[i] || !HAS(ch[i].roster, i) || HAS(ch[i].leaving, i))
#if N == 2
#define ALLWELL ((WELL(0) && WELL(1)) || (GONE(0) && GONE(1)))
#else
#define ALLWELL ((WELL(0) && WELL(1) && WELL(2)) || (GONE(0) && GONE(1) && GONE(2)))
#endif

#ifdef LIVE
/* Under weak fairness a lost member gets back, and nothing wedges. */
ltl recovers { [] (calm -> <> [] ALLWELL) }
#else
proctype Quiet() {
	timeout -> /* nothing else can move */
	d_step { assert(calm); wellAtRest = ALLWELL; assert(wellAtRest) }
}
#endif

init {
	byte i, j;
	atomic {
	E[GENESIS].kind = COMMIT;
	log[0] = GENESIS;
	for (i : 0 .. N) {
		ch[i].head = GENESIS;
		ch[i].roster = BIT(N) - 1;
		for (j : 0 .. N - 1) { ch[i].leaf[j] = GENESIS }
	}
	for (i : 0 .. N - 1) {
		idx[i] = 1;
		key[i] = GENESIS;
		run Reader(i); run Writer(i); run Wire(i)
	}
	run Weather();
#ifndef LIVE
	run Quiet();
#endif
	i = 0; j = 0 }
}
