/*
 * What is public: entries, and the state that a log of them comes to. Each
 * member computes it for itself, and so does a relay that checks.
 *
 * Cryptography is symbolic. A commit begins an epoch and gives it its name; a
 * leaf has the name of the commit or join request that brought it. Seals to
 * everybody open but to the members in the maker's set of bad ones.
 */

#define COMMIT  1
#define MESSAGE 2
#define JOIN    3

#define GENESIS  1
#define FIRST(i) (2 + (i) * K)    /* the ids of member i's entries begin here */
#define BY(e)    (((e) - 2) / K)  /* who made entry e */
#define BIT(i)   (1 << (i))
#define HAS(set, i) ((set) & BIT(i))

typedef Entry {
	byte kind;
	byte parent;  /* commit: the head it is made on; message: its epoch; join request: the leaf it replaces */
	byte removes; /* commit: a set of members; message: the roster that its sender saw */
	byte answers; /* commit: a join request, or 0 */
	byte bad;     /* commit: the members whose seal does not open */
	bit leaves    /* commit: its maker marks itself leaving */
}
typedef Chain {
	byte head, epoch, roster, leaving;
	byte leaf[N]; /* of each member */
	byte join[N]  /* the request that stands for it, or 0 */
}
Entry E[2 + N * K];
Chain ch[N + 1]; /* a member's by its number; ch[N] is the relay's */

/* What section 5.4 asks of a commit, section 7 of a join request and section
 * 6.3 of a message, in p's state. Roles are left out: all may do all. */
#define STANDS(p, q)     (ch[p].join[BY(q)] == q)
#define COMMIT_OK(p, e)  (E[e].parent == ch[p].head \
	&& HAS(ch[p].roster, BY(e)) && !HAS(ch[p].leaving, BY(e)) && !HAS(E[e].removes, BY(e)) \
	&& !(ch[p].leaving & ~E[e].removes) \
	&& (E[e].answers == 0 || STANDS(p, E[e].answers)))
#define JOIN_OK(p, e)    (HAS(ch[p].roster, BY(e)) && !HAS(ch[p].leaving, BY(e)) && ch[p].leaf[BY(e)] == E[e].parent)
#define MESSAGE_OK(p, e) (E[e].parent == ch[p].head && HAS(ch[p].roster, BY(e)) && ch[p].leaving == 0)
#define VALID(p, e)      ((E[e].kind == COMMIT && COMMIT_OK(p, e)) || (E[e].kind == JOIN && JOIN_OK(p, e)) || (E[e].kind == MESSAGE && MESSAGE_OK(p, e)))

/* apply takes the valid entry e into p's state; m is scratch. */
inline apply(p, e, m) {
	if
	:: E[e].kind == JOIN -> ch[p].join[BY(e)] = e /* of two the newer stands */
	:: E[e].kind == COMMIT ->
		ch[p].head = e;
		ch[p].epoch++;
		for (m : 0 .. N - 1) {
			if
			:: HAS(E[e].removes, m) -> ch[p].leaf[m] = 0; ch[p].join[m] = 0
			:: else
			fi
		}
		ch[p].roster = ch[p].roster & ~E[e].removes;
		ch[p].leaving = (ch[p].leaving & ~E[e].removes) | (E[e].leaves << BY(e));
		ch[p].leaf[BY(e)] = e; /* the committer's is a fresh one */
		ch[p].join[BY(e)] = 0;
		if
		:: E[e].answers ->
			ch[p].roster = ch[p].roster | BIT(BY(E[e].answers));
			ch[p].leaf[BY(E[e].answers)] = E[e].answers
		:: else
		fi
	:: else
	fi;
	m = 0
}

/* same: two who have read as much of the log have the same state. */
inline same(p, q, m) {
	assert(ch[p].head == ch[q].head && ch[p].epoch == ch[q].epoch);
	assert(ch[p].roster == ch[q].roster && ch[p].leaving == ch[q].leaving);
	for (m : 0 .. N - 1) { assert(ch[p].leaf[m] == ch[q].leaf[m] && ch[p].join[m] == ch[q].join[m]) }
	m = 0
}
