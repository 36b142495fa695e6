import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'node:util'
import { createApp, planTopology, type AppOptions, type Topology } from '@millrace/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type BlockProgram, compileBlocks } from './compile-blocks.ts'
import { documentedCode } from './repository-texts.ts'

// The one thing that a module of the documentation must not do when it is loaded: here it only checks what it is given.
vi.mock('@millrace/core', async (original) => ({
  ...(await original<object>()),
  run: (topology: Topology, options: AppOptions) => void createApp(topology, options),
}))

const blocks = documentedCode().map((block) => ({ ...block, place: `${block.file}:${block.line}` }))
const home = process.cwd()
let program: BlockProgram
let folder: string
let printed: string[]

beforeAll(async () => {
  program = await compileBlocks(blocks)
})
afterAll(() => program?.[Symbol.asyncDispose]())

// An empty folder to work in, and what is printed is kept.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-docs-'))
  process.chdir(folder)
  printed = []
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(format(...values)))
})
afterEach(async () => {
  vi.restoreAllMocks()
  process.chdir(home)
  await rm(folder, { recursive: true, force: true })
})

describe('code in the documentation', () => {
  it.each(blocks)('compiles: $place', (block) => {
    expect(program.problemsOf(block)).toEqual([])
  })

  it.each(blocks.filter(({ kind }) => kind === 'module'))('can be loaded and planned: $place', async (block) => {
    const exported: object = await import(program.fileOf(block))
    for (const value of Object.values(exported)) if (isTopology(value)) expect(planTopology(value).nodes.size).toBeGreaterThan(0)
  })

  it.each(blocks.filter(({ kind }) => kind === 'run'))('runs, and prints what the page says: $place', async (block) => {
    await import(program.fileOf(block))
    expect(block.output).toBeDefined()
    expect(printed.join('\n')).toBe(block.output)
  })
})

function isTopology(value: unknown): value is Topology {
  return typeof value === 'object' && value !== null && 'nodes' in value && 'name' in value
}
