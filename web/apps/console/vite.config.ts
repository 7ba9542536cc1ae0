import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

export default defineConfig({
  // Everything is named from the console's own folder: a host may mount it anywhere.
  base: "./",
  plugins: [preact()],
  build: {
    outDir: fileURLToPath(new URL("../../dist/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  test: { environment: "node", include: ["test/**/*.test.ts"], name: "console" },
} as import("vite").UserConfig);
