/** The Node that runs this. It is looked at before anything is loaded that an older one does not know. */

/** The oldest that is good enough, as `engines` in package.json says it. */
export const oldest = "22.19"

/** What is wrong with a version, such as `20.20.2`; null when it is good enough. */
export const faultOf = (version: string): string | null => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
    ? null
    : `Cannot run on Node ${version}, as nunu needs ${oldest} or newer. Install a newer one, see https://nodejs.org/`
}
