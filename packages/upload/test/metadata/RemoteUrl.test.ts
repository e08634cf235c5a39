import { assert, describe, it } from "@effect/vitest"
import * as RemoteUrl from "../../src/metadata/RemoteUrl.ts"

describe("the address of a repository", () => {
  it.each([
    ["https://github.com/studio/game.git", "https://github.com/studio/game.git"],
    ["https://ada:canary@github.com/studio/game.git", "https://github.com/studio/game.git"],
    ["https://canary@github.com/studio/game", "https://github.com/studio/game"],
    ["https://x-access-token:canary@git.studio.example:8443/game", "https://git.studio.example:8443/game"],
    ["https://ada:can@ary@github.com/studio/game", "https://github.com/studio/game"],
    ["https://ada:c%40nary@github.com/studio/game", "https://github.com/studio/game"],
    ["https://:canary@github.com/studio/game", "https://github.com/studio/game"],
    ["HTTPS://CANARY@GITHUB.COM/studio/game", "HTTPS://GITHUB.COM/studio/game"],
    ["https://github.com/studio/game?access_token=canary", "https://github.com/studio/game"],
    ["https://github.com/studio/game#canary", "https://github.com/studio/game"],
    ["https://canary@[2001:db8::1]:8443/game", "https://[2001:db8::1]:8443/game"],
    ["ssh://git@github.com/studio/game.git", "ssh://git@github.com/studio/game.git"],
    ["ssh://git:canary@github.com/studio/game.git", "ssh://github.com/studio/game.git"],
    ["ssh://canary@github.com:2222/studio/game.git", "ssh://github.com:2222/studio/game.git"],
    ["git@github.com:studio/game.git", "git@github.com:studio/game.git"],
    ["canary@github.com:studio/game.git", "github.com:studio/game.git"],
    ["ada:canary@github.com:studio/game.git", "github.com:studio/game.git"],
    ["https://studio@dev.azure.com/studio/game/_git/game", "https://dev.azure.com/studio/game/_git/game"]
  ])("%s is sent as %s", (remote, expected) => {
    assert.strictEqual(RemoteUrl.withoutCredentials(remote), expected)
  })

  it.each([
    "https://ada:can/ary@github.com/studio/game",
    "https://ada:1/canary@github.com/studio/game",
    "https://github.com/studio/game@canary",
    "https://ada:canary github.com/studio/game",
    "https://ada:canary@",
    "https://ada:canary",
    "https://github.com/studio\ncanary",
    "https://github.com/\u0000canary",
    "ext::sh -c canary",
    "ext::canary",
    "codecommit::us-east-1://canary@game",
    "C:\\canary\\game",
    "/home/canary/game.git",
    "../canary/game.git",
    "file:///home/canary/game.git",
    "canary",
    "",
    `https://github.com/${"canary/".repeat(1000)}`,
    undefined
  ])("%j is not sent", (remote) => {
    assert.isUndefined(RemoteUrl.withoutCredentials(remote))
  })

  it.each(["a", "a.", "@", "a@", ":", "-", "a-", "/"])(
    "of nothing but %j is read without trying every way",
    (piece) => {
      const long = `${piece.repeat(2000).slice(0, 1980)}!`
      assert.isUndefined(RemoteUrl.withoutCredentials(`https://${long}`))
      RemoteUrl.withoutCredentials(long)
    }
  )
})

describe("who keeps a repository", () => {
  it.each([
    ["https://github.com/studio/game", "github"],
    ["git@gitlab.com:studio/game.git", "gitlab"],
    ["https://canary@bitbucket.org/studio/game", "bitbucket"],
    ["https://studio@dev.azure.com/studio/game/_git/game", "azure-devops"],
    ["git@ssh.dev.azure.com:v3/studio/game/game", "azure-devops"],
    ["https://studio.visualstudio.com/DefaultCollection/_git/game", "azure-devops"],
    ["ssh://git@gitlab.studio.example:2222/game.git", "gitlab"]
  ])("is told of %s by its host: %s", (remote, provider) => {
    assert.strictEqual(RemoteUrl.providerOf(remote), provider)
  })

  it.each(["https://studio.example/github.com/game", "https://notgithub.com/studio/game", "/github.com", undefined])(
    "is not told of %j",
    (remote) => {
      assert.isUndefined(RemoteUrl.providerOf(remote))
    }
  )
})
