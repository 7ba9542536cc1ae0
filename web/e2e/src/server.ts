/** The program itself: a fresh installation on a free port, that can be killed and brought back. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const program = process.env.SWITCHBOARD_BIN ?? join(root, "target", "debug", "switchboard");

/** What the host application of the tests signs in with. */
export const SECRET = "e2e-secret-of-the-host-application";

/** Somebody whose login was printed at first start. */
export interface Login {
  role: "admin" | "agent";
  email: string;
  password: string;
}

/** Settings by the names of the environment. */
export type Settings = Record<string, string>;

export type Server = Awaited<ReturnType<typeof startServer>>;

/** Starts the program in a folder of its own, with the pages of web/dist (those inside it with E2E_EMBEDDED=1). */
export async function startServer(settings: Settings = {}) {
  if (!existsSync(program)) throw new Error(`no program at ${program}: build it, or set SWITCHBOARD_BIN`);
  const folder = mkdtempSync(join(tmpdir(), "switchboard-e2e-"));
  let child: ChildProcess;
  let said = "";

  const run = (port: string) =>
    new Promise<string>((resolve, reject) => {
      let heard = "";
      const born = spawn(program, [], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          PORT: port,
          RUST_LOG: "warn",
          INTERNAL_API_SECRET: SECRET,
          SWITCHBOARD__LIMITS__VISITORS_PER_MINUTE: "10000",
          SWITCHBOARD__LIMITS__LOGINS_PER_MINUTE: "10000",
          ...(process.env.E2E_EMBEDDED ? {} : { SWITCHBOARD__PAGES__FOLDER: join(root, "web", "dist") }),
          ...settings,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = born;
      const listen = (data: Buffer) => {
        heard += data;
        said += data;
        const address = /Listening on (http:\/\/\S+)/.exec(heard)?.[1];
        if (address) resolve(address);
      };
      born.stdout.on("data", listen);
      born.stderr.on("data", listen);
      born.once("exit", (code) => reject(new Error(`the program ended with ${code}:\n${heard}`)));
    });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  };

  const address = await run("0");
  const logins = [...said.matchAll(/^\s+(admin|agent)\s+(\S+@\S+)\s+(\S+)\s*$/gm)].map(
    ([, role, email, password]) => ({ role, email, password }) as Login,
  );
  return {
    address,
    logins,
    /** `admin`, `ada` or `grace`. */
    login(name: string): Login {
      const found = logins.find(({ email }) => email.startsWith(`${name}@`));
      if (!found) throw new Error(`no login of ${name} was printed:\n${said}`);
      return found;
    },
    log: () => said,
    /** Dies in the middle of whatever it does. */
    kill: () => end("SIGKILL"),
    /** Back at the same address, with the same data. */
    again: () => run(new URL(address).port),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Call = <T = never>(method: string, path: string, body?: unknown) => Promise<T>;

/** Calls of REST under /api/v1; a refusal is thrown. */
export function caller(address: string, token?: string): Call {
  return async (method, path, body) => {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  };
}

/** Calls in somebody's name. */
export async function callerOf(address: string, { email, password }: { email: string; password: string }) {
  const { token } = await caller(address)<{ token: string }>("POST", "/auth/login", { email, password });
  return Object.assign(caller(address, token), { token });
}

/** A token for somebody of the host application, who is known from then on. */
export async function mint(address: string, userId: string, role: string, name = userId) {
  const minted = await fetch(`${address}/api/v1/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-internal-secret": SECRET },
    body: JSON.stringify({ userId, role, name }),
  });
  if (!minted.ok) throw new Error(`no token for ${userId}: ${minted.status} ${await minted.text()}`);
  return ((await minted.json()) as { token: string }).token;
}
