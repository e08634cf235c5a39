/** One page of a list. The API counts pages from 0 and gives 20 items a page unless asked for up to 100. */
import * as Schema from "effect/Schema"
import * as OnePass from "./OnePass.ts"
import * as Wire from "./Wire.ts"

export interface Page<A> {
  readonly data: ReadonlyArray<A>
  readonly pagination: Pagination
}

/** Where a page stands in its list. */
export const Pagination = Schema.Struct({
  page: Schema.Finite,
  pageSize: Schema.Finite,
  totalCount: Schema.Finite,
  totalPages: Schema.Finite
}).pipe(Wire.encodeKeys({ pageSize: "page_size", totalCount: "total_count", totalPages: "total_pages" }))
export type Pagination = typeof Pagination.Type

/** Makes the schema of a page from the schema of its items; the page is read as a whole. */
export const Page = <A, Encoded>(item: Schema.Codec<A, Encoded>): Schema.Codec<Page<A>, Wire.Wire> =>
  OnePass.of(Schema.Struct({ data: Schema.Array(item), pagination: Pagination }))

/** The pagination of a list that was answered whole. */
export const whole = (count: number): Pagination => ({
  page: 0,
  pageSize: count,
  totalCount: count,
  totalPages: count === 0 ? 0 : 1
})

/** Which page of a list: `page` from 0 (default 0), `pageSize` 1 to 100 (default 20). */
export const options = {
  page: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))),
  pageSize: Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 100 }))
  )
}
