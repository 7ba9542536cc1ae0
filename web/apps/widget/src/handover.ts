/**
 * The hand-over card: what stands between the conversation and the composer while a human is wished for.
 * Pure: from what is known and the clock to one of these cards.
 */
import type { ConversationSnapshot, QueuePlace } from "@switchboard/client";

export type Card =
  | { kind: "none" }
  /** The assistant, or the customer's words, ask for a human. */
  | { kind: "offer" }
  | { kind: "connecting" }
  | {
      kind: "waiting";
      /** 1 = next; null = not said. */
      position: number | null;
      /** What is left of the wait, seconds; null = not known. `high` is left out where it says nothing more. */
      wait: { low: number; high?: number } | null;
      /** The estimate is over and nobody came. */
      late: boolean;
      /** 0–1 of the way, null = not known. */
      done: number | null;
      /** No agent is connected. */
      nobody: boolean;
      /** An agent is being asked. */
      asked: boolean;
      /** There was an agent before. */
      again: boolean;
    }
  /** Nobody comes now. */
  | { kind: "away"; closed: boolean; opens: string | null; leave: boolean; assistant: boolean };

/** What the card is made of. */
export interface Known {
  escalation: ConversationSnapshot["escalation"];
  requested: boolean;
  status: ConversationSnapshot["status"];
  /** An agent has the conversation. */
  agent: boolean;
  /** An agent wrote in it before. */
  hadAgent: boolean;
  /** The click on "Connect" is on its way. */
  asking: boolean;
  /** When this wait began (milliseconds since 1970), as far as this page knows. */
  waitingSince: number | null;
  now: number;
}

type Place = QueuePlace & { status: string; since: number };

/** The card for what is known. */
export function cardOf(known: Known): Card {
  const { escalation, status } = known;
  if (status === "CLOSED" || status === "WRAP_UP" || known.agent) return { kind: "none" };
  switch (escalation?.status) {
    case "QUEUED":
    case "OFFERED":
      return waiting(escalation, known);
    case "OUTSIDE_HOURS":
    case "NO_AGENTS":
    case "QUEUE_FULL":
    case "EXPIRED":
      return {
        kind: "away",
        closed: escalation.status === "OUTSIDE_HOURS",
        opens: "nextOpening" in escalation ? escalation.nextOpening : null,
        leave: escalation.policy === "offline_message",
        assistant: escalation.policy === "ai",
      };
  }
  if (known.asking || status === "WAITING_FOR_AGENT" || status === "OFFERED") return { kind: "connecting" };
  return known.requested ? { kind: "offer" } : { kind: "none" };
}

/** The estimate runs down with the clock, and says so when it was wrong. */
function waiting(place: Place, known: Known): Card {
  const gone = Math.max(0, (known.now - place.since) / 1000);
  const seconds = place.estimatedWaitSeconds;
  const low = seconds ? seconds.p50 - gone : null;
  const high = seconds ? seconds.p90 - gone : null;
  const late = high !== null && high <= 0;
  const begun = known.waitingSince ?? place.since;
  const waited = Math.max(0, (known.now - begun) / 1000);
  let wait: { low: number; high?: number } | null = null;
  if (low !== null && high !== null && !late) wait = low > 0 ? { low, high } : { low: high };
  return {
    kind: "waiting",
    position: place.position,
    wait,
    late,
    done: wait ? waited / (waited + (wait.high ?? wait.low)) : null,
    nobody: place.reason === "no_agents",
    asked: place.status === "OFFERED",
    again: known.hadAgent,
  };
}
