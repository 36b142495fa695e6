import type { z } from 'zod'

/** What a field of a schema holds, as far as it decides how the wire form is read. */
export type FieldKind =
  | 'bigint'
  | 'number'
  | 'string'
  | 'boolean'
  | 'date'
  | 'bytes'
  /** An object, list or record: the column holds JSON text. */
  | 'json'
  /** Anything else: passed as it is, and left to zod. */
  | 'other'

/** A field of a row's schema. */
export interface RowField {
  readonly name: string
  readonly kind: FieldKind
  /** The number must be whole (`z.int()`). */
  readonly whole: boolean
  /** NULL becomes undefined: the field is optional and not nullable. */
  readonly nullIsUndefined: boolean
  /** Transforms and codecs, which cannot be undone when the row is written to a store. */
  readonly transforms: boolean
}

/** Fields in the schema's order. */
export function fieldsOf(schema: z.ZodObject): readonly RowField[] {
  return Object.entries(schema.shape).map(([name, type]) => fieldOf(name, type as z.core.$ZodType))
}

function fieldOf(name: string, type: z.core.$ZodType): RowField {
  let nullable = false
  let optional = false
  let transforms = false
  let inner = type
  for (;;) {
    const { def } = inner._zod
    if (def.type === 'nullable') nullable = true
    else if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') optional = true
    else if (def.type === 'pipe' || def.type === 'transform') transforms = true
    const next = innerOf(def)
    if (next === undefined) break
    inner = next
  }
  return { name, kind: kindOf(inner), whole: isWhole(inner), nullIsUndefined: optional && !nullable, transforms }
}

function innerOf(def: z.core.$ZodTypeDef): z.core.$ZodType | undefined {
  if ('innerType' in def) return def.innerType as z.core.$ZodType
  if (def.type === 'pipe' && 'in' in def) return def.in as z.core.$ZodType
  return undefined
}

function kindOf(type: z.core.$ZodType): FieldKind {
  const { def } = type._zod
  switch (def.type) {
    case 'bigint':
    case 'number':
    case 'string':
    case 'boolean':
    case 'date':
      return def.type
    case 'int':
      return 'number'
    case 'enum':
    case 'template_literal':
      return 'string'
    case 'object':
    case 'array':
    case 'record':
    case 'tuple':
      return 'json'
    case 'custom':
      return takesBytes(type) ? 'bytes' : 'other'
    default:
      return 'other'
  }
}

/** `z.instanceof(Uint8Array)` says of its class only by what it takes. */
function takesBytes(type: z.core.$ZodType): boolean {
  const result = type._zod.run({ value: new Uint8Array(), issues: [] }, {})
  return !(result instanceof Promise) && result.issues.length === 0
}

function isWhole(type: z.core.$ZodType): boolean {
  const { def, bag } = type._zod
  if (def.type === 'int') return true
  return def.type === 'number' && 'format' in bag && typeof bag['format'] === 'string' && /int/.test(bag['format'])
}
