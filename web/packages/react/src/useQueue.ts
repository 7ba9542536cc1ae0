import type { Client } from "@switchboard/client";
import { createQueue, type Queue, type QueueSnapshot } from "@switchboard/client/queue";
import { useSyncExternalStore } from "react";
import { useClient } from "./provider.ts";

/** One queue for each client, however many components look at it. */
const queues = new WeakMap<Client, Queue>();

function queueOf(client: Client): Queue {
  const known = queues.get(client);
  if (known) return known;
  const made = createQueue(client);
  queues.set(client, made);
  return made;
}

/** The live queue and agents, for staff. The server is asked for them as long as a component looks. */
export function useQueue(): QueueSnapshot {
  const queue = queueOf(useClient());
  return useSyncExternalStore(queue.subscribe, queue.getSnapshot, queue.getSnapshot);
}
