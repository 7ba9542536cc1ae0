// Checks the types of every workspace that has a tsconfig.json.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run, workspaces } from "./workspaces.mjs";

let failed = 0;
for (const path of [...workspaces(["packages", "apps"]).map((one) => one.path), join(root, "e2e")]) {
  if (existsSync(join(path, "tsconfig.json"))) failed |= run("tsc", ["-p", path]);
}
process.exit(failed);
