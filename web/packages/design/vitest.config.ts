import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "design", include: ["test/**/*.test.ts"] } });
