/** The sentences of de.js that have a name, a number or a time in them: the functions of en-say.js. */

/** @param {number} n */
export const number = (n) => n.toLocaleString("de");

/** @param {string} code */
export const customer = (code) => `Kunde ${code}`;

/** @param {readonly string[]} names */
export const list = (names) => (names.length < 2 ? names[0] ?? "" : `${names.slice(0, -1).join(", ")} und ${names[names.length - 1]}`);

/** @param {string} names */
export const encryptedWith = (names) => `Ende-zu-Ende-verschlüsselt mit ${names}`;

/** @param {string} name */
export const pausedUntil = (name) => `Angehalten, bis von ${name} zu hören ist`;

/** @param {string} name */
export const doubtful = (name) => `Eine Nachricht im Namen von ${name} ist nicht als echt erwiesen und erzählt von einem anderen Verlauf dieses Gesprächs. Es wird nichts gesendet, bis von ${name} richtig zu hören ist. Was Sie geschrieben haben, bleibt erhalten.`;

/** @param {string|null} name */
export const forked = (name) => (name === null
  ? "Der Server zeigt einen anderen Verlauf dieses Gesprächs als zuvor; hier wird nichts mehr gesendet. Bitte sagen Sie es der anderen Seite auf einem anderen Weg."
  : `Ihnen und ${name} wurden verschiedene Gespräche gezeigt. Das ist bewiesen; hier wird nichts mehr gesendet. Bitte sagen Sie es ${name} auf einem anderen Weg.`);

/** @param {"missed"|"rejoined"|"replaced"} kind @param {string} name */
export const note = (kind, name) => {
  if (kind === "missed") return "Nachrichten, die gesendet wurden, während dieses Gerät ausgesperrt war, lassen sich darauf nicht lesen";
  if (kind === "replaced") return "Der Platz dieses Geräts wurde hier an ein anderes vergeben, das seinen Schlüssel hat. Waren Sie das nicht, sagen Sie es der anderen Seite bitte auf einem anderen Weg";
  return name === "" ? "Dieses Gerät wurde wieder eingelassen" : `Das Gerät von ${name} wurde wieder eingelassen; es kann nicht lesen, was inzwischen gesendet wurde`;
};

/** @param {number} count */
export const missing = (count) => (count === 1 ? "1 Nachricht fehlt" : `${number(count)} Nachrichten fehlen`);

/** @param {number} count */
export const unread = (count) => (count === 1 ? "1 ungelesene Nachricht" : `${count} ungelesene Nachrichten`);

/** @param {number} over */
export const tooLong = (over) => `Diese Nachricht ist um ${number(over)} ${over === 1 ? "Byte" : "Bytes"} zu lang; eine Nachricht fasst 32 KB. Kürzen Sie sie, oder senden Sie sie in Teilen.`;

/** @param {number} count */
export const bytes = (count) => (count === 1 ? "1 Byte" : `${count} Bytes`);

/** @param {string} done @param {string} whole */
export const part = (done, whole) => `${done} von ${whole}`;

/** @param {string} what */
export const sending = (what) => `${what} wird gesendet`;

/** @param {string} how */
export const sendingPart = (how) => `Wird gesendet, ${how}`;

/** @param {string} name */
export const fetching = (name) => `${name} wird abgerufen`;

/** @param {string} how */
export const fetchingPart = (how) => `Wird abgerufen, ${how}`;

/** @param {string} name */
export const isSent = (name) => `${name} ist gesendet`;

/** @param {string} name */
export const isSaved = (name) => `${name} ist gespeichert`;

/** @param {string} name */
export const isCancelled = (name) => `${name} ist abgebrochen`;

/** @param {string} name @param {number} count */
export const isAttached = (name, count) => (count === 1 ? `${name} ist angehängt` : `${count} Dateien sind angehängt`);

/** @param {string} name */
export const isTakenOut = (name) => `${name} ist herausgenommen`;

/** @param {string} name */
export const remove = (name) => `${name} entfernen`;

/** @param {string} name */
export const takeOut = (name) => `${name} herausnehmen`;

/** @param {string} name */
export const compareSafety = (name) => `Sicherheitsnummer vergleichen mit ${name}`;

/** @param {string} name */
export const safetyTitle = (name) => `Sicherheitsnummer mit ${name}`;

/** @param {number} step */
export const safetyHistory = (step) => `Gemeinsamer Verlauf, Schritt ${number(step)}`;

/** @param {string} role @param {boolean} verified */
export const standing = (role, verified) => (verified ? `${role}, vom Schlüssel des Unternehmens bestätigt` : `${role}, nicht bestätigt`);

/** @param {string} reads @param {boolean} now */
export const canRead = (reads, now) => (now ? `Kann lesen: ${reads}` : `Konnte lesen: ${reads}`);

