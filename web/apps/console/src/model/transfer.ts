/** To whom a conversation can be passed: only to those who can be reached. */
import type { Agent } from "./wire.ts";

export interface Team {
  readonly name: string;
  /** Colleagues of it who can be reached. */
  readonly reachable: number;
  readonly free: number;
}

export interface Targets {
  readonly agents: readonly Agent[];
  readonly teams: readonly Team[];
}

/** Connected, available and with room for one more. */
export function reachable(agent: Agent): boolean {
  return agent.presence === "connected" && agent.status === "available" && agent.free > 0;
}

/** Those with the most room first. */
export function targetsOf(agents: readonly Agent[] | null, me: string): Targets {
  const there = (agents ?? []).filter((agent) => agent.agentId !== me && reachable(agent));
  const teams = new Map<string, Team>();
  for (const agent of there) {
    for (const name of agent.teams) {
      const team = teams.get(name) ?? { name, reachable: 0, free: 0 };
      teams.set(name, { name, reachable: team.reachable + 1, free: team.free + agent.free });
    }
  }
  return {
    agents: there.sort((a, b) => b.free - a.free || a.name.localeCompare(b.name)),
    teams: [...teams.values()].sort((a, b) => a.name.localeCompare(b.name)),
  };
}
