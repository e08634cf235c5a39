/**
 * The short way from what was sent to a model: a plain function made from a schema, which reads in one pass what the
 * interpreter of schemas reads in several. It makes no error: what it cannot read is `unread`, and is left to the
 * interpreter, which says what is wrong and where. A schema remains the only description of a model.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type * as SchemaGetter from "effect/SchemaGetter"

/** Reads a value as the schema's decoder would, or gives `unread`. Never fails, and never sees `undefined`. */
export type Reader = (wire: unknown) => unknown

/** What a reader gives for what it cannot read. */
export const unread: unique symbol = Symbol("@nunu-effect/core/Reader/unread")

/** Makes the reader of a schema; of one with a part that only the interpreter can read, a reader of nothing. */
export const of = (schema: Schema.Constraint): Reader => part(schema.ast)?.read ?? (() => unread)

/** Whether readers do what a decoder was asked for: all that they know is the defaults, and they tell no faults. */
export const honours = ({ concurrency, disableChecks, onExcessProperty }: SchemaAST.ParseOptions): boolean =>
  concurrency === undefined && disableChecks === undefined && onExcessProperty === undefined

/** Renames the keys of a struct as `Schema.encodeKeys`, in a way that readers know and do in one pass. */
export const encodeKeys: typeof Schema.encodeKeys = (keys) => (struct) => {
  const schema = Schema.encodeKeys<typeof struct, typeof keys>(keys)(struct)
  const link = (schema.ast as SchemaAST.AST).encoding?.at(-1) // any schema's
  if (link?.transformation._tag === "Transformation") renamed.set(link.transformation.decode, keys)
  return schema
}

/** Tells readers that a schema reads an absent key as it reads null: its last link is a default of null. */
export const absentAsNull = <S extends Schema.Constraint>(schema: S): S => {
  const link = schema.ast.encoding?.at(-1)
  if (link?.transformation._tag === "Transformation") nullIfAbsent.add(link.transformation.decode)
  return schema
}

/** Tells how to read a schema where its parts do not; `make` is asked once, when a reader is first needed. */
export const readBy = <S extends Schema.Constraint>(schema: S, make: () => Reader): S => {
  known.set(schema.ast, make)
  return schema
}

type Getter = SchemaGetter.Getter<unknown, unknown, unknown>

/** Names on the wire by the names of fields. */
type Keys = { readonly [key: PropertyKey]: PropertyKey | undefined }

const renamed = new WeakMap<object, Keys>()
const nullIfAbsent = new WeakSet<object>()
const known = new WeakMap<SchemaAST.AST, () => Reader>()

/** The reader of a place: what is there, and what it is if nothing is there. */
interface Part {
  readonly read: Reader
  readonly absent?: (() => unknown) | undefined
}

/** Undefined where only the interpreter can read. */
const part = (ast: SchemaAST.AST): Part | undefined => {
  const read = known.get(ast)?.()
  const links = ast.encoding ?? []
  if (read === undefined) return decoded(ast, links)
  return { read, absent: hasDefault(links) ? () => read(null) : undefined }
}

const hasDefault = (links: ReadonlyArray<SchemaAST.Link>): boolean => {
  const transformation = links.at(-1)?.transformation
  return transformation !== undefined && nullIfAbsent.has(transformation.decode)
}

/** A value goes through the links from the last to the first, and is then what the AST itself describes. */
const decoded = (ast: SchemaAST.AST, links: ReadonlyArray<SchemaAST.Link>): Part | undefined => {
  const link = links.at(-1)
  if (link === undefined) return plain(ast)
  if (link.transformation._tag !== "Transformation") return undefined
  const getter: Getter = link.transformation.decode
  const inner = links.slice(0, -1)
  const keys = renamed.get(getter)
  if (keys !== undefined) return inner.length === 0 ? plain(ast, keys) : undefined
  const next = decoded(ast, inner)
  if (next === undefined) return undefined
  if (hasDefault(links)) return { read: next.read, absent: () => next.read(null) }
  const from = part(link.to)
  if (from === undefined) return undefined
  if (getter._tag === "Passthrough") return { read: inTurn(from.read, next.read) }
  if (getter._tag !== "Transform") return undefined
  return { read: inTurn(inTurn(from.read, getter.transform), next.read) }
}

const inTurn = (first: Reader, second: Reader): Reader =>
  first === same ? second : second === same ? first : (wire) => {
    const value = first(wire)
    return value === unread ? unread : second(value)
  }

const plain = (ast: SchemaAST.AST, keys: Keys = {}): Part | undefined => {
  if ("encodingChecks" in ast && ast.encodingChecks !== undefined) return undefined
  const read = SchemaAST.isObjects(ast) ? object(ast, keys) : unchecked(ast)
  return read === undefined ? undefined : { read: checked(read, ast) }
}

const unchecked = (ast: SchemaAST.AST): Reader | undefined => {
  switch (ast._tag) {
    case "String":
      return text
    case "Number":
      return (wire) => typeof wire === "number" ? wire : unread
    case "Boolean":
      return (wire) => typeof wire === "boolean" ? wire : unread
    case "Null":
      return (wire) => wire === null ? null : unread
    case "Unknown":
      return same
    case "Literal": {
      const { literal } = ast
      return (wire) => wire === literal ? wire : unread
    }
    case "Arrays":
      return array(ast)
    case "Union":
      return union(ast)
    default:
      return undefined
  }
}

