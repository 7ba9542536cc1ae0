import type { Calls } from "./calls.ts";
import type { SwitchboardError } from "./errors.ts";
import type { SentMessage, Started } from "./protocol.ts";
import type { OutboxEntry, OutboxStore } from "./types.ts";

/** Who hears how far an entry has come. */
export interface DeliveryHost {
  readonly calls: Calls;
  readonly ackTimeout: number;
  readonly chatbotId: string | undefined;
  connected(): boolean;
  now(): number;
  sending(entry: OutboxEntry, on: boolean): void;
  started(entry: OutboxEntry, ack: Started): void;
  sent(entry: OutboxEntry, ack: SentMessage): void;
  refused(entry: OutboxEntry, error: SwitchboardError): void;
  restored(entry: OutboxEntry): void;
}

/** Brings what was typed to the server: in order in each conversation, one at a time, each until it is there. */
export function createDelivery(store: OutboxStore, host: DeliveryHost) {
  /** By conversation: its id, or the client id of its start. */
  const lanes = new Map<string, OutboxEntry[]>();
  const busy = new Set<string>();
  let owner: string | null = null;
  let order = 0;

  const save = (entry: OutboxEntry) => {
    // Who is not known yet is no owner; it is kept once it is known.
    if (entry.owner) void store.put(entry);
  };

  function lane(key: string): OutboxEntry[] {
    const found = lanes.get(key) ?? [];
    lanes.set(key, found);
    return found;
  }

  function drop(clientId: string): void {
    for (const [key, entries] of lanes) {
      const left = entries.filter((entry) => entry.clientId !== clientId);
      if (left.length < entries.length) lanes.set(key, left);
    }
    void store.remove(clientId);
  }

  function replace(entry: OutboxEntry): void {
    const entries = lane(entry.conversation);
    lanes.set(
      entry.conversation,
      entries.map((other) => (other.clientId === entry.clientId ? entry : other)),
    );
    save(entry);
  }

  async function pump(key: string): Promise<void> {
    if (busy.has(key) || !host.connected()) return;
    const entry = lane(key).find((one) => one.failed === undefined);
    // What follows a start waits until the conversation is there.
    if (!entry || (entry.kind === "message" && lane(key).some((one) => one.kind === "start"))) return;
    busy.add(key);
    host.sending(entry, true);
    try {
      if (entry.kind === "start") await start(entry);
      else await send(entry);
    } catch (cause) {
      const error = cause as SwitchboardError;
      // The client was put away: it is sent in its next life.
      if (error.code === "closed") return;
      if (lane(key).includes(entry)) {
        replace({ ...entry, failed: error.code });
        host.refused(entry, error);
      }
    } finally {
      busy.delete(key);
    }
    void pump(key);
  }

  async function start(entry: OutboxEntry): Promise<void> {
    const data = { chatbotId: host.chatbotId, ...entry.data, clientId: entry.clientId };
    const ack = await host.calls.call<Started>("start_conversation", data, { resend: host.ackTimeout });
    const id = ack.conversationId;
    const rest = lane(entry.conversation).filter((one) => one !== entry && one.clientId !== entry.clientId);
    lanes.delete(entry.conversation);
    // First the others are kept under their conversation's own id: a reload in between must not lose where they belong.
    for (const other of rest) {
      const moved = { ...other, conversation: id };
      lane(id).push(moved);
      save(moved);
    }
    void store.remove(entry.clientId);
    host.started(entry, ack);
    void pump(id);
  }

  async function send(entry: OutboxEntry): Promise<void> {
    const data = { ...entry.data, conversationId: entry.conversation, clientId: entry.clientId };
    const ack = await host.calls.call<SentMessage>("send_message", data, { resend: host.ackTimeout });
    drop(entry.clientId);
    host.sent(entry, ack);
  }

  return {
    /** Takes something that was typed. */
    add(given: Omit<OutboxEntry, "owner" | "order">): void {
      // Above everything of an earlier life of this page, and of other tabs as far as clocks can tell.
      order = Math.max(order + 1, host.now() * 1000);
      const entry: OutboxEntry = { ...given, owner: owner ?? "", order };
      lane(entry.conversation).push(entry);
      save(entry);
      void pump(entry.conversation);
    },
    drop,
    /** Sends again what was refused. */
    again(clientId: string): void {
      for (const [key, entries] of lanes) {
        const entry = entries.find((one) => one.clientId === clientId);
        if (!entry) continue;
        const { failed: _, ...fresh } = entry;
        replace(fresh);
        void pump(key);
      }
    },
    up(): void {
      for (const key of [...lanes.keys()]) void pump(key);
    },
    /** Nobody knows what became of what is on its way. */
    down(): void {
      for (const [key, entries] of lanes) {
        const entry = busy.has(key) ? entries.find((one) => one.failed === undefined) : undefined;
        if (entry) host.sending(entry, false);
      }
    },
    /** It is known whose page this is: what it typed before, in an earlier life too, is its own. */
    async owned(by: string): Promise<void> {
      if (owner === by) return;
      const other = owner !== null;
      owner = by;
      if (other) lanes.clear();
      const mine = new Set<string>();
      for (const [key, entries] of lanes) {
        const kept = entries.map((entry) => ({ ...entry, owner: by }));
        lanes.set(key, kept);
        for (const entry of kept) {
          mine.add(entry.clientId);
          save(entry);
        }
      }
      for (const entry of await store.all(by).catch(() => [])) {
        if (owner !== by || mine.has(entry.clientId)) continue;
        const entries = lane(entry.conversation);
        if (entries.some((one) => one.clientId === entry.clientId)) continue;
        entries.push(entry);
        entries.sort((a, b) => a.order - b.order);
        host.restored(entry);
      }
      this.up();
    },
    close(): void {
      store.close?.();
    },
  };
}
