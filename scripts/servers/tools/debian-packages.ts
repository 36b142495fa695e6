import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, runCommand } from '../process/index.ts'
import { ServerError } from '../server-error.ts'

const LIBRARY_FOLDERS = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu']
const LOADERS = ['usr/lib64/ld-linux-x86-64.so.2', 'lib64/ld-linux-x86-64.so.2']
const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg'

export interface DebianPackage {
  readonly name: string
  /** A suite of Debian's archive such as `sid`. Without one: the suites that this machine is configured for. */
  readonly suite?: string
}

/** True where apt is at home, on the one architecture that is tried. */
export function canUnpackDebianPackages(): boolean {
  return (
    process.platform === 'linux' && process.arch === 'x64' && findProgram('apt-get') !== null && findProgram('dpkg-deb') !== null
  )
}

/**
 * Unpacks a package and everything it depends on, down to the C library, into a folder. Nothing is installed, no root is needed:
 * apt works on a private state beside the folder's content, with this machine's mirrors, proxies and signing keys.
 *
 * @throws ServerError SERVER_FETCH_FAILED with apt's own message
 */
export async function unpackDebianPackage({ name, suite }: DebianPackage, folder: string): Promise<void> {
  const apt = join(folder, 'apt')
  await mkdir(join(apt, 'state/lists/partial'), { recursive: true })
  await mkdir(join(apt, 'cache/archives/partial'), { recursive: true })
  await writeFile(join(apt, 'status'), '')
  if (suite !== undefined) await writeFile(join(apt, 'debian.sources'), await debianSource(suite))
  await writeFile(join(apt, 'apt.conf'), aptConfiguration(apt, suite !== undefined))

  const env = { ...process.env, APT_CONFIG: join(apt, 'apt.conf') }
  await runCommand('apt-get', ['-q', 'update'], { env })
  await runCommand('apt-get', ['-q', '-y', '--download-only', 'install', name], { env })
  const archives = join(apt, 'cache/archives')
  for (const file of await readdir(archives))
    if (file.endsWith('.deb')) await runCommand('dpkg-deb', ['-x', join(archives, file), folder])
  await rm(apt, { recursive: true })
}

/** The beginning of a command line that runs an unpacked program with the libraries unpacked beside it. */
export function unpackedProgram(folder: string, program: string): readonly string[] {
  const loader = LOADERS.map((file) => join(folder, file)).find((file) => existsSync(file))
  if (loader === undefined)
    throw new ServerError(
      'SERVER_FETCH_FAILED',
      `There is no dynamic loader in ${folder}: delete that folder to have it fetched again.`,
    )
  const libraries = LIBRARY_FOLDERS.map((path) => join(folder, path)).join(':')
  return [loader, '--library-path', libraries, join(folder, program)]
}

/** An apt source for a suite of Debian, on the mirror that this machine uses for its own. */
async function debianSource(suite: string): Promise<string> {
  const addresses = await runCommand('apt-get', ['--print-uris', 'update'])
  const mirror = /^'(\S+\/debian)\/dists\//m.exec(addresses)?.[1] ?? 'http://deb.debian.org/debian'
  return `Types: deb\nURIs: ${mirror}\nSuites: ${suite}\nComponents: main\n${existsSync(DEBIAN_KEYS) ? `Signed-By: ${DEBIAN_KEYS}\n` : ''}`
}

function aptConfiguration(apt: string, ownSource: boolean): string {
  const settings: Record<string, string> = {
    'Dir::State': join(apt, 'state'),
    'Dir::State::status': join(apt, 'status'), // nothing counts as installed, so that every library comes along
    'Dir::Cache': join(apt, 'cache'),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    ...(ownSource && { 'Dir::Etc::sourcelist': join(apt, 'debian.sources'), 'Dir::Etc::sourceparts': '/dev/null' }),
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key} "${value}";\n`)
    .join('')
}
