import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Every package and app that is there is a project of its own, with its own configuration if it has one. */
const others = ["packages", "apps"].flatMap((group) =>
  existsSync(here(group))
    ? readdirSync(here(group))
        .map((name) => `${group}/${name}`)
        .filter((path) => path !== "packages/react" && existsSync(here(`${path}/package.json`)))
    : [],
);

/** The hooks are tested with both versions of React. */
const react = (version: "18" | "19"): TestProjectConfiguration => ({
  resolve: {
    alias: [
      { find: /^react$/, replacement: `react-${version}` },
      { find: /^react-dom\/client$/, replacement: `react-dom-${version}/client` },
    ],
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
