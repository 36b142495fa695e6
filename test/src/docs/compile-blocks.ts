import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import type { CodeBlock } from './code-block.ts'
import { REPOSITORY } from './repository-texts.ts'

/** Blocks as files of one program, in a folder that Git does not see, from where the packages resolve to their sources. */
export interface BlockProgram extends AsyncDisposable {
  /** File of a block. */
  fileOf(block: CodeBlock): string
  /** What the compiler says of a block, at its place in the text that it is from. */
  problemsOf(block: CodeBlock): readonly string[]
}

export async function compileBlocks(blocks: readonly CodeBlock[]): Promise<BlockProgram> {
  const parent = join(REPOSITORY, 'test', 'dist')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'documented-code-'))
  const names = new Map(blocks.map((block) => [`${block.file.replace(/\W+/g, '-')}-${block.line}.ts`, block]))
  const files = new Map([...names].map(([name, block]) => [block, join(folder, name)]))
  await Promise.all([...files].map(([block, file]) => writeFile(file, `${block.code}\n`)))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration(folder)))
  const problems = await compilerProblems(folder, names)
  return {
    fileOf: (block) => files.get(block) as string,
    problemsOf: (block) => problems.flatMap(([of, problem]) => (of === block ? problem : [])),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Strict as the workspace is; every block is a module of its own. */
function configuration(folder: string): object {
  const from = (path: string): string => relative(folder, join(REPOSITORY, path))
  return {
    extends: from('tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      moduleDetection: 'force',
    },
    include: ['*.ts', from('test/src/docs/fragment-names.ts')],
  }
}

async function compilerProblems(
  folder: string,
  names: ReadonlyMap<string, CodeBlock>,
): Promise<readonly (readonly [CodeBlock, string])[]> {
  const compiler = join(REPOSITORY, 'node_modules', '.bin', 'tsc')
  const child = spawn(compiler, ['-p', folder, '--pretty', 'false'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  const problems = [...output.matchAll(/^([\w-]+\.ts)\((\d+),\d+\): (.*)$/gm)].flatMap(([, name = '', line, message]) => {
    const block = names.get(name)
    return block === undefined ? [] : [[block, `${block.file}:${block.line + Number(line) - 1}: ${message}`] as const]
  })
  if ((await code) !== 0 && !/^\S+\(\d+,\d+\): /m.test(output)) throw new Error(`tsc failed: ${output}${complaints}`)
  return problems
}
