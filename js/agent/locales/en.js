/** Every sentence of the desk and the kit alone, in English. What they share with the widget stands in its locales. */

/** @param {number} n */
const number = (n) => n.toLocaleString("en");

export const en = {
  words: {
    queuesAsking: "Looking at the queue…",
    queuesEmpty: "Nobody is waiting.",
    queuesOld: "The queue cannot be reached now. What is shown here may be old.",
    queuesRefused: "Your sign-in was not accepted, so the queue is not shown as it is now. It is tried again by itself.",
    claimGone: "It could not be taken: it does not wait any more, or the queue cannot be reached. If it is yours after all, it appears by itself.",
    noColleagues: "Nobody else of your queues is known yet.",
    away: "away: reads it when they are back",
    goneAway: "away now: may not be able to take it",
    noteHint: "Everyone in this conversation can read the note, the customer too.",
    handsOver: "They can read what you can read here. You leave, and cannot read what is written afterwards.",
    parks: "It waits in its queue until somebody takes it. You leave, and cannot read what is written afterwards.",
    leaves: "The others stay. You cannot read what is written afterwards.",
    closes: "Nothing more can be written in it, by anyone. Everyone can still read what they could read.",
    history: "Let them read what was written before, too",
    readsAlong: "To read along only, as a supervisor",
    ledger: "Worked out from the signed log of this conversation, which is the same for everyone in it.",
    continues: "This conversation continues an earlier one.",
    verified: "The company's key vouches for everyone in this conversation.",
    noMessage: "No message yet",
    sealedMessage: "Encrypted message",
    sealedFile: "Encrypted file",
    cannotTake: "Agents take these. A supervisor can be brought in to read along.",
    none: "When a customer writes, the conversation appears here by itself.",
    noneTaken: "Take one that waits, or answer one that is handed to you: it appears here by itself.",
    noneAlong: "When a colleague brings you in, the conversation appears here by itself.",
    noneYet: "No conversations yet",
    noneOpen: "No open conversations",
    choose: "Choose a conversation to read and answer it.",
    chooseWaiting: "Take a conversation that waits. Nothing in it can be read before.",
    next: "The next conversation opens here.",
    desk: "Desk",
    agentDesk: "Agent desk",
    reload: "Reload the page.",
    newConversation: "New conversation",
    parkedConversation: "Parked conversation",
    elsewhere: "The desk runs in one tab at a time, so that no message is sent twice.",
    conversations: "Conversations",
    yourConversations: "Your conversations",
    allConversations: "All conversations",
    openConversation: "Open conversation",
    over: "Over",
    waiting: "Waiting",
    change: "Change",
    changeLong: "Change who you are",
    moreMoves: "More moves",
    writeAnswer: "Write an answer",
    takeOver: "Take over",
    take: "Take",
    taking: "Taking…",
    online: "online",
    supervisor: "supervisor",
    handOver: "Hand over",
    to: "To",
    chooseTo: "Choose who it goes to.",
    bringIn: "Bring in",
    bringInMove: "Bring somebody in…",
    bringInTitle: "Bring somebody in",
    bringInText: "You stay in it. Everyone sees who comes.",
    who: "Who",
    chooseWho: "Choose who is to come.",
    putBack: "Put back",
    putBackMove: "Put back in the queue…",
    putBackTitle: "Put it back in the queue?",
    leave: "Leave",
    leaveMove: "Leave…",
    leaveTitle: "Leave this conversation?",
    end: "End it",
    endMove: "End the conversation…",
    endTitle: "End this conversation?",
    takeOut: "Take out",
    note: "Note for whoever comes next (optional)",
    close: "Close",
    whoCouldRead: "Who could read, and when",
    whatTheyRead: "What they can read, or could",
    isIn: "is in it",
    isOut: "is not in it any more",
    noAgent: "No agent is in it",
    readAlong: "You read along",
    saidNote: "Note: ",
    saidYou: "You: ",
  },

  /** A state of a conversation worth a word in the list, or none. */
  marks: {
    waiting: "Setting up",
    secured: "",
    rejoining: "Waiting to be let in",
    doubtful: "Paused",
    unreadable: "Paused",
    left: "No longer in it",
    lost: "Locked out",
    forked: "Stopped",
    closed: "Ended",
  },

  say: {
    /** What leaving would leave behind. @param {number} count  1 or more */
    unsent: (count) => (count === 1 ? "A message that you wrote is not sent yet. If you leave now, it may not be." : `${count} messages that you wrote are not sent yet. If you leave now, they may not be.`),
    /** @param {string} name */
    queue: (name) => `The queue \u201c${name}\u201d`,
    /** What is told of a queue that a conversation can go to. @param {number} waiting */
    queueFacts: (waiting) => {
      const taken = "whoever is free takes it";
      if (waiting === 0) return taken;
      return waiting === 1 ? `${taken}, 1 conversation already waits` : `${taken}, ${number(waiting)} conversations already wait`;
    },
    /** @param {string} since @param {string} lasted @param {number} entries */
    waits: (since, lasted, entries) => `Waits since ${since} (${lasted}), ${entries === 1 ? "1 entry" : `${number(entries)} entries`}`,
    /** @param {number} count */
    waiting: (count) => (count === 1 ? "1 conversation waits" : `${count} conversations wait`),
    /** @param {string} what  "New conversation" @param {boolean} taking  under way */
    takeWhat: (what, taking) => `${taking ? "Taking" : "Take"} the ${what.toLowerCase()}`,
    /** Another took it first. @param {string} name  "" if it is not known who */
    faster: (name) => (name ? `${name} was faster and has it now.` : "Somebody else was faster and has it now."),
    /** @param {string} name */
    removeTitle: (name) => `Take ${name} out?`,
    /** @param {string} name */
    remove: (name) => `${name} cannot read what is written afterwards. What they could read until now cannot be taken back.`,
    /** Sealed, and yet not with everyone's name proven. @param {string} names */
    doubt: (names) => `Nobody has vouched for ${names}. The conversation is encrypted with the keys of their devices, and that is all that is known.`,
    /** Something came. @param {string} what @param {string} from */
    arrived: (what, from) => `${what} from ${from}`,
    /** @param {string} name */
    nowOnline: (name) => `${name} is online now.`,
    /** @param {string} name */
    nowAway: (name) => `${name} is away now.`,
  },
};