const same: Reader = (wire) => wire
const text: Reader = (wire) => typeof wire === "string" ? wire : unread

const checked = (read: Reader, ast: SchemaAST.AST): Reader => {
  const { checks } = ast
  if (checks === undefined) return read
  return (wire) => {
    const value = read(wire)
    return value !== unread && checks.every((check) => passes(check, value, ast)) ? value : unread
  }
}

const passes = (check: SchemaAST.Check<unknown>, value: unknown, ast: SchemaAST.AST): boolean =>
  check._tag === "Filter"
    ? check.run(value, ast, {}) === undefined
    : check.checks.every((part) => passes(part, value, ast))

const array = (ast: SchemaAST.Arrays): Reader | undefined => {
  const [rest] = ast.rest
  const item = rest === undefined ? undefined : part(rest)
  if (item === undefined || ast.elements.length > 0 || ast.rest.length > 1) return undefined
  const { read } = item
  return (wire) => {
    if (!Array.isArray(wire)) return unread
    const items: Array<unknown> = []
    for (let index = 0; index < wire.length; index++) { // not `for of`: a hole is nothing that can be read
      const value = wire[index] === undefined ? unread : read(wire[index])
      if (value === unread) return unread
      items.push(value)
    }
    return items
  }
}

const union = (ast: SchemaAST.Union): Reader | undefined => {
  if (ast.options?.mode === "oneOf") return undefined
  const types = ast.types.flatMap((type) => type._tag === "Union" && isBare(type) ? type.types : [type])
  // Of known and new words only the type counts: each is read as it is.
  if (types.some(isText) && types.every((type) => isText(type) || isWord(type))) return text
  const reads = ast.types.map((type) => part(type)?.read).filter((read) => read !== undefined)
  const [first, second = nothing, third] = reads
  if (reads.length < ast.types.length || first === undefined) return undefined
  return (wire) => {
    const value = first(wire)
    if (value !== unread) return value
    const other = second(wire)
    if (other !== unread || third === undefined) return other
    for (let index = 2; index < reads.length; index++) {
      const value = reads[index]?.(wire)
      if (value !== unread) return value
    }
    return unread
  }
}

const nothing: Reader = () => unread
const isBare = ({ checks, encoding }: SchemaAST.AST) => checks === undefined && encoding === undefined
const isText = (ast: SchemaAST.AST) => ast._tag === "String" && isBare(ast)
const isWord = (ast: SchemaAST.AST) => ast._tag === "Literal" && typeof ast.literal === "string" && isBare(ast)

interface Field {
  readonly name: string
  readonly key: string
  readonly read: Reader
  readonly absent: (() => unknown) | undefined
  readonly isOptional: boolean
}

const object = (ast: SchemaAST.Objects, keys: Keys): Reader | undefined => {
  if (ast.indexSignatures.length > 0) return record(ast)
  const fields = ast.propertySignatures.flatMap(({ name, type }): ReadonlyArray<Field> => {
    const key = keys[name] ?? name
    const found = part(type)
    if (found === undefined || typeof name !== "string" || typeof key !== "string") return []
    return [{ name, key, read: found.read, absent: found.absent, isOptional: type.context?.isOptional === true }]
  })
  if (fields.length === 0 || fields.length < ast.propertySignatures.length) return undefined
  if (fields.some(({ key, name }) => key === "__proto__" || name === "__proto__")) return undefined
  // Objects that begin with all their keys share one shape, which is quicker to make and to use.
  const shape = fields.some(({ isOptional }) => isOptional)
    ? {}
    : Object.fromEntries(fields.map(({ name }) => [name, undefined]))
  return (wire) => {
    if (!isObject(wire)) return unread
    const model: Record<string, unknown> = { ...shape }
    for (const { absent, isOptional, key, name, read } of fields) {
      const sent = wire[key]
      if (sent === undefined && (absent === undefined || key in wire)) {
        if (!isOptional || key in wire) return unread
        continue
      }
      const value = sent === undefined ? absent?.() : read(sent)
      if (value === unread) return unread
      model[name] = value
    }
    return model
  }
}

/** An object with any keys. */
const record = ({ indexSignatures: [signature, ...more], propertySignatures }: SchemaAST.Objects) => {
  if (signature === undefined || more.length > 0 || propertySignatures.length > 0) return undefined
  const read = isText(signature.parameter) ? part(signature.type)?.read : undefined
  if (read === undefined) return undefined
  return (wire: unknown) => {
    if (!isObject(wire)) return unread
    const model = { ...wire }
    if (read === same) return model
    for (const key of Object.keys(model)) {
      const value = key === "__proto__" || model[key] === undefined ? unread : read(model[key])
      if (value === unread) return unread
      model[key] = value
    }
    return model
  }
}

const isObject = (wire: unknown): wire is Record<string, unknown> =>
  typeof wire === "object" && wire !== null && !Array.isArray(wire)
