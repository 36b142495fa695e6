/**
 * What a block of code is there for, said after the language of its fence:
 *
 * - `ts`: a module. It is compiled and loaded with a `run` that checks topology and options and starts nothing; the topologies
 *   that it exports are planned.
 * - `ts run`: a program. It is compiled and run in an empty folder; it ends by itself. A fence `output` right after it is what
 *   it prints.
 * - `ts fragment`: compiled only; it may use the names of `fragment-names.ts`.
 */
export type BlockKind = 'module' | 'run' | 'fragment'

/** A block of TypeScript in a text, where it stands, and what it must print. */
export interface CodeBlock {
  /** From the repository's root. */
  readonly file: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly kind: BlockKind
  readonly code: string
  readonly output?: string
}

const KINDS: Readonly<Record<string, BlockKind>> = { ts: 'module', 'ts run': 'run', 'ts fragment': 'fragment' }

/**
 * Blocks of a Markdown text, in order.
 * @throws when a fence of TypeScript says something that means nothing, or is not closed
 */
export function blocksOf(file: string, lines: readonly string[]): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (let at = 0; at < lines.length; at++) {
    const info = /^```(.+)$/.exec(lines[at] ?? '')?.[1]?.trim()
    if (info === undefined) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`${file}:${at + 1}: the fence is not closed`)
    const code = lines.slice(at + 1, end).join('\n')
    const last = blocks.at(-1)
    if (info === 'output' && last !== undefined) blocks[blocks.length - 1] = { ...last, output: code }
    else if (/^(ts|typescript|js|javascript|tsx)\b/.test(info))
      blocks.push({ file, line: at + 2, kind: kindOf(file, at, info), code })
    at = end
  }
  return blocks
}

/**
 * Blocks of the JSDoc comments of a source text.
 * @throws when an `@example` has no block: it would not be checked
 */
export function examplesOf(file: string, source: string): readonly CodeBlock[] {
  let inComment = false
  // What is no comment becomes empty, so that line numbers stay.
  const comments = source.split('\n').map((line) => {
    if (/^\s*\/\*\*/.test(line)) inComment = true
    const text = inComment ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '') : ''
    if (line.includes('*/')) inComment = false
    return text
  })
  const bare = comments.findIndex((line, at) => /^@example\b/.test(line) && !/^```ts\b/.test(comments[at + 1] ?? ''))
  if (bare >= 0) throw new Error(`${file}:${bare + 1}: @example has no block of code (\`\`\`ts) on its next line`)
  return blocksOf(file, comments)
}

function kindOf(file: string, at: number, info: string): BlockKind {
  const kind = KINDS[info]
  if (kind !== undefined) return kind
  throw new Error(`${file}:${at + 1}: a fence says "${info}"; known are ${Object.keys(KINDS).join(', ')}`)
}
