import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/**
 * The long walks over one face, each written beside that face: every view, every action, every size. They are programs
 * of their own, so that they can be run alone while that face is worked on.
 */
const here = dirname(fileURLToPath(import.meta.url));

/** Its exit code, and what it printed. */
function walk(script: string, args: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    let said = "";
    const child = spawn(process.execPath, [join(here, "..", script), ...args], {
      env: { ...process.env, SWITCHBOARD: process.env.SWITCHBOARD_BIN, SHOTS: join(here, "..", "shots", "walks") },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        said += data;
      });
    }
    child.on("exit", (code) => resolve({ code, said }));
  });
}

for (const [what, script, ...args] of [
  ["an agent's working day at the console", "console.walk.mjs"],
  ["every view of the admin board with a full house", "admin.walk.mjs", join(here, "..", "shots", "walks")],
] as const) {
  test.runIf(existsSync(join(here, "..", script)))(
    what,
    async () => {
      const { code, said } = await walk(script, [...args]);
      expect(code, said).toBe(0);
    },
    600_000,
  );
}
