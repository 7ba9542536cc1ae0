// Builds every app that has a "build" script into dist/APP. The same source makes the same bytes: no dates, no paths.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, run, workspaces } from "./workspaces.mjs";

export function build() {
  for (const { name, path, json } of workspaces(["apps"])) {
    if (!json.scripts?.build) continue;
    rmSync(join(root, "dist", name), { recursive: true, force: true });
    const failed = run("npm", ["run", "--silent", "build"], path, { NODE_ENV: "production", TZ: "UTC" });
    if (failed) return failed;
  }
  return 0;
}

if (import.meta.url === `file://${process.argv[1]}`) process.exit(build());
