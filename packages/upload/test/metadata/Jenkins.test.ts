import { assert, describe, it } from "@effect/vitest"
import { jenkins } from "../../src/metadata/Jenkins.ts"

const env = {
  JENKINS_HOME: "/var/jenkins_home",
  JENKINS_URL: "https://ci.studio.example/",
  BUILD_NUMBER: "153",
  BUILD_ID: "153",
  BUILD_URL: "https://ci.studio.example/job/game/job/PR-12/153/",
  BUILD_USER: "Ada Lovelace",
  JOB_NAME: "game/PR-12",
  NODE_NAME: "mac-mini-3",
  GIT_COMMIT: "ce9a3c1404e8c91be604088670e93434c4253f03",
  GIT_BRANCH: "origin/feature/jump",
  GIT_URL: "https://jenkins:canary@github.com/studio/game.git",
  GIT_AUTHOR_EMAIL: "ada@studio.example",
  GIT_AUTHOR_NAME: "Ada Lovelace"
}

describe("Jenkins", () => {
  it("tells its run", () => {
    assert.deepStrictEqual(jenkins.ci(env), {
      system: "jenkins",
      build_number: "153",
      job_name: "game/PR-12",
      run_id: "153",
      run_url: "https://ci.studio.example/job/game/job/PR-12/153/",
      triggered_by: "Ada Lovelace",
      agent: "mac-mini-3"
    })
  })

  it.each(["JENKINS_HOME", "JENKINS_URL"])("is recognised by %s alone", (name) => {
    assert.strictEqual(jenkins.ci({ [name]: "anything" })?.system, "jenkins")
  })

  it("tells what the Git plugin has checked out, without the token in the URL", () => {
    assert.deepStrictEqual(jenkins.vcs(env), {
      type: "git",
      provider: "github",
      repository_url: "https://github.com/studio/game.git",
      commit: {
        hash: "ce9a3c1404e8c91be604088670e93434c4253f03",
        short_hash: "ce9a3c1",
        author: "ada@studio.example"
      },
      branch: "feature/jump",
      pr: undefined
    })
  })

  it("tells the pull request of a multibranch pipeline", () => {
    const change = {
      CHANGE_ID: "12",
      CHANGE_TITLE: "Jump higher",
      CHANGE_URL: "https://github.com/studio/game/pull/12",
      CHANGE_BRANCH: "feature/jump",
      CHANGE_TARGET: "main"
    }
    assert.deepStrictEqual(jenkins.vcs({ ...env, ...change })?.pr, {
      number: 12,
      title: "Jump higher",
      url: "https://github.com/studio/game/pull/12",
      source_branch: "feature/jump",
      target_branch: "main"
    })
  })

  it.each(["12; rm -rf /", "-1", "1e3", "1".repeat(40)])("takes no number from a change named %j", (id) => {
    assert.isUndefined(jenkins.vcs({ ...env, CHANGE_ID: id })?.pr?.number)
  })

  it("tells the author's name where there is no address", () => {
    assert.strictEqual(jenkins.vcs({ ...env, GIT_AUTHOR_EMAIL: undefined })?.commit?.author, "Ada Lovelace")
  })
})
