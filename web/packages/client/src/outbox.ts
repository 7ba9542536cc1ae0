import { FULL } from "./environment.ts";
import { memoryOutbox } from "./memory.ts";
import type { OutboxEntry, OutboxStore } from "./types.ts";

export { memoryOutbox };

const STORE = "entries";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Keeps typed text in IndexedDB: it survives reloads. Falls back to memory where the browser forbids it (private
 * windows, blocked site data) or fails later; nobody is bothered with that.
 */
export function indexedDbOutbox(options: { name?: string; indexedDB?: IDBFactory } = {}): OutboxStore {
  // A visitor's client keeps its entries in memory anyway.
  const memory = FULL ? memoryOutbox() : null;
  let database: Promise<IDBDatabase> | null = null;
  /** Puts and removes happen in the order in which they were asked for. */
  let line: Promise<unknown> = Promise.resolve();

  function open(): Promise<IDBDatabase> {
    database ??= new Promise((resolve, reject) => {
      // Reading the global can throw by itself where site data is blocked.
      const factory = options.indexedDB ?? globalThis.indexedDB;
      const request = factory.open(options.name ?? "switchboard-outbox", 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "clientId" });
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
      request.onsuccess = () => {
        // Another tab that wants a newer version, or to delete it, is not held up.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
    });
    return database;
  }

  function inLine<T>(work: (store: IDBObjectStore) => IDBRequest<T>, mode: IDBTransactionMode): Promise<T> {
    const run = line.then(async () => {
      const opened = await open();
      return settled(work(opened.transaction(STORE, mode).objectStore(STORE)));
    });
    line = run.catch(() => {});
    return run;
  }

  return {
    async all(owner) {
      const stored = await inLine<OutboxEntry[]>((store) => store.getAll(), "readonly").catch(() => []);
      if (!memory) return stored.filter((entry) => entry.owner === owner);
      const kept = await memory.all(owner);
      const known = new Set(kept.map((entry) => entry.clientId));
      return [...stored.filter((entry) => entry.owner === owner && !known.has(entry.clientId)), ...kept].sort(
        (a, b) => a.order - b.order,
      );
    },
    async put(entry) {
      await inLine((store) => store.put(entry), "readwrite").catch(() => memory?.put(entry));
    },
    async remove(clientId) {
      await memory?.remove(clientId);
      await inLine((store) => store.delete(clientId), "readwrite").catch(() => {});
    },
    close() {
      void line.then(() => database?.then((opened) => opened.close()).catch(() => {}));
    },
  };
}
