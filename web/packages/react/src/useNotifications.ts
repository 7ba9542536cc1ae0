import type { AgentNotification, Client } from "@switchboard/client";
import { useCallback, useSyncExternalStore } from "react";
import { useClient } from "./provider.ts";

/** Something that a person should hear of. */
export interface Notification {
  /** Stays the same: for lists. */
  readonly key: number;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  /** `notification` of a host, `agent_notification` of the engine, or `message` of another person. */
  readonly type: "notification" | "agent_notification" | "message";
  /** The event's data; of a message its `content`, `senderName` and `conversationId`. */
  readonly data: unknown;
  readonly read: boolean;
}

/** What {@link useNotifications} gives. The functions stay the same from render to render. */
export interface UseNotificationsResult {
  /** The newest first; at most 100. */
  notifications: readonly Notification[];
  /** How many of them were not read. */
  unread: number;
  /** One is read, or all of them. */
  markRead: (key?: number) => void;
  /** One is put away, or all of them. */
  clear: (key?: number) => void;
}

const MOST = 100;

interface Box {
  subscribe(listener: () => void): () => void;
  get(): readonly Notification[];
  change(by: (list: readonly Notification[]) => readonly Notification[]): void;
}

/** One box for each client: it goes on collecting when the bell is not on the screen. */
const boxes = new WeakMap<Client, Box>();

function boxOf(client: Client): Box {
  const known = boxes.get(client);
  if (known) return known;
  let list: readonly Notification[] = [];
  let count = 0;
  const listeners = new Set<() => void>();
  const box: Box = {
    subscribe(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    get: () => list,
    change(by) {
      list = by(list);
      for (const listener of [...listeners]) listener();
    },
  };
  const add = (type: Notification["type"], data: unknown) => {
    count += 1;
    const one: Notification = { key: count, at: Date.now(), type, data, read: false };
    box.change((others) => [one, ...others].slice(0, MOST));
  };
  client.on("notification", (data) => add("notification", data));
  client.on("agent_notification", (data) => {
    if (worthHearing(data)) add("agent_notification", data);
  });
  client.on("message", ({ conversation, message }) => {
    const { content, senderName } = message;
    add("message", { conversationId: conversation.id, content, senderName });
  });
  boxes.set(client, box);
  return box;
}

/** A new load is shown, not announced. */
function worthHearing(notice: AgentNotification): boolean {
  return notice.type !== "WORKLOAD_UPDATED";
}

/** What a bell shows: notifications of the host and the engine, and messages of others, since the first component that asked. */
export function useNotifications(): UseNotificationsResult {
  const box = boxOf(useClient());
  const notifications = useSyncExternalStore(box.subscribe, box.get, box.get);
  const markRead = useCallback(
    (key?: number) =>
      box.change((list) =>
        list.map((one) => (one.read || (key !== undefined && one.key !== key) ? one : { ...one, read: true })),
      ),
    [box],
  );
  const clear = useCallback(
    (key?: number) => box.change((list) => (key === undefined ? [] : list.filter((one) => one.key !== key))),
    [box],
  );
  return { notifications, unread: notifications.filter((one) => !one.read).length, markRead, clear };
}
