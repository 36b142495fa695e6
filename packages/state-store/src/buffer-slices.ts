/**
 * Node's own slice readers, missing from @types/node: `toString(encoding, start, end)` without the look-up of the encoding,
 * which is a measurable part of reading a short key.
 */
declare global {
  interface Buffer {
    utf8Slice(start: number, end: number): string
    latin1Slice(start: number, end: number): string
    utf8Write(text: string, offset: number): number
    latin1Write(text: string, offset: number): number
  }
}
export {}
