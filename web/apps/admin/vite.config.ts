import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

export default defineConfig({
  // Named from the page's own folder: a host may mount the engine under any prefix.
  base: "./",
  plugins: [preact()],
  build: {
    outDir: "../../dist/admin",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    // The policy of the pages allows no data: addresses in styles and scripts.
    assetsInlineLimit: 0,
    sourcemap: false,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:3000",
      "/ws": { target: "ws://127.0.0.1:3000", ws: true },
    },
  },
});
