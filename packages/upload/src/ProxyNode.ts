/**
 * The proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, in capitals or not.
 *
 * Node's own agents know them from 24.5 and 22.21 on, and we run on 22.19: undici does it on all. Certificates of a
 * company's own are Node's: `NODE_EXTRA_CA_CERTS` holds for every connection.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"

/** Tells whether the environment names a proxy. */
export const isNamed: Effect.Effect<boolean> = Effect.suspend(() =>
  Effect.map(proxies, ({ httpProxy, httpsProxy }) => httpProxy !== "" || httpsProxy !== "")
)

/** Undici, through the proxies of the environment. Dies where they are no URLs. */
export const layerUndici: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  NodeHttpClient.layerUndiciNoDispatcher,
  Layer.effect(
    NodeHttpClient.Dispatcher,
    Effect.suspend(() =>
      Effect.acquireRelease(
        Effect.zipWith(
          proxies,
          Effect.promise(() => import("@effect/platform-node/Undici")), // slow to load
          (options, { EnvHttpProxyAgent }) => new EnvHttpProxyAgent(options)
        ),
        (dispatcher) => Effect.promise(() => dispatcher.destroy())
      )
    )
  )
)

const variable = (name: string) =>
  Config.String(name.toLowerCase()).pipe(
    Config.orElse(() => Config.String(name)),
    Config.orElse(() => Config.succeed(""))
  )

/** As curl takes them: without a scheme it is `http`. */
const proxyOf = (name: string) =>
  Effect.map(
    Effect.orDie(variable(name)),
    (proxy) => proxy === "" || proxy.includes("://") ? proxy : `http://${proxy}`
  )

const proxies = Effect.all({
  httpProxy: proxyOf("HTTP_PROXY"),
  httpsProxy: proxyOf("HTTPS_PROXY"),
  noProxy: Effect.orDie(variable("NO_PROXY"))
}).pipe(
  Effect.tap(({ httpProxy, httpsProxy }) => {
    // Not the value: it may hold a password.
    const bad = Object.entries({ HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy }).find(
      ([, proxy]) => proxy !== "" && !URL.canParse(proxy)
    )
    return bad === undefined ? Effect.void : Effect.die(new Error(`Cannot use ${bad[0]}: it is not a URL`))
  })
)
