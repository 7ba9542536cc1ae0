/**
 * The real server for tests that ask it: runs when SWITCHBOARD_BIN names the binary, on a port of the system's choice,
 * with everything it writes in a directory of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { createClient } from "../src/index.ts";
import type { Client, ClientOptions } from "../src/types.ts";

export const BINARY = process.env.SWITCHBOARD_BIN;
const SECRET = "a secret of the tests, long enough to be taken";

/** Resolves as soon as something holds, looking after each change. */
export function when(source: { subscribe(listener: () => void): () => void }, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const stop = source.subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
  });
}

/** A server for each test of a block, and clients that end with it. */
export function realServer() {
  let folder = "";
  let server: ChildProcess | null = null;
  let clients: Client[] = [];

  /** Starts the binary; gives its address. */
  function start(port = 0): Promise<string> {
    server = spawn(BINARY ?? "", [], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOST: "127.0.0.1",
        PORT: String(port),
        DATABASE_URL: `sqlite:${join(folder, "switchboard.db")}`,
        JWT_SECRET: SECRET,
        INTERNAL_API_SECRET: SECRET,
        RUST_LOG: "warn",
        SWITCHBOARD__LIMITS__MESSAGES_PER_10S: "1000",
        SWITCHBOARD__LIMITS__FRAMES_PER_60S: "10000",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output = server.stdout;
    if (!output) throw new Error("no output");
    return new Promise((resolve, reject) => {
      server?.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      createInterface(output).on("line", (line) => {
        const found = /Listening on (http:\S+)/.exec(line);
        if (found?.[1]) resolve(found[1]);
      });
    });
  }

  function kill(): Promise<void> {
    return new Promise((resolve) => {
      if (!server || server.exitCode !== null || server.signalCode !== null) return resolve();
      server.removeAllListeners("exit");
      server.once("exit", () => resolve());
      server.kill("SIGKILL");
    });
  }

  function client(url: string, options: ClientOptions): Client {
    const made = createClient({
      url,
      ...options,
      environment: { WebSocket: NodeSocket as unknown as new (url: string, protocols: string[]) => WebSocket },
      timing: { backoffMin: 50, backoffMax: 500 },
    });
    clients.push(made);
    return made;
  }

  async function visitor(url: string): Promise<Client> {
    const { token } = await createClient({ url }).rest.visitor({ chatbotId: "default", name: "Cleo" });
    return client(url, { token, chatbotId: "default" });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "switchboard-client-"));
  });

  afterEach(async () => {
    for (const one of clients) one.destroy();
    clients = [];
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As the host application does: a call with the secret. */
  async function host<T>(url: string, path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-internal-secret": SECRET },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A client of somebody whom the host application knows. */
  async function person(url: string, userId: string, role: "customer" | "agent" | "admin"): Promise<Client> {
    const { token } = await host<{ token: string }>(url, "/tokens", { userId, role, name: userId });
    return client(url, { token });
  }

  return { start, kill, visitor, person, host, client };
}