/** @param {string} names */
export const ask = (names) => `Was Sie von jetzt an schreiben, bleibt ${names} verborgen. Ihr Gespräch wartet dann auf jemand anderen.`;

/** @param {number} minutes */
export const lasted = (minutes) => {
  if (minutes < 1) return "gerade eben";
  if (minutes < 60) return `${minutes} Min.`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 10 ? `${hours} Std. ${minutes % 60} Min.` : `${hours} Std.`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 Tag" : `${days} Tage`;
};

/** @param {string} name */
export const noteAuthor = (name) => (name === "" ? "Ihre Notiz zur Übergabe" : `Notiz von ${name} zur Übergabe`);

/**
 * As a sentence of its own kind: German puts the verb elsewhere in each.
 * @param {string} past
 * @param {string} at
 * @param {boolean} you
 */
export function reach(past, at, you) {
  const can = you ? "können" : "kann";
  if (past === "") return `${can} ab ${at} lesen`;
  if (past === "all") return `${can} dieses Gespräch von Anfang an lesen`;
  return past === "part" ? `${can} auch einen Teil des früher Geschriebenen lesen` : `${can} das Gespräch seit ${past} lesen`;
}

/**
 * @param {string} past
 * @param {string} since
 * @param {string} until
 */
export function reads(past, since, until) {
  const before = past === "part" ? ", und einen Teil des früher Geschriebenen" : past ? `, und zurück bis ${past}` : "";
  if (past === "all") return until ? `von Anfang an bis ${until}` : "von Anfang an";
  return `${until ? `${since} bis ${until}` : `seit ${since}`}${before}`;
}

/**
 * @param {import("../facade.js").Moved} kind
 * @param {import("../movewords.js").MoveOn} on
 */
export function move(kind, { who, by, past, at, customer: toCustomer, supervisor, queue = "" }) {
  const reading = reach(past, at, who === "");
  const now = toCustomer ? "was Sie von jetzt an schreiben" : "was von jetzt an geschrieben wird";
  const blind = `kann nicht lesen, ${now}`;
  const gone = `Sie können nicht lesen, ${now}.`;
  const place = queue ? `in die Warteschlange „${queue}“` : "zurück in die Warteschlange";
  switch (kind) {
    case "claimed":
      return who === "" ? `Sie sind dabei und ${reading}` : `${who} ist jetzt dabei und ${reading}`;
    case "joined":
      if (who === "") return by ? `${by} hat Sie dazugeholt. Sie ${reading}.` : `Sie sind dabei und ${reading}`;
      if (by === null) return `${who} ist jetzt dabei und ${reading}`;
      return `${by ? `${by} hat` : "Sie haben"} ${who} dazugeholt${supervisor ? ", zum Mitlesen" : ""}. ${who} ${reading}${supervisor ? " und schreibt nicht" : ""}`;
    case "transferred":
      if (by === "") return `Sie haben an ${who} übergeben. ${who} ${reading}. ${gone}`;
      if (by === null) return who === "" ? `Sie sind dabei und ${reading}` : `${who} ist jetzt dabei und ${reading}`;
      return who === "" ? `${by} hat an Sie übergeben. Sie ${reading}.` : `${by} hat an ${who} übergeben. ${who} ${reading}. ${by} ${blind}.`;
    case "parked":
      if (by === "") return `Sie haben dieses Gespräch ${place} gegeben. ${gone}`;
      if (by === null) return "Dieses Gespräch wartet wieder auf einen Agenten";
      return toCustomer ? `${by} ist gegangen. Ihr Gespräch wartet auf jemand anderen; ${by} ${blind}.` : `${by} hat dieses Gespräch ${place} gegeben und ${blind}`;
    case "left":
      return who === "" ? `Sie sind gegangen. ${gone}` : `${who} ist gegangen und ${blind}`;
    case "removed":
      if (who === "") return `${by ? `${by} hat Sie` : "Sie wurden"} aus diesem Gespräch genommen. ${gone}`;
      return by ? `${by} hat ${who} aus diesem Gespräch genommen. ${who} ${blind}.` : by === "" ? `Sie haben ${who} aus diesem Gespräch genommen. ${who} ${blind}.` : `${who} wurde aus diesem Gespräch genommen und ${blind}`;
    case "took over":
      return `${who === "" ? "Sie haben übernommen und können" : `${who} hat übernommen und kann`} ${toCustomer ? "Ihnen " : "hier "}jetzt schreiben`;
    case "closed":
      if (by === null) return "Dieses Gespräch wurde beendet";
      return by === "" ? "Sie haben dieses Gespräch beendet" : `${by} hat dieses Gespräch beendet`;
    case "not granted":
      return `Was ${by || "jemand"} Ihnen zu lesen gab, ist nicht als echt erwiesen; nichts von vor ${at} lässt sich hier öffnen`;
  }
}
