/**
 * A build: one game file in the vendor's build storage.
 * Source: the vendor's page "Get Build".
 */
import * as Schema from "effect/Schema"
import * as Raw from "./Raw.ts"
import * as Wire from "./Wire.ts"

export const BuildId = Schema.NonEmptyString.pipe(Schema.brand("BuildId"))
export type BuildId = typeof BuildId.Type

/** What the API names as platforms today. */
export const platforms = [
  "windows",
  "macos",
  "linux",
  "android",
  "ios-native",
  "ios-simulator",
  "xbox",
  "playstation"
] as const
export const Platform = Wire.openWord(platforms)
export type Platform = typeof Platform.Type

export const Build = Raw.keep(
  Schema.Struct({
    id: BuildId,
    name: Wire.nullable(Schema.String),
    platform: Wire.nullable(Platform),
    /** `OK` once the upload was completed. */
    status: Wire.nullable(Schema.String),
    fileName: Wire.nullable(Schema.String),
    fileSize: Wire.nullable(Schema.Finite),
    pinned: Wire.nullable(Schema.Boolean),
    nunuSdk: Wire.nullable(Schema.Unknown),
    tags: Wire.list(Schema.String),
    createdAt: Wire.timestamp,
    lastUsed: Wire.timestamp,
    description: Wire.nullable(Schema.String),
    details: Wire.openObject
  }).pipe(Wire.encodeKeys({
    fileName: "file_name",
    fileSize: "file_size",
    nunuSdk: "nunu_sdk",
    createdAt: "created_at",
    lastUsed: "last_used"
  }))
)
export type Build = typeof Build.Type
