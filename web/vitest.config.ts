import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Every package and app that is there is a project of its own, with its own configuration if it has one. */
const others = ["packages", "apps"].flatMap((group) =>
  existsSync(here(group))
    ? readdirSync(here(group))
        .map((name) => `${group}/${name}`)
        .filter((path) => !path.startsWith("packages/react") && existsSync(here(`${path}/package.json`)))
    : [],
);

/** The older React lives in a workspace of its own; which one is taken is never left to chance. */
const reactIn = (folder: string) =>
  ["react", "react-dom/client"].map((name) => ({
    find: new RegExp(`^${name}$`),
    replacement: here(`${folder}/${name}`),
  }));

/** The hooks are tested with both versions of React. */
const react = (version: "18" | "19"): TestProjectConfiguration => ({
  resolve: {
    alias: reactIn(version === "18" ? "packages/react-18/node_modules" : "node_modules"),
  },
  test: {
    name: `react ${version}`,
    root: here("packages/react"),
    environment: "happy-dom",
    include: ["test/**/*.test.ts"],
    env: { REACT_VERSION: version },
  },
});

export default defineConfig({
  test: {
    projects: [...others, react("18"), react("19")],
    passWithNoTests: true,
  },
});
