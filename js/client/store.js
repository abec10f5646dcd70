// @ts-check
/**
 * Where sealed values live: IndexedDB in a browser, a Map for history "none".
 * This file sees names and ciphertext only. Four tables, string keys; every
 * write is one transaction, durable before it resolves. Every failure is
 * "unavailable": a value that could not be read is never taken for an absent one.
 *
 * One writer: opening leaves a random owner mark, and every write checks it in
 * its own transaction. An earlier opener, whose tab lost the lock, can therefore
 * never write over the state of a later one, not even with a write under way.
 *
 * @typedef {"meta" | "state" | "outbox" | "history"} Table
 * @typedef {Uint8Array | CryptoKey} Value
 * @typedef {{ table: Table, key: string, value: Value | null }} Write  null removes
 *
 * @typedef {object} Store
 * @property {string} name
 * @property {(table: Table, key: string) => Promise<Value | undefined>} get
 * @property {(table: Table, prefix: string) => Promise<[string, Value][]>} list  in order of key
 * @property {(writes: Write[]) => Promise<void>} write
 * @property {() => Promise<boolean>} owned   false once a later opener has taken over
 * @property {() => void} close
 * @property {() => Promise<void>} erase      closes, and removes everything
 */
import { SealwireError } from "../errors.js";
import { equalBytes } from "./bytes.js";

/** @type {Table[]} */
const TABLES = ["meta", "state", "outbox", "history"];
const OWNER = "owner";

/** @param {string} why */
const unavailable = (why) => new SealwireError("unavailable", `device storage: ${why}`);

/**
 * @param {string} name
 * @returns {Store}
 */
export function memoryStore(name) {
  /** @type {Map<string, Value>[]} */
  let tables = TABLES.map(() => new Map());
  /** @param {Table} table */
  const of = (table) => /** @type {Map<string, Value>} */ (tables[TABLES.indexOf(table)]);
  return {
    name,
    get: async (table, key) => of(table).get(key),
    list: async (table, prefix) => [...of(table)].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    write: async (writes) => {
      for (const { table, key, value } of writes) value === null ? of(table).delete(key) : of(table).set(key, value);
    },
    owned: async () => true,
    close: () => {},
    erase: async () => {
      tables = TABLES.map(() => new Map());
    },
  };
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(unavailable(request.error?.name ?? "request failed"));
  });

/**
 * @param {string} name
 * @param {IDBFactory} [factory]
 * @returns {Promise<Store>}
 */
export async function indexedStore(name, factory = indexedDB) {
  const db = await openDatabase(name, factory);
  // Another page erases or upgrades: let go, so that it is not blocked; later calls then fail as unavailable.
  db.onversionchange = () => db.close();
  const mark = crypto.getRandomValues(new Uint8Array(16));

  /**
   * @param {Table[]} tables
   * @param {IDBTransactionMode} mode
   */
  const begin = (tables, mode) => {
    try {
      return db.transaction(tables, mode, { durability: "strict" });
    } catch (error) {
      throw unavailable(error instanceof Error ? error.name : "closed");
    }
  };

  /**
   * @param {Write[]} writes
   * @param {boolean} claim
   */
  const write = (writes, claim = false) =>
    new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const tx = begin(TABLES, "readwrite");
      let reason = "";
      tx.oncomplete = () => resolve();
      tx.onerror = () => (reason ||= tx.error?.name ?? "write failed");
      tx.onabort = () => reject(unavailable(reason || (tx.error?.name ?? "write failed")));
      const put = () => {
        for (const { table, key, value } of writes) value === null ? tx.objectStore(table).delete(key) : tx.objectStore(table).put(value, key);
      };
      if (claim) return put();
      const owner = tx.objectStore("meta").get(OWNER);
      owner.onsuccess = () => {
        if (owner.result instanceof Uint8Array && equalBytes(owner.result, mark)) return put();
        reason = "open in another tab";
        tx.abort();
      };
    });

  await write([{ table: "meta", key: OWNER, value: mark }], true);
  return {
    name,
    get: async (table, key) => settled(begin([table], "readonly").objectStore(table).get(key)),
    list: async (table, prefix) => {
      const store = begin([table], "readonly").objectStore(table);
      const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
      const [keys, values] = await Promise.all([settled(store.getAllKeys(range)), settled(store.getAll(range))]);
      return keys.map((key, i) => [String(key), values[i]]);
    },
    write: (writes) => write(writes),
    owned: async () => {
      const owner = await settled(begin(["meta"], "readonly").objectStore("meta").get(OWNER));
      return owner instanceof Uint8Array && equalBytes(owner, mark);
    },
    close: () => db.close(),
    erase: async () => {
      db.close();
      await settled(factory.deleteDatabase(name));
    },
  };
}

/**
 * @param {string} name
 * @param {IDBFactory} factory
 * @returns {Promise<IDBDatabase>}
 */
function openDatabase(name, factory) {
  return new Promise((resolve, reject) => {
    /** @type {IDBOpenDBRequest} */
    let request;
    try {
      request = factory.open(name, 1);
    } catch (error) {
      return reject(unavailable(error instanceof Error ? error.name : "blocked"));
    }
    request.onupgradeneeded = () => {
      for (const table of TABLES) request.result.createObjectStore(table);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(unavailable(request.error?.name ?? "open failed"));
    request.onblocked = () => reject(unavailable("held by another page"));
  });
}
