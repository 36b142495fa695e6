/** A variable of the environment; ends the program when it is missing. */
export function required(name: string): string {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  console.error(`The environment variable ${name} is missing.`)
  process.exit(2)
}
