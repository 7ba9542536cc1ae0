// The gate: style, types, unit tests, sizes, and whether dist/ is what the source builds.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "./build.mjs";
import { root, run } from "./workspaces.mjs";

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

function fingerprints() {
  const dist = join(root, "dist");
  const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
  return new Map(files(dist).map((path) => [relative(dist, path), hash(path)]));
}

const steps = [
  ["style", () => run("biome", ["check", "."])],
  ["types", () => run("node", ["scripts/typecheck.mjs"])],
  ["tests", () => run("vitest", ["run"])],
  [
    "dist is what the source builds",
    () => {
      const before = fingerprints();
      if (build()) return 1;
      const after = fingerprints();
      const changed = [...new Set([...before.keys(), ...after.keys()])]
        .filter((path) => before.get(path) !== after.get(path))
        .sort();
      for (const path of changed) process.stderr.write(`dist/${path} was not what the source builds; it is now\n`);
      return changed.length > 0 ? 1 : 0;
    },
  ],
  ["sizes", () => run("node", ["scripts/size.mjs"])],
];

for (const [name, step] of steps) {
  process.stdout.write(`== ${name}\n`);
  if (step()) {
    process.stderr.write(`== ${name}: failed\n`);
    process.exit(1);
  }
}
