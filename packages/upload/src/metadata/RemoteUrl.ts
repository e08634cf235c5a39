/** Addresses of repositories: often the place of a token, and never to be sent with one. */

/**
 * Gives a repository's address without user, password, query and fragment; undefined for what is not an address of
 * another machine, or is written in such a way that a secret could hide in it. The user `git` stays, as everybody has it.
 */
export const withoutCredentials = (remote: string | undefined): string | undefined => {
  const address = read(remote)
  return address && `${address.before}${address.user === "git@" ? address.user : ""}${address.host}${address.after}`
}

/** Names who keeps a repository, by its host, also by one of the owner's own, such as `gitlab.studio.example`. */
export const providerOf = (remote: string | undefined): string | undefined => {
  const host = read(remote)?.host.toLowerCase().replace(/:\d+$/, "")
  if (host === undefined) return undefined
  if (/(^|\.)(dev\.azure|visualstudio)\.com$/.test(host)) return "azure-devops"
  return ["github", "gitlab", "bitbucket"].find((provider) => host.split(".").includes(provider))
}

const hostPattern = String.raw`[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\]`

// Whatever stands before the last @ of the authority is the user; an @ behind it may be the end of a password.
const urlPattern = new RegExp(
  String.raw`^(?<before>(?:https?|ssh|git|git\+ssh)://)(?<user>[^/]*@)?(?<host>(?:${hostPattern})(?::\d+)?)` +
    String.raw`(?<after>/[^?#@]*)?(?:[?#][^@]*)?$`,
  "i"
)

/** `git@host:path`, which is neither a drive (`C:\game`) nor a helper's address (`ext::sh`). */
const scpPattern = new RegExp(
  String.raw`^(?!\w:)(?<user>[^/@]*@)?(?<host>${hostPattern})(?<after>:(?!:|//)[^@?#\\]+)$`,
  "i"
)

const read = (remote: string | undefined) => {
  if (remote === undefined || remote.length > 2000 || /[\s\p{Cc}]/u.test(remote)) return undefined
  const { after = "", before = "", host, user } = (urlPattern.exec(remote) ?? scpPattern.exec(remote))?.groups ?? {}
  return host === undefined ? undefined : { before, user, host, after }
}
