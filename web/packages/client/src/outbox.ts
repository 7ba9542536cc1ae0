import type { OutboxStore } from "./types.ts";

/** Keeps typed text in this page's memory: it survives a lost link, not a reload. */
export declare function memoryOutbox(): OutboxStore;

/** Keeps typed text in IndexedDB: it survives reloads. Falls back to memory where the browser forbids it. */
export declare function indexedDbOutbox(options?: { name?: string; indexedDB?: IDBFactory }): OutboxStore;
