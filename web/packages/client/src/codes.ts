import { FULL } from "./environment.ts";
import type { Timing } from "./types.ts";

/** What the end of a link means for the next one. */
export interface Verdict {
  /** `token`: only with another token; `never`: not by itself; `stop`: nobody is wrong, it is just over. */
  readonly next: "backoff" | "token" | "never" | "stop";
  /** The server's own wish, milliseconds. */
  readonly afterMs?: number;
  /** The error's code, for those that do not come back. */
  readonly code?: string;
}

/** Codes that mean: this client did something that it would do again (RFC 6455 §7.4.1). */
const FAULTS: Readonly<Record<number, string>> = {
  1002: "protocol_error",
  1003: "binary",
  1007: "invalid_utf8",
  1008: "abuse",
  1009: "too_big",
  4403: "forbidden",
  4408: "replaced",
  4429: "abuse",
};

/** The table of close codes (docs/protocol.md) as a decision. */
export function verdict(code: number, reason: string): Verdict {
  if (code === 1000) return { next: "stop" };
  if (code === 4401) return { next: "token", code: "unauthenticated" };
  // A visitor is not told which fault it was.
  const fault = FULL ? FAULTS[code] : /^100[23789]$/.test(String(code)) ? "forbidden" : undefined;
  if (fault || (code >= 4400 && code < 4500)) return { next: "never", code: fault ?? (reason || "forbidden") };
  const delay = code >= 4500 && code < 4600 ? /\d+/.exec(reason) : null;
  return delay ? { next: "backoff", afterMs: Number(delay[0]) } : { next: "backoff" };
}

/** Full jitter: anything from nothing to a span that doubles with each attempt (0 = the first), milliseconds. */
export function backoff(attempt: number, timing: Timing, random: () => number): number {
  return random() * Math.min(timing.backoffMax, timing.backoffMin * 2 ** Math.min(attempt, 30));
}
