/** The REST calls of the console that the client package does not name. */
import type { Rest } from "@switchboard/client";
import type { Canned } from "../model/canned.ts";
import type { Decision, Overview } from "../model/wire.ts";

/** A page that a customer looked at. */
export interface PageView {
  readonly conversationId: string;
  readonly url: string;
  readonly title: string | null;
  readonly at: string;
}

/** A conversation of the customer; one that this agent may not read says only that it was. */
export type EarlierConversation = Overview & { readonly mayRead?: boolean };

/** What is known of a customer. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly firstSeenAt: string;
  /** Newest first, all of them. */
  readonly conversations: readonly EarlierConversation[];
  /** Newest first. */
  readonly pageViews: readonly PageView[];
}

/** A piece of a message that was found. */
export interface Snippet {
  readonly text: string;
  /** In UTF-16 units. */
  readonly matches: readonly { readonly start: number; readonly length: number }[];
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
}

export interface FoundMessage {
  readonly conversationId: string;
  readonly messageId: string;
  readonly seq: number;
  readonly customerName: string;
  readonly status: string;
  readonly senderName: string;
  readonly createdAt: string;
  readonly snippet: Snippet;
}

export interface Found {
  readonly items: readonly FoundMessage[];
  /** Whose customer's name was meant. */
  readonly conversations: readonly Overview[];
}

export interface Calls {
  list(view: "mine" | "queue" | "all", cursor?: string): Promise<{ items: Overview[]; nextCursor: string | null }>;
  one(id: string): Promise<Overview>;
  canned(): Promise<Canned[]>;
  decisions(id: string): Promise<Decision[]>;
  customer(id: string): Promise<Customer>;
  search(q: string, signal: AbortSignal): Promise<Found>;
}

export function createConsoleCalls(rest: Rest): Calls {
  return {
    list: (view, cursor) => rest.request("GET", "/conversations", { query: { view, limit: 100, cursor } }),
    async one(id) {
      const item = (await rest.conversation(id)) as Overview;
      if (item.lastMessage !== undefined || item.lastSeq === 0) return item;
      // A record says nothing of its last line; the newest message does.
      const { items } = await rest.messages(id, { before: item.lastSeq + 1, limit: 1 });
      const last = items[items.length - 1];
      return {
        ...item,
        lastMessage: last
          ? {
              seq: last.seq,
              senderRole: last.senderRole,
              senderName: last.senderName,
              text: last.content.replace(/\s+/g, " ").slice(0, 160),
              createdAt: last.createdAt,
            }
          : null,
      };
    },
    async canned() {
      const { items } = await rest.request<{ items: Canned[] }>("GET", "/canned-responses");
      return items;
    },
    async decisions(id) {
      const { items } = await rest.request<{ items: Decision[] }>(
        "GET",
        `/conversations/${encodeURIComponent(id)}/decisions`,
      );
      return items;
    },
    customer: (id) => rest.request("GET", `/customers/${encodeURIComponent(id)}`),
    search: (q, signal) => rest.request("GET", "/search", { query: { q, limit: 20 }, signal }),
  };
}
