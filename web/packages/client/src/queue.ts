import type { SwitchboardError } from "./errors.ts";
import type { Agent, Metric, QueueRow } from "./protocol.ts";
import type { Client } from "./types.ts";

/** The queue and the agents at one moment. */
export interface QueueSnapshot {
  /** Null until the first snapshot came. In the order in which they will be served. */
  readonly queue: readonly QueueRow[] | null;
  /** Null until the first snapshot came, and when it was not asked for. By name. */
  readonly agents: readonly Agent[] | null;
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

/** Watches topics: a snapshot, then numbered deltas; a hole in the numbers fetches a new snapshot. */
export declare function createQueue(client: Client, topics?: readonly ("queue" | "agents" | "metrics")[]): Queue;
