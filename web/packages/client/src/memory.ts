import type { OutboxEntry, OutboxStore } from "./types.ts";

/** Keeps typed text in this page's memory: it survives a lost link, not a reload. */
export function memoryOutbox(): OutboxStore {
  const entries = new Map<string, OutboxEntry>();
  return {
    all: async (owner) =>
      [...entries.values()].filter((entry) => entry.owner === owner).sort((a, b) => a.order - b.order),
    put: async (entry) => void entries.set(entry.clientId, entry),
    remove: async (clientId) => void entries.delete(clientId),
  };
}
