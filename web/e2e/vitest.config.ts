import { defineConfig } from "vitest/config";

/** Real windows against the real program. Two files at a time: each has a server and a browser of its own. */
export default defineConfig({
  test: {
    name: "e2e",
    include: ["test/**/*.test.ts"],
    // Makes pictures, and only when asked to.
    exclude: process.env.E2E_PICTURES ? [] : ["test/pictures.test.ts"],
    pool: "forks",
    maxWorkers: Number(process.env.E2E_WORKERS ?? 2),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { concurrent: false },
    reporters: ["verbose"],
  },
});
