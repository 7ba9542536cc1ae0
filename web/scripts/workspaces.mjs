// Which packages and apps are there: some may not be, and all scripts work with those that are.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Workspaces with a package.json: `{name, path, json}`, packages first, by name. */
export function workspaces(groups = ["packages", "apps"]) {
  return groups.flatMap((group) => {
    const folder = join(root, group);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .map((name) => ({ name, path: join(folder, name), manifest: join(folder, name, "package.json") }))
      .filter(({ manifest }) => existsSync(manifest))
      .map((found) => ({ ...found, json: JSON.parse(readFileSync(found.manifest, "utf8")) }));
  });
}

/** Runs a program of node_modules; its exit code. */
export function run(program, args, cwd = root, env = {}) {
  const bin = join(root, "node_modules", ".bin", program);
  const done = spawnSync(existsSync(bin) ? bin : program, args, {
    cwd,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return done.status ?? 1;
}
