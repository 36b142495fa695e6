/** What the suite needs of a test runner; vitest and others fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
  /** Runs after all tests of the describe block that it is called in. */
  afterAll(body: () => Promise<void>): void
}
