import type { Timestamp } from "./protocol.ts";
import type { Rest } from "./rest.ts";
import type { HostData, HostEvent } from "./types.ts";

/** A notification of the host application, kept until it ends. */
export interface StoredNotification extends HostEvent {
  /** In the order in which they were made; `markRead({ upTo })` takes it. */
  number: number;
  createdAt: Timestamp;
  data: HostData;
  /** On any of one's devices. */
  read: boolean;
}

/**
 * One's own notifications. Over the socket come `notification` as they are made, and `notification_count` when the
 * number changes: with `readId` or `readUpTo` when one of the devices has read something.
 */
export interface NotificationsClient {
  /** Newest first; 50 a page unless told, at most 200. */
  list(page?: { limit?: number; cursor?: string; unread?: boolean }): Promise<{
    items: StoredNotification[];
    nextCursor: string | null;
    unread: number;
  }>;
  count(): Promise<{ unread: number }>;
  /** At most 200 ids, or all up to a number. */
  markRead(what: { ids: string[] } | { upTo: number }): Promise<{ unread: number }>;
}

/** The calls of a person's notifications over a client's `rest`. */
export function notificationsClient(rest: Rest): NotificationsClient {
  return {
    list: (query = {}) => rest.request("GET", "/notifications", { query }),
    count: () => rest.request("GET", "/notifications/count"),
    markRead: (body) => rest.request("POST", "/notifications/read", { body }),
  };
}
