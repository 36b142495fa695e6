/** Tells the person at the terminal, on stderr, about something that takes a while. */
export function notice(text: string): void {
  process.stderr.write(`${text}\n`)
}
