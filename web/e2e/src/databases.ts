/** Where the program keeps its data: a file of its own, or a database of its own in a PostgreSQL server of the tests'. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import type { Settings } from "./server.ts";

const run = promisify(execFile);
const script = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "scripts", "test-postgres");

/** The server that the checks announce, or one that ends with the file of tests. */
let postgres: Promise<string> | null = null;
let started: string | null = null;

async function start() {
  const announced = process.env.SWITCHBOARD_TEST_POSTGRES;
  if (announced) return announced;
  started = join(tmpdir(), `switchboard-e2e-pg-${randomUUID()}`);
  return (await run(script, ["start", started])).stdout.trim();
}

async function freshDatabase(): Promise<Settings> {
  postgres ??= start();
  const url = await postgres;
  const name = `e2e_${randomUUID().replaceAll("-", "")}`;
  await run("/usr/lib/postgresql/15/bin/psql", ["-q", "-d", url, "-c", `CREATE DATABASE ${name}`]);
  return { DATABASE_URL: url.replace(/[^/]*$/, name) };
}

/** A name, and the settings of a program that is on it. */
export type Database = [name: string, settings: () => Promise<Settings>];

/** Both databases, for `describe.each`. */
export function databases(): Database[] {
  afterAll(async () => {
    if (!started) return;
    await run(script, ["stop", started]);
    rmSync(started, { recursive: true, force: true });
  });
  return [
    ["SQLite", async () => ({})],
    ["PostgreSQL", freshDatabase],
  ];
}
