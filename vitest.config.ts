import { defineConfig } from 'vitest/config'

/** Packages resolve each other to their sources: no build before a test. */
const SOURCE_CONDITION = '@millrace/source'

export default defineConfig({
  resolve: { conditions: [SOURCE_CONDITION] },
  ssr: { resolve: { conditions: [SOURCE_CONDITION] } },
  test: {
    execArgv: [`--conditions=${SOURCE_CONDITION}`],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/src/**/*.test.ts', 'examples/src/**/*.test.ts'],
          globalSetup: ['test/src/support/global-setup.ts'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
