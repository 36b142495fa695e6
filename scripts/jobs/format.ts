import { spawnSync } from 'node:child_process'

process.exitCode =
  spawnSync('biome', ['format', '--write'], { stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1
