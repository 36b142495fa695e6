import { describe, expect, it } from 'vitest'
import { textOf } from './repository-texts.ts'

describe('the pages are complete', () => {
  it.each([
    ['packages/core/src/errors.ts', 'MillraceErrorCode'],
    ['packages/mysql-connector/src/errors.ts', 'MysqlErrorCode'],
    ['packages/state-store/src/errors.ts', 'StateStoreErrorCode'],
  ])('docs/errors.md has every code of %s, and no other', (file, union) => {
    const [, members = ''] = new RegExp(`export type ${union} =([\\s\\S]*?)\\n\\n`).exec(textOf(file)) ?? []
    const [, section = ''] = new RegExp(`\\n## .*\`${union}\`.*\\n([\\s\\S]*?)(?=\\n## |$)`).exec(textOf('docs/errors.md')) ?? []
    expect(firstCells(section)).toEqual(sorted(matches(members, /'([A-Z_]+)'/g)))
  })

  it('docs/operations.md has every option, and no other', () => {
    const source = textOf('packages/core/src/runtime/options.ts')
    const [, options = ''] = /export interface BaseOptions \{([\s\S]*?)\n\}/.exec(source) ?? []
    expect(firstCells(sectionOf('docs/operations.md', 'Options'))).toEqual(sorted(matches(options, /readonly (\w+)\?:/g)))
  })

  it('docs/operations.md has every metric, and no other', () => {
    const metrics = matches(textOf('packages/core/src/runtime/collect-metrics.ts'), /(?:counter|gauge)\(\s*'([a-z-]+)'/g)
    const reported = ['rows', 'snapshots', 'lagMs']
    expect(firstCells(sectionOf('docs/operations.md', 'Metrics'))).toEqual(sorted([...metrics, ...reported]))
  })

  it('docs/operations.md has every state of an app, and no other', () => {
    const [, states = ''] = /export type AppState =([\s\S]*?)\n\n/.exec(textOf('packages/core/src/runtime/app-state.ts')) ?? []
    expect(firstCells(sectionOf('docs/operations.md', 'States'))).toEqual(sorted(matches(states, /status: '(\w+)'/g)))
  })
})

/** Text between a heading of the second level and the next. */
function sectionOf(page: string, heading: string): string {
  return new RegExp(`\\n## ${heading}\\n([\\s\\S]*?)(?=\\n## |$)`).exec(textOf(page))?.[1] ?? ''
}

/** What stands as code in the first cells of tables. */
function firstCells(text: string): readonly string[] {
  const cells = text.split('\n').flatMap((line) => /^\| (`[^|]*`) \|/.exec(line)?.[1] ?? [])
  return sorted(cells.flatMap((cell) => matches(cell, /`([^`]+)`/g)))
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found)
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort()
}
