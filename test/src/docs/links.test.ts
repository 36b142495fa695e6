import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, REPOSITORY, textOf } from './repository-texts.ts'

describe('links', () => {
  it.each(pages())('of %s lead to files and headings that are there', (page) => {
    const broken = linksOf(page).filter(({ target }) => !exists(page, target))
    expect(broken.map(({ line, target }) => `${page}:${line}: ${target}`)).toEqual([])
  })

  it('from the index reach every page', () => {
    const reached = new Set(linksOf('docs/index.md').map(({ target }) => join('docs', target.replace(/#.*/, ''))))
    expect(pages().filter((page) => page !== 'docs/index.md' && !reached.has(page))).toEqual([])
  })

  it('name jobs of package.json where a command is given', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: object }
    const jobs = [...Object.keys(scripts), 'install']
    const unknown = pages().flatMap((page) =>
      [...textOf(page).matchAll(/\b(?:npm run|npm|pnpm) ([a-z]+)\b/g)].flatMap(([command, job = '']) =>
        jobs.includes(job) || job === 'run' ? [] : [`${page}: ${command}`],
      ),
    )
    expect(unknown).toEqual([])
  })
})

interface Link {
  readonly line: number
  readonly target: string
}

/** Links to files of the repository; those to other places are not looked at. */
function linksOf(page: string): readonly Link[] {
  return proseOf(page).flatMap((text, at) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
      /^[a-z]+:/.test(target) ? [] : [{ line: at + 1, target }],
    ),
  )
}

function exists(page: string, target: string): boolean {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? join(REPOSITORY, page) : join(REPOSITORY, dirname(page), path)
  if (!existsSync(file)) return false
  return heading === undefined || headingsOf(relative(REPOSITORY, file)).includes(heading)
}

/** The anchors that GitHub gives to headings. */
function headingsOf(page: string): readonly string[] {
  return proseOf(page).flatMap((line) => {
    const [, heading] = /^#+ (.*)$/.exec(line) ?? []
    return heading === undefined
      ? []
      : [
          heading
            .toLowerCase()
            .replace(/[^\p{L}\p{N}\s_-]/gu, '')
            .trim()
            .replace(/\s/g, '-'),
        ]
  })
}

/** Lines of a page; those of code are empty. */
function proseOf(page: string): readonly string[] {
  let inCode = false
  return textOf(page)
    .split('\n')
    .map((line) => {
      const isFence = line.startsWith('```')
      if (isFence) inCode = !inCode
      return inCode || isFence ? '' : line
    })
}
