import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The packages that are published. */
const PACKAGES = ['packages/state-store', 'packages/core', 'packages/mysql-connector']

/** A check of the sources or of the built packages that needs no test runner. */
interface StaticCheck {
  readonly name: string
  readonly run: () => Output
}

interface Output {
  readonly passed: boolean
  readonly text: string
}

export interface CheckCounts {
  readonly passed: number
  readonly failed: number
}

/** Runs all static checks, in the repository's root; the output of those that fail is shown. */
export function runStaticChecks(): CheckCounts {
  const packed = mkdtempSync(join(tmpdir(), 'millrace-packed-'))
  try {
    const results = staticChecks(packed).map(({ name, run }) => {
      const { passed, text } = run()
      console.log(passed ? `✓ ${name}` : `✗ ${name}\n${text}`)
      return passed
    })
    const passed = results.filter(Boolean).length
    return { passed, failed: results.length - passed }
  } finally {
    rmSync(packed, { recursive: true })
  }
}

/** In order: lint reads types of, and the packages are packed from, what the type check built. */
function staticChecks(packed: string): readonly StaticCheck[] {
  return [
    { name: 'format (biome)', run: () => execute('biome', ['format']) },
    { name: 'types and build (tsc)', run: () => execute('tsc', ['-b']) },
    { name: 'lint (oxlint)', run: () => execute('oxlint', []) },
    { name: 'unused files, exports and dependencies (knip)', run: () => execute('knip', ['--no-progress']) },
    ...PACKAGES.map((folder) => ({ name: `${folder} as published (publint, attw)`, run: () => checkPackage(folder, packed) })),
  ]
}

/** Looks at the very file that a registry would get. */
function checkPackage(folder: string, packed: string): Output {
  const before = new Set(readdirSync(packed))
  const pack = execute('npm', ['pack', `./${folder}`, '--pack-destination', packed, '--loglevel=error'])
  if (!pack.passed) return pack
  const tarball = readdirSync(packed).find((file) => !before.has(file))
  if (tarball === undefined) return { passed: false, text: `npm pack made no file: ${pack.text}` }
  const publint = execute('publint', ['run', join(packed, tarball), '--strict'])
  return publint.passed ? execute('attw', [join(packed, tarball), '--profile', 'esm-only', '--format', 'ascii']) : publint
}

function execute(file: string, args: readonly string[]): Output {
  const { error, status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', shell: process.platform === 'win32' })
  return { passed: status === 0, text: `${stdout}${stderr}${error?.message ?? ''}`.trim() }
}
