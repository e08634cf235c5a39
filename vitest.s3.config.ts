import { defineConfig } from "vitest/config"

/** `pnpm test:s3`, apart from the others: these need an S3 server, which `scripts/s3-server.ts` starts around them. */
export default defineConfig({
  test: { include: ["packages/*/test/**/*.s3.ts"], testTimeout: 30_000 }
})
