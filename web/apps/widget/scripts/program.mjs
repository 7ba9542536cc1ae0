// Starts the real program in a folder of its own, and talks to it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.SWITCHBOARD ?? join(here, "../../../../target/debug/switchboard");
/** For the logins of the program that is made here and thrown away. */
const PASSWORD = "only-for-pictures";

/** `{address, said(), call, login, admin, kill(signal), again(), end()}`. */
export async function program() {
  const data = mkdtempSync(join(tmpdir(), "switchboard-walk-"));
  let said = "";
  let child;
  let port = "0";
  const start = () =>
    new Promise((resolve, reject) => {
      const from = said.length;
      child = spawn(binary, {
        cwd: data,
        env: {
          ...process.env,
          PORT: port,
          DATABASE_URL: `sqlite:${join(data, "walk.db")}`,
          ADMIN_PASSWORD: PASSWORD,
          SWITCHBOARD__AUTH__JWT_SECRET_PATH: join(data, "jwt"),
          SWITCHBOARD__PAGES__FOLDER: join(here, "../../../dist"),
          SWITCHBOARD__LIMITS__VISITORS_PER_MINUTE: "1000",
        },
      });
      const hear = (bytes) => {
        said += bytes;
        const found = /Listening on (http:\/\/[^\s:]+:(\d+))/.exec(said.slice(from));
        if (!found) return;
        port = found[2];
        resolve(found[1]);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", (code) => reject(new Error(`the program ended with ${code}\n${said}`)));
    });
  const address = await start();

  async function call(method, path, token, body) {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }
  const login = async (email, password) => (await call("POST", "/auth/login", null, { email, password })).token;
  return {
    address,
    said: () => said,
    call,
    login,
    admin: await login("admin@localhost", PASSWORD),
    kill: () => child.kill("SIGKILL"),
    again: start,
    end() {
      child.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export const browserOptions = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    // A page that the walk hands over itself would count as a foreign one.
    "--disable-features=LocalNetworkAccessChecks",
  ],
};
