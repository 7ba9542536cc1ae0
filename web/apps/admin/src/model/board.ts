/** What the board shows, made of the queue and the agents as the server has them. Pure: the server's time is given. */
import type { Agent, QueueRow } from "@switchboard/client";

/** How long somebody who comes now will wait. */
export type Estimate =
  | { kind: "none" }
  /** Seconds: half are served by `p50`, nine in ten by `p90`. */
  | { kind: "range"; p50: number; p90: number }
  | { kind: "unknown"; reason: string | null };

export interface Head {
  waiting: number;
  /** Of them, those that an agent is being asked to take right now. */
  offered: number;
  /** Since when the longest waits, milliseconds since 1970. */
  oldestSince: number | null;
  estimate: Estimate;
  /** Connected and not offline. */
  online: number;
  agents: number;
  /** Conversations that available agents could still take. */
  free: number;
  carried: number;
  notResponding: number;
}

export type AgentTone = "on" | "busy" | "away" | "off";
export type AgentWord =
  | "available"
  | "full"
  | "away"
  | "draining"
  | "offline"
  | "not_responding"
  | "reconnecting"
  | "gone";

const reachable = (agent: Agent) => agent.presence !== "gone" && agent.status !== "offline";

/** What an agent is, in one word: "full" is derived, never stored. */
export function agentWord(agent: Agent): AgentWord {
  if (agent.status === "not_responding") return "not_responding";
  if (agent.status === "offline") return "offline";
  if (agent.presence === "gone") return "gone";
  if (agent.presence === "grace") return "reconnecting";
  if (agent.status === "available") return agent.free > 0 ? "available" : "full";
  return agent.status;
}

export function agentTone(word: AgentWord): AgentTone {
  // Who is full works as wished; red is for what needs a look.
  if (word === "available" || word === "full") return "on";
  if (word === "not_responding") return "busy";
  return word === "away" || word === "draining" || word === "reconnecting" ? "away" : "off";
}

const ORDER: readonly AgentWord[] = [
  "not_responding",
  "available",
  "full",
  "reconnecting",
  "draining",
  "away",
  "gone",
  "offline",
];

/** Those who need a look first, then those who work, then the rest; by name within. */
export function sortAgents(agents: readonly Agent[]): Agent[] {
  const place = (agent: Agent) => ORDER.indexOf(agentWord(agent));
  return [...agents].sort(
    (a, b) => place(a) - place(b) || a.name.localeCompare(b.name) || (a.agentId < b.agentId ? -1 : 1),
  );
}

/** In the order of service. A place of null (nobody can say) goes last, the longest waiting first. */
export function sortQueue(queue: readonly QueueRow[]): QueueRow[] {
  return [...queue].sort((a, b) => a.position - b.position || Date.parse(a.queuedAt) - Date.parse(b.queuedAt));
}

export function estimateOf(queue: readonly QueueRow[], free: number, online: number): Estimate {
  const last = sortQueue(queue).at(-1);
  if (last) {
    const range = last.estimatedWaitSeconds;
    return range ? { kind: "range", p50: range.p50, p90: range.p90 } : { kind: "unknown", reason: last.reason ?? null };
  }
  if (free > 0) return { kind: "none" };
  return { kind: "unknown", reason: online > 0 ? "all_busy" : "no_agents" };
}

export function headOf(queue: readonly QueueRow[], agents: readonly Agent[]): Head {
  const online = agents.filter(reachable);
  const free = online
    .filter((agent) => agent.status === "available" && agent.presence === "connected")
    .reduce((sum, agent) => sum + Math.max(0, agent.free), 0);
  const since = queue.map((row) => Date.parse(row.queuedAt)).filter((at) => Number.isFinite(at));
  return {
    waiting: queue.length,
    offered: queue.filter((row) => row.status === "offered").length,
    oldestSince: since.length ? Math.min(...since) : null,
    estimate: estimateOf(queue, free, online.length),
    online: online.length,
    agents: agents.length,
    free,
    carried: agents.reduce((sum, agent) => sum + agent.currentChats, 0),
    notResponding: agents.filter((agent) => agent.status === "not_responding").length,
  };
}

/** From when a wait is amber, and from when red, milliseconds. */
export const LATE = { waiting: 2 * 60_000, overdue: 5 * 60_000 };

export function waitTone(waited: number): "plain" | "waiting" | "overdue" {
  return waited >= LATE.overdue ? "overdue" : waited >= LATE.waiting ? "waiting" : "plain";
}

/** Why an agent is or is not a good choice for an entry: for the list to choose from. */
export interface Candidate {
  agent: Agent;
  word: AgentWord;
  missing: readonly string[];
  /** It would carry more than its limit: allowed, and flagged in the log. */
  over: boolean;
  reachable: boolean;
}

/** Everybody, the ones who can take it best first (R7: most free units relative to the limit, then longest since). */
export function candidatesFor(agents: readonly Agent[], skills: readonly string[]): Candidate[] {
  const made = agents.map((agent): Candidate => {
    const has = new Set([...agent.skills, ...agent.teams]);
    return {
      agent,
      word: agentWord(agent),
      missing: skills.filter((skill) => !has.has(skill)),
      over: agent.free <= 0,
      reachable: agent.presence === "connected" && agent.status !== "offline",
    };
  });
  const worth = (one: Candidate) =>
    (one.reachable ? 0 : 8) + (one.word === "available" ? 0 : 4) + (one.missing.length ? 2 : 0) + (one.over ? 1 : 0);
  const room = ({ agent }: Candidate) => (agent.maxConcurrentChats > 0 ? agent.free / agent.maxConcurrentChats : 0);
  const last = ({ agent }: Candidate) => (agent.lastAssignedAt ? Date.parse(agent.lastAssignedAt) : 0);
  return made.sort(
    (a, b) =>
      worth(a) - worth(b) || room(b) - room(a) || last(a) - last(b) || (a.agent.agentId < b.agent.agentId ? -1 : 1),
  );
}
