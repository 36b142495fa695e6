import type { TextForm } from '../types/columns/index.ts'

export interface RowColumn {
  readonly name: string
  readonly form: TextForm
}

/**
 * Puts a row together as it goes on the topic, from the texts of its columns. One for each shape of a table; `texts` is
 * filled in by the reader of a row, in the columns' order, null for NULL.
 */
export class RowText {
  readonly texts: (string | null)[]
  readonly #before: readonly string[]
  readonly #after: readonly string[]
  readonly #escaped: readonly boolean[]
  readonly #nulls: readonly string[]
  readonly #key: readonly number[]

  /** @param key indexes of the key's columns, in its order */
  constructor(columns: readonly RowColumn[], key: readonly number[]) {
    this.texts = columns.map(() => null)
    const names = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(fieldName(name))}:`)
    this.#before = columns.map(({ form }, i) => (names[i] as string) + OPENING[form])
    this.#after = columns.map(({ form }) => CLOSING[form])
    this.#escaped = columns.map(({ form }) => form === 'text')
    this.#nulls = names.map((name) => `${name}null`)
    this.#key = key
  }

  /** The row as a JSON object. */
  value(): string {
    const { texts } = this
    let json = ''
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i] as string | null
      if (text === null) json += this.#nulls[i]
      else if (this.#escaped[i] === true) json += this.#before[i] + JSON.stringify(text)
      else json += (this.#before[i] as string) + text + this.#after[i]
    }
    return `${json}}`
  }

  /** Texts of the key's columns. */
  keyTexts(): readonly string[] {
    return this.#key.map((i) => this.texts[i] ?? '')
  }

  key(): string {
    return keyText(this.keyTexts())
  }
}

/** One column's text, or a JSON list of several. */
export function keyText(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] as string) : JSON.stringify(texts)
}

/** json() marks what JSON has no form for by keys that begin with ~, and so escapes others. */
export function fieldName(column: string): string {
  return column.startsWith('~') ? `~${column}` : column
}

const OPENING: Readonly<Record<TextForm, string>> = {
  number: '',
  plain: '"',
  text: '',
  bytes: '{"~b":"',
  bigint: '{"~n":"',
}
const CLOSING: Readonly<Record<TextForm, string>> = { number: '', plain: '"', text: '', bytes: '"}', bigint: '"}' }
