/** The board at work: one link, the topics, the alerts and today's numbers, as signals. */
import { type Signal, signal } from "@preact/signals";
import { type Client, type ClientSnapshot, createClient, SwitchboardError } from "@switchboard/client";
import { createQueue, type QueueSnapshot } from "@switchboard/client/queue";
import type { CookieSession } from "@switchboard/client/session";
import { type Alerts, listed, noAlerts, told } from "../model/alerts.ts";
import { type Report, todayOf } from "../model/statistics.ts";
import { type Calls, createCalls } from "./calls.ts";

export interface Loaded<T> {
  /** What was read last; stays while it is read again, and when that fails. */
  value: T | null;
  error: SwitchboardError | null;
  loading: boolean;
  /** When `value` was read, milliseconds since 1970 by this clock. */
  at: number | null;
}
export const nothing = { value: null, error: null, loading: true, at: null };

export interface Board {
  readonly client: Client;
  readonly calls: Calls;
  readonly link: Signal<ClientSnapshot>;
  readonly queue: Signal<QueueSnapshot>;
  readonly alerts: Signal<Alerts>;
  /** Why alerts could not be listed; those that are told live come nevertheless. */
  readonly alertsError: Signal<SwitchboardError | null>;
  readonly today: Signal<Loaded<Report>>;
  /** Grows with every change of conversations: lists read themselves again. */
  readonly changes: Signal<number>;
  refreshToday(): Promise<void>;
  stop(): void;
}

/** Today's numbers are counted from stored rows: once a minute is often enough. */
const TODAY_EVERY = 60_000;

export const asError = (cause: unknown): SwitchboardError =>
  cause instanceof SwitchboardError ? cause : new SwitchboardError("internal", String(cause));

export function createBoard(engine: URL, session: CookieSession): Board {
  const client = createClient({ url: engine.href, getToken: session.getToken });
  const calls = createCalls(client.rest);
  const watched = createQueue(client, ["queue", "agents"]);
  const link = signal(client.getSnapshot());
  const queue = signal(watched.getSnapshot());
  const alerts = signal(noAlerts);
  const alertsError = signal<SwitchboardError | null>(null);
  const today = signal<Loaded<Report>>(nothing);
  const changes = signal(0);
  let wasConnected = false;

  async function refreshToday(): Promise<void> {
    today.value = { ...today.value, loading: true };
    try {
      const value = await calls.statistics({ ...todayOf(Date.now()), bucket: "hour" });
      today.value = { value, error: null, loading: false, at: Date.now() };
    } catch (cause) {
      today.value = { ...today.value, error: asError(cause), loading: false };
    }
  }

  async function refreshAlerts(): Promise<void> {
    try {
      const { items } = await calls.alerts();
      alerts.value = listed(alerts.value, items, new Date().toISOString());
      alertsError.value = null;
    } catch (cause) {
      alertsError.value = asError(cause);
    }
  }

  const stops = [
    client.subscribe(() => {
      link.value = client.getSnapshot();
      const connected = link.value.state === "connected";
      if (connected && !wasConnected) {
        void refreshAlerts();
        void refreshToday();
        changes.value += 1;
      }
      wasConnected = connected;
    }),
    watched.subscribe(() => {
      queue.value = watched.getSnapshot();
    }),
    client.on("admin_notification", (notice) => {
      if (notice.type === "ALERT" && "rule" in notice)
        alerts.value = told(alerts.value, notice as Parameters<typeof told>[1]);
      else if (notice.type !== "AGENT_STATUS" && notice.type !== "QUEUE_UPDATED") changes.value += 1;
    }),
  ];
  const timer = setInterval(() => {
    if (link.value.state === "connected" && document.visibilityState === "visible") void refreshToday();
  }, TODAY_EVERY);
  client.connect().catch(() => {
    // The state says it, and the page shows it.
  });

  return {
    client,
    calls,
    link,
    queue,
    alerts,
    alertsError,
    today,
    changes,
    refreshToday,
    stop() {
      clearInterval(timer);
      for (const stop of stops) stop();
      client.destroy();
    },
  };
}
