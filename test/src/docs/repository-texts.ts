import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blocksOf, type CodeBlock, examplesOf } from './code-block.ts'

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url))

/** Markdown files for readers, from the repository's root. */
export function pages(): readonly string[] {
  return ['README.md', 'ARCHITECTURE.md', ...globSync('docs/**/*.md', { cwd: REPOSITORY }).sort()]
}

export function textOf(file: string): string {
  return readFileSync(join(REPOSITORY, file), 'utf8')
}

/** Every block of TypeScript in the pages and in the comments of the packages. */
export function documentedCode(): readonly CodeBlock[] {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: REPOSITORY, exclude: ['**/*.test.ts', '**/*.test-d.ts'] }).sort()
  return [
    ...pages().flatMap((file) => blocksOf(file, textOf(file).split('\n'))),
    ...sources.flatMap((file) => examplesOf(file, textOf(file))),
  ]
}
