/** What a device has stored, to be stored again later: a profile that is restored. */
import "fake-indexeddb/auto";
import { encodeText, toHex } from "../client/bytes.js";

const TABLES = ["meta", "state", "outbox", "history"];

/**
 * @param {string} person
 * @returns {Promise<() => Promise<void>>} stores it so again
 */
export async function profileOf(person) {
  const ending = `:${toHex(encodeText(person))}`;
  const name = (await indexedDB.databases()).map((d) => d.name ?? "").find((n) => n.endsWith(ending));
  if (!name) throw new Error(`${person} has nothing stored`);
  const db = await opened(name);
  const all = await Promise.all(TABLES.map((table) => Promise.all([done(db.transaction(table).objectStore(table).getAllKeys()), done(db.transaction(table).objectStore(table).getAll())])));
  db.close();
  return async () => {
    await done(indexedDB.deleteDatabase(name));
    const fresh = await opened(name);
    const tx = fresh.transaction(TABLES, "readwrite");
    all.forEach(([keys, values], i) => keys.forEach((key, k) => void tx.objectStore(TABLES[i] ?? "").put(values[k], key)));
    await new Promise((resolve) => (tx.oncomplete = resolve));
    fresh.close();
  };
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function opened(name) {
  return new Promise((resolve) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => TABLES.forEach((table) => void request.result.createObjectStore(table));
    request.onsuccess = () => resolve(request.result);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
