// Checks the types of every workspace that has a tsconfig.json.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run, workspaces } from "./workspaces.mjs";

let failed = 0;
for (const { path } of workspaces(["packages", "apps"])) {
  if (existsSync(join(path, "tsconfig.json"))) failed |= run("tsc", ["-p", path]);
}
process.exit(failed);
