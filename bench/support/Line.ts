/** What lies between an upload and its storage, as `shaped-storage.ts` imitates it. */
export interface Line {
  /** Milliseconds. */
  readonly roundTrip: number
  /** Bytes a second that a connection gets. */
  readonly each: number
  /** Bytes a second of all connections together. @default no limit */
  readonly all?: number
  /** One in so many parts fails at first: by turns its connection breaks, and the storage answers 500. */
  readonly failEvery?: number
  /** One in so many parts is `slower` times slower. */
  readonly slowEvery?: number
  readonly slower?: number
  /** Bytes. */
  readonly partSize: number
}
