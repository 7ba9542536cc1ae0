import { notifier } from "./environment.ts";
import type { SwitchboardError } from "./errors.ts";
import type { Agent, Metric, QueueRow, TopicUpdate } from "./protocol.ts";
import type { Client } from "./types.ts";

/** The queue and the agents at one moment. */
export interface QueueSnapshot {
  /** Null until the first snapshot came, and when it was not asked for. In the order in which they will be served. */
  readonly queue: readonly QueueRow[] | null;
  /** Null until the first snapshot came, and when it was not asked for. By name. */
  readonly agents: readonly Agent[] | null;
  /** Null until the first snapshot came, and when it was not asked for. */
  readonly metrics: readonly Metric[] | null;
  /** What is shown is what the server has; false while the link is down or a gap is being filled: dim it. */
  readonly live: boolean;
  /** When the last change came, milliseconds since 1970: to date stale numbers. */
  readonly updatedAt: number | null;
  readonly error: SwitchboardError | null;
}

/** The queue as staff see it. */
export interface Queue {
  getSnapshot(): QueueSnapshot;
  /** Calls back after every change; the first listener subscribes at the server, the last one's leave ends that. */
  subscribe(listener: () => void): () => void;
}

type Watched = "queue" | "agents" | "metrics";

const byName = (a: Agent, b: Agent) => a.name.localeCompare(b.name) || (a.agentId < b.agentId ? -1 : 1);

/** Watches topics: a snapshot, then numbered deltas; a hole in the numbers fetches a new snapshot. */
export function createQueue(client: Client, topics: readonly Watched[] = ["queue", "agents"]): Queue {
  const told = notifier();
  /** The number of the last change that is shown, by topic. */
  const numbers = new Map<string, number>();
  /** Changes that came before the snapshot which they follow. */
  let early: TopicUpdate[] = [];
  let asking = false;
  let listeners = 0;
  let stop: (() => void)[] = [];
  let shown: QueueSnapshot = { queue: null, agents: null, metrics: null, live: false, updatedAt: null, error: null };

  function show(change: Partial<QueueSnapshot>): void {
    shown = { ...shown, ...change };
    told.changed();
  }

  function apply(update: TopicUpdate): void {
    numbers.set(update.topic, update.number);
    const change: { -readonly [K in keyof QueueSnapshot]?: QueueSnapshot[K] } = { updatedAt: Date.now() };
    if (update.topic === "queue") change.queue = update.queue;
    if (update.topic === "metrics") change.metrics = update.metrics;
    if (update.topic === "agents") {
      const { agents, agent } = update;
      const others = agents ?? (shown.agents ?? []).filter((one) => one.agentId !== agent?.agentId);
      change.agents = (agent ? [...others, agent] : [...others]).sort(byName);
    }
    show(change);
  }

  function take(update: TopicUpdate): void {
    if (!(topics as readonly string[]).includes(update.topic)) return;
    const number = numbers.get(update.topic);
    if (asking || number === undefined) early.push(update);
    else if (update.number === number + 1) apply(update);
    // What is in the snapshot already comes once more; anything else means that something was missed.
    else if (update.number > number) void ask();
  }

  async function ask(): Promise<void> {
    if (asking || client.state !== "connected") return;
    asking = true;
    show({ live: false });
    try {
      const { topics: snapshots } = await client.send("subscribe", { topics: [...topics] });
      if (stop.length === 0) {
        asking = false;
        return;
      }
      for (const snapshot of snapshots) apply(snapshot);
      asking = false;
      const held = early.sort((a, b) => a.number - b.number);
      early = [];
      show({ live: true, error: null });
      for (const update of held) take(update);
    } catch (error) {
      asking = false;
      early = [];
      show({ error: error as SwitchboardError });
    }
  }

  function begin(): void {
    stop = [
      client.on("topic_update", take),
      client.on("state", ({ state }) => {
        if (state === "connected") void ask();
        else show({ live: false });
      }),
    ];
    void ask();
  }

  function end(): void {
    // Whoever comes back at once (strict mode does) finds everything as it was.
    if (listeners > 0 || stop.length === 0) return;
    for (const one of stop) one();
    stop = [];
    numbers.clear();
    early = [];
    show({ live: false });
    if (client.state === "connected") client.send("unsubscribe", { topics: [...topics] }).catch(() => {});
  }

  return {
    getSnapshot: () => shown,
    subscribe(listener) {
      const off = told.subscribe(listener);
      listeners += 1;
      if (stop.length === 0) begin();
      let done = false;
      return () => {
        if (done) return;
        done = true;
        off();
        listeners -= 1;
        queueMicrotask(end);
      };
    },
  };
}
