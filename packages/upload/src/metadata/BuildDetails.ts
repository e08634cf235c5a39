/**
 * The `details` of a build as the API takes them: see the vendor's page "Initiate Upload". Types, not interfaces, as they
 * are sent as records; names as on the wire; whatever is not known is not there.
 */

/** Who builds, by the system's own word: `github-actions`, `jenkins`, … */
export type CiDetails = {
  readonly system: string
  readonly build_number?: string | undefined
  readonly job_name?: string | undefined
  readonly run_id?: string | undefined
  readonly run_url?: string | undefined
  readonly triggered_by?: string | undefined
  readonly agent?: string | undefined
}

/** What is built. */
export type VcsDetails = {
  readonly type: "git"
  readonly provider?: string | undefined
  readonly repository_url?: string | undefined
  readonly commit?: CommitDetails | undefined
  readonly branch?: string | undefined
  readonly tag?: string | undefined
  readonly pr?: PullRequestDetails | undefined
}

export type CommitDetails = {
  readonly hash?: string | undefined
  readonly short_hash?: string | undefined
  readonly message?: string | undefined
  readonly author?: string | undefined
  /** ISO 8601. */
  readonly timestamp?: string | undefined
}

/** Also a merge request. */
export type PullRequestDetails = {
  readonly number?: number | undefined
  readonly title?: string | undefined
  readonly url?: string | undefined
  readonly source_branch?: string | undefined
  readonly target_branch?: string | undefined
}

/** What uploads. */
export type UploaderDetails = {
  /** `cli`, `api`, `mcp`, … */
  readonly method: string
  readonly cli_version?: string | undefined
  /** The user of this machine. */
  readonly uploader?: string | undefined
}

export type BuildDetails = {
  readonly vcs?: VcsDetails | undefined
  readonly ci?: CiDetails | undefined
  readonly upload?: UploaderDetails | undefined
}
