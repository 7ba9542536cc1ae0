import { afterEach, beforeEach, vi } from "vitest";
import { createClient } from "../src/index.ts";
import type { Client, ClientOptions } from "../src/types.ts";
import { createFakeServer, type FakeServer, tokenOf } from "./fakeServer.ts";

/** Lets everything happen that needs no time, and then `ms` of time. */
export const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Virtual time in every test of a file. */
export function virtualTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-11-23T09:00:00Z") });
  });
  afterEach(() => {
    for (const client of made.splice(0)) client.destroy();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

const made: Client[] = [];

export interface Surroundings {
  client: Client;
  /** Calls what the browser would call. */
  wake: (why: "online" | "visible" | "offline" | "hidden") => void;
}

/** A client of a fake server; jitter is always the whole span. */
export function clientOf(server: FakeServer, options: ClientOptions = {}): Surroundings {
  let wake: Surroundings["wake"] = () => {};
  const client = createClient({
    url: server.url,
    token: tokenOf("cleo"),
    ...options,
    environment: {
      ...server.environment,
      random: () => 1,
      watch: (given) => {
        wake = given;
        return () => {};
      },
      ...options.environment,
    },
  });
  made.push(client);
  return { client, wake: (why) => wake(why) };
}

export { createFakeServer, tokenOf };
export const texts = (list: readonly { content: string }[]): string[] => list.map((one) => one.content);
