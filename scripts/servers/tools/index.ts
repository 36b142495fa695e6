/** Programs that are fetched once into .tools/, from Maven Central or from the distribution's archive. */
export { canUnpackDebianPackages, unpackDebianPackage, unpackedProgram } from './debian-packages.ts'
export { copyMavenJars } from './maven.ts'
export { notice } from './notice.ts'
export { toolFolder } from './tool-folder.ts'
