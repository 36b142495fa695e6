import type { Connection, RowDataPacket } from 'mysql2/promise'

/** Turns bytes of a character set into text. */
export type TextReader = (buffer: Buffer, start: number, end: number) => string

/** What the server says of its character sets: nothing here is guessed. */
export interface Charsets {
  /** Character set of a collation by the id that TABLE_MAP events carry. */
  charsetOf(collation: number): string | undefined
  /** Undefined: a character set whose text cannot be read exactly here (multi-byte ones that are not Unicode). */
  reader(charset: string): TextReader | undefined
}

const utf8: TextReader = (buffer, start, end) => buffer.utf8Slice(start, end)

const UNICODE: Readonly<Record<string, TextReader>> = {
  utf8mb4: utf8,
  utf8mb3: utf8,
  utf8: utf8,
  ascii: utf8,
  ucs2: utf16BigEndian,
  utf16: utf16BigEndian,
  utf16le: (buffer, start, end) => buffer.toString('utf16le', start, end),
  utf32: utf32BigEndian,
}

/** Asks the server for its collations, and for all 256 characters of each single-byte character set. */
export async function loadCharsets(connection: Connection, mariadb: boolean): Promise<Charsets> {
  const ids = new Map<number, string>()
  for (const row of await collations(connection, mariadb)) ids.set(Number(row['id']), String(row['charset']))

  const [sets] = await connection.query<RowDataPacket[]>(
    `SELECT CHARACTER_SET_NAME AS charset FROM information_schema.CHARACTER_SETS
     WHERE MAXLEN = 1 AND CHARACTER_SET_NAME NOT IN ('binary', 'ascii')`,
  )
  const readers = new Map(Object.entries(UNICODE))
  const names = sets.map((row) => String(row['charset'])).filter((name) => /^\w+$/.test(name))
  if (names.length > 0) {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex')
    const columns = names.map((name) => `HEX(CONVERT(_${name} x'${all}' USING utf8mb4)) AS \`${name}\``)
    const [[tables]] = await connection.query<RowDataPacket[]>(`SELECT ${columns.join(', ')}`)
    for (const name of names) {
      const characters = Array.from(Buffer.from(String(tables?.[name]), 'hex').toString('utf8'))
      if (characters.length === 256) readers.set(name, singleByte(characters))
    }
  }
  return { charsetOf: (collation) => ids.get(collation), reader: (charset) => readers.get(charset) }
}

/** MariaDB lists collations that serve several character sets (uca1400) apart. */
async function collations(connection: Connection, mariadb: boolean): Promise<readonly RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATIONS WHERE ID IS NOT NULL',
  )
  if (!mariadb) return rows
  try {
    const [more] = await connection.query<RowDataPacket[]>(
      'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL',
    )
    return [...rows, ...more]
  } catch {
    // Before 10.10 the column is not there, nor are such collations.
    return rows
  }
}

function singleByte(characters: readonly string[]): TextReader {
  return (buffer, start, end) => {
    let text = ''
    for (let i = start; i < end; i++) text += characters[buffer[i] as number]
    return text
  }
}

function utf16BigEndian(buffer: Buffer, start: number, end: number): string {
  return Buffer.from(buffer.subarray(start, end)).swap16().toString('utf16le')
}

function utf32BigEndian(buffer: Buffer, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i += 4) text += String.fromCodePoint(buffer.readUInt32BE(i))
  return text
}
