import type { z } from 'zod'

/** True when zod would certainly take the value as it is. */
export type PlainCheck = (value: unknown) => boolean

/**
 * The check of a type that only says what kind of value it takes, which is cheaper than to ask zod for each row. Undefined for
 * every other type: with conditions, defaults, formats, transforms.
 */
export function plainCheck(type: z.core.$ZodType): PlainCheck | undefined {
  const { def } = type._zod
  if (hasConditions(def)) return undefined
  switch (def.type) {
    case 'nullable':
    case 'optional': {
      const inner = 'innerType' in def ? plainCheck(def.innerType as z.core.$ZodType) : undefined
      const absent = def.type === 'nullable' ? null : undefined
      return inner === undefined ? undefined : (value) => value === absent || inner(value)
    }
    case 'bigint':
    case 'string':
    case 'boolean': {
      const { type: kind } = def
      return 'format' in def ? undefined : (value) => typeof value === kind
    }
    case 'number':
      if (!('format' in def)) return (value) => typeof value === 'number' && Number.isFinite(value)
      return def.format === 'safeint' ? Number.isSafeInteger : undefined
    case 'date':
      return (value) => value instanceof Date
    case 'enum': {
      const values = type._zod.values ?? new Set()
      return (value) => typeof value === 'string' && values.has(value)
    }
    default:
      return undefined
  }
}

/** Checks of all fields, in order; undefined when a field, or the object, asks for more than kinds. */
export function plainChecks(schema: z.ZodObject): readonly PlainCheck[] | undefined {
  if (hasConditions(schema._zod.def)) return undefined
  const checks = Object.values(schema.shape).map((type) => plainCheck(type as z.core.$ZodType))
  return checks.every((check) => check !== undefined) ? checks : undefined
}

function hasConditions(def: z.core.$ZodTypeDef): boolean {
  return (def.checks?.length ?? 0) > 0 || ('coerce' in def && def.coerce === true)
}
