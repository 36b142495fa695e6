// Brings what every job needs, each once: a Node that runs TypeScript, and the locked dependencies. Prints that Node's folder.
// Plain JavaScript for the Node that is there, which may be an old one. Called by run.sh, in the repository's root.
import { bringDependencies } from './dependencies.mjs'
import { bringNode } from './node.mjs'

const folder = bringNode()
bringDependencies(folder)
console.log(folder)
