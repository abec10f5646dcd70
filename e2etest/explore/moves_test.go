package explore

// The customer is 0, then agents come, the supervisor as the last of them, then
// the inbox.
var (
	reading = Step{Read, everybody}
	claimed = []Step{{Claim, 1}, {Send, 3}, reading}
	alone   = append(claimed, []Step{{Make, 1}, {Send, 1}, reading}...) // and the inbox is gone
	handed  = []Step{{Make, 1}, {Send, 1}, reading, {Transfer, 1}, {Send, 1}, reading, {Make, 0}, {Send, 0}, reading}
	parked  = []Step{{Park, 1}, {Send, 1}, reading}
	watched = []Step{{Supervise, 1}, {Send, 1}, reading}
	both    = []Step{{Invite, 1}, {Send, 1}, reading}
)

// moved are the worlds of moves, of four members but where said otherwise.
var moved = []struct {
	name  string
	depth int
	setup Setup
}{
	{"it waits, two claim", 5, Setup{Checked: true, Inbox: true, Newcomers: 2, Texts: 1, Moves: []Kind{Claim}, Budget: Budget{Move: 2, Refresh: 1, Crash: 1}}},
	{"it waits, and is answered late", 4, Setup{Checked: true, Inbox: true, Newcomers: 2, Texts: 1, Moves: []Kind{Claim}, Budget: Budget{Move: 1, Refresh: 1, Drop: 1, Delay: 1, Crash: 1}}},
	{"one is claimed", 4, Setup{Checked: true, Inbox: true, Newcomers: 2, Texts: 1, Offers: 1, Moves: []Kind{Transfer, Park}, Budget: Budget{Move: 1, Refresh: 1, Crash: 1}, Before: alone}},
	{"a transfer", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Transfer, Bare}, Budget: Budget{Move: 1, Refresh: 1, Crash: 1, Delay: 1}}},
	{"a transfer back", 5, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Offers: 1, Grants: 2, Moves: []Kind{Transfer}, Budget: Budget{Move: 1, Refresh: 1, Crash: 1}, Before: handed}},
	{"a parking", 5, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Park, Claim}, Budget: Budget{Move: 2, Refresh: 1, Crash: 1}}},
	{"a resumption", 5, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Offers: 1, Moves: []Kind{Claim}, Budget: Budget{Move: 1, Refresh: 1, Crash: 1}, Before: parked}},
	{"two hold it and hand over", 3, Setup{Checked: true, Agents: 2, Newcomers: 1, Texts: 1, Moves: []Kind{Transfer, Remove}, Budget: Budget{Move: 2, Leave: 1, Crash: 1}}},
	{"moves on one head", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Park, Another, Invite}, Budget: Budget{Move: 2, Leave: 1, Close: 1, Crash: 1}}},
	{"a conference", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Offers: 1, Moves: []Kind{Park, Remove}, Budget: Budget{Move: 1, Add: 1, Leave: 1}, Before: both}},
	{"a supervisor comes", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Supervisor: true, Texts: 1, Moves: []Kind{Supervise, TakeOver}, Budget: Budget{Move: 2, Refresh: 1, Crash: 1}}},
	{"a supervisor takes over", 3, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Supervisor: true, Texts: 1, Offers: 1, Moves: []Kind{TakeOver, Remove, Park}, Budget: Budget{Move: 2, Leave: 1, Crash: 1}, Before: watched}},
	{"nobody is left", 5, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Remove, Another, Claim}, Budget: Budget{Move: 2, Leave: 1, Crash: 1}}},
	{"moves and old disks", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Transfer, Park}, Budget: Budget{Move: 1, Refresh: 1, Restore: 1}}},
	{"claims and old disks", 4, Setup{Checked: true, Inbox: true, Newcomers: 2, Texts: 1, Moves: []Kind{Claim}, Budget: Budget{Move: 2, Restore: 2}}},
	{"old disks after a transfer", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Offers: 1, Moves: []Kind{Transfer}, Budget: Budget{Move: 1, Refresh: 1, Restore: 1}, Before: handed}},
	{"moves on any transport", 4, Setup{Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Transfer, Park}, Budget: Budget{Move: 1, Refresh: 1, Twice: 1, Delay: 1}}},
	{"claims on any transport", 4, Setup{Inbox: true, Newcomers: 2, Texts: 1, Moves: []Kind{Claim}, Budget: Budget{Move: 2, Twice: 1, Delay: 1}}},
	{"claims, and a shift ends", 4, Setup{Checked: true, Inbox: true, Newcomers: 2, Short: true, Texts: 1, Moves: []Kind{Claim, Transfer}, Budget: Budget{Move: 2, Lapse: 1, Refresh: 1}}},
	{"moves and forged entries", 3, Setup{Checked: true, Inbox: true, Newcomers: 2, Texts: 1, Moves: []Kind{Transfer, Claim}, Offers: 1, Budget: Budget{Move: 1, Flip: 1, Crash: 1}, Before: alone}},
	{"a customer anew, and moves", 4, Setup{Checked: true, Agents: 1, Newcomers: 1, Away: true, Texts: 1, Moves: []Kind{Transfer}, Budget: Budget{Move: 1, Wipe: 1, Refresh: 1}}},
	{"all moves at once", 2, Setup{Agents: 1, Newcomers: 2, Away: true, Supervisor: true, Short: true, Texts: 1,
		Moves:  []Kind{Claim, Transfer, Bare, Park, Invite, Supervise, TakeOver, Remove, Another},
		Budget: Budget{Move: 2, Refresh: 1, Add: 1, Leave: 1, Close: 1, Crash: 1, Restore: 1, Drop: 1, Delay: 1, Twice: 1, Wipe: 1, Lapse: 1, Flip: 1}}},
}
