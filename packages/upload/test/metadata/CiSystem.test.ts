/** The CI systems that say nothing of version control: their run is all. */
import { assert, describe, it } from "@effect/vitest"
import { azurePipelines } from "../../src/metadata/AzurePipelines.ts"
import { bitrise } from "../../src/metadata/Bitrise.ts"
import { circleCi } from "../../src/metadata/CircleCi.ts"
import { travis } from "../../src/metadata/Travis.ts"

const azure = {
  TF_BUILD: "True",
  BUILD_BUILDNUMBER: "20261103.4",
  BUILD_DEFINITIONNAME: "game-ios",
  BUILD_BUILDID: "4711",
  BUILD_REQUESTEDFOR: "Ada Lovelace",
  SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: "https://dev.azure.com/studio/",
  SYSTEM_TEAMPROJECT: "Our Game",
  AGENT_NAME: "Hosted Agent"
}

describe("CircleCI", () => {
  it("tells its run", () => {
    const env = {
      CIRCLECI: "true",
      CIRCLE_BUILD_NUM: "5310",
      CIRCLE_JOB: "build-android",
      CIRCLE_WORKFLOW_ID: "0e4b8f6c-7b8a-4a3e-8a39-0f9f7d2a3b11",
      CIRCLE_BUILD_URL: "https://circleci.com/gh/studio/game/5310",
      CIRCLE_USERNAME: "ada",
      CIRCLE_NODE_INDEX: "0"
    }
    assert.deepStrictEqual(circleCi.ci(env), {
      system: "circleci",
      build_number: "5310",
      job_name: "build-android",
      run_id: "0e4b8f6c-7b8a-4a3e-8a39-0f9f7d2a3b11",
      run_url: "https://circleci.com/gh/studio/game/5310",
      triggered_by: "ada",
      agent: "0"
    })
    assert.isUndefined(circleCi.ci({ ...env, CIRCLECI: undefined }))
  })
})

describe("Travis CI", () => {
  it("tells its run", () => {
    const env = {
      TRAVIS: "true",
      TRAVIS_BUILD_NUMBER: "88",
      TRAVIS_JOB_NAME: "android release",
      TRAVIS_JOB_ID: "602884119",
      TRAVIS_BUILD_WEB_URL: "https://app.travis-ci.com/studio/game/builds/268120433"
    }
    assert.deepStrictEqual(travis.ci(env), {
      system: "travis",
      build_number: "88",
      job_name: "android release",
      run_id: "602884119",
      run_url: "https://app.travis-ci.com/studio/game/builds/268120433"
    })
    assert.isUndefined(travis.ci({ ...env, TRAVIS: undefined }))
  })
})

describe("Azure Pipelines", () => {
  it("tells its run, with a link that survives a space in the project's name", () => {
    assert.deepStrictEqual(azurePipelines.ci(azure), {
      system: "azure-pipelines",
      build_number: "20261103.4",
      job_name: "game-ios",
      run_id: "4711",
      run_url: "https://dev.azure.com/studio/Our%20Game/_build/results?buildId=4711",
      triggered_by: "Ada Lovelace",
      agent: "Hosted Agent"
    })
    assert.isUndefined(azurePipelines.ci({ ...azure, TF_BUILD: undefined }))
  })

  it.each(["SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"])(
    "has no link without %s",
    (name) => {
      assert.isUndefined(azurePipelines.ci({ ...azure, [name]: undefined })?.run_url)
    }
  )
})

describe("Bitrise", () => {
  it("tells its run", () => {
    const env = {
      BITRISE_IO: "true",
      BITRISE_BUILD_NUMBER: "1204",
      BITRISE_TRIGGERED_WORKFLOW_ID: "deploy",
      BITRISE_BUILD_SLUG: "e3a2f2e4c8d6b1a0",
      BITRISE_BUILD_URL: "https://app.bitrise.io/build/e3a2f2e4c8d6b1a0",
      BITRISE_TRIGGERED_WORKFLOW_TITLE: "Deploy to testers"
    }
    assert.deepStrictEqual(bitrise.ci(env), {
      system: "bitrise",
      build_number: "1204",
      job_name: "deploy",
      run_id: "e3a2f2e4c8d6b1a0",
      run_url: "https://app.bitrise.io/build/e3a2f2e4c8d6b1a0",
      triggered_by: "Deploy to testers"
    })
    assert.isUndefined(bitrise.ci({ ...env, BITRISE_IO: undefined }))
  })
})
