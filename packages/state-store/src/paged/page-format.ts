import type { Encoded } from '../codec.ts'
import { assemble } from '../encoded.ts'

/**
 * A page on disk: how many pages its run has (4 bytes; the first page's word counts), then for each slot its time (major,
 * minor), its timestamp (8 bytes each, as doubles: any safe integer), the length of its value (4 bytes), its value. The
 * page's key is that of the run with the page's number in 4 bytes after it.
 */
export const PAGE_NUMBER_BYTES = 4
const COUNT_BYTES = 4
const SLOT_BYTES = 28

interface WrittenSlot {
  readonly major: number
  readonly minor: number
  readonly timestamp: number
  readonly encoded: Encoded | undefined
}

export function pageKey(runPrefix: Uint8Array, key: Encoded, page: number): Buffer {
  const bytes = assemble(runPrefix, key, PAGE_NUMBER_BYTES)
  bytes.writeUInt32BE(page, bytes.length - PAGE_NUMBER_BYTES)
  return bytes
}

export function writePage(pages: number, slots: readonly WrittenSlot[]): Buffer {
  let length = COUNT_BYTES
  for (const { encoded = '' } of slots) length += SLOT_BYTES + bytesOf(encoded)
  const page = Buffer.allocUnsafe(length)
  page.writeUInt32BE(pages, 0)
  let at = COUNT_BYTES
  for (const { major, minor, timestamp, encoded = '' } of slots) {
    page.writeDoubleBE(major, at)
    page.writeDoubleBE(minor, at + 8)
    page.writeDoubleBE(timestamp, at + 16)
    const start = at + SLOT_BYTES
    const end = start + bytesOf(encoded)
    page.writeUInt32BE(end - start, at + 24)
    if (typeof encoded === 'string') page.utf8Write(encoded, start)
    else page.set(encoded, start)
    at = end
  }
  return page
}

export function pageCount(page: Buffer): number {
  return page.readUInt32BE(0)
}

/** Calls `visit` for each slot of a page; its value is `page[start, end)`. */
export function readPage(
  page: Buffer,
  visit: (major: number, minor: number, timestamp: number, start: number, end: number) => void,
): void {
  for (let at = COUNT_BYTES; at < page.length; ) {
    const start = at + SLOT_BYTES
    const end = start + page.readUInt32BE(at + 24)
    visit(page.readDoubleBE(at), page.readDoubleBE(at + 8), page.readDoubleBE(at + 16), start, end)
    at = end
  }
}

function bytesOf(encoded: Encoded): number {
  return typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.length
}
