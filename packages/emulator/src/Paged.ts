/** A list cut into pages, as the API cuts it. */

export interface PageOptions {
  readonly page?: number
  readonly pageSize?: number
}

/** Takes one page of a list; 20 items unless asked otherwise. */
export const paged = <A>(items: ReadonlyArray<A>, { page = 0, pageSize = 20 }: PageOptions) => ({
  data: items.slice(page * pageSize, (page + 1) * pageSize),
  pagination: { page, pageSize, totalCount: items.length, totalPages: Math.ceil(items.length / pageSize) }
})

/** Sorts by what a key names; `desc` is from the greatest down. Equal items stay in their order. */
export const sorted = <A>(
  items: ReadonlyArray<A>,
  key: (item: A) => string | number,
  order: string | undefined
): ReadonlyArray<A> => {
  const sign = order === "desc" ? -1 : 1
  return items.toSorted((a, b) => key(a) === key(b) ? 0 : key(a) < key(b) ? -sign : sign)
}
