/** What a running emulator can be asked and told from another process, in any language: everything below `/_emulator`. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { Data } from "./Scenario.ts"
import { Snapshot } from "./Snapshot.ts"
import { Storm } from "./Storm.ts"

const Logged = Schema.Struct({
  origin: Schema.Literals(["api", "storage", "artifacts"]),
  method: Schema.String,
  path: Schema.String,
  query: Schema.Record(Schema.String, Schema.String),
  headers: Schema.Record(Schema.String, Schema.String),
  /** Epoch milliseconds. */
  at: Schema.Finite,
  /** Null while it is under way, and for good when the client went away before the answer. */
  status: Schema.NullOr(Schema.Finite),
  /** What weather it met, in words. */
  weather: Schema.Array(Schema.String)
})

const StoredObject = Schema.Struct({
  buildId: Schema.String,
  objectKey: Schema.String,
  /** `expired` when it was left open until its reservation ended. */
  status: Schema.Literals(["open", "completed", "cancelled", "expired"]),
  /** Null when its bytes are not kept. */
  stored: Schema.NullOr(Schema.Struct({ size: Schema.Finite, md5: Schema.String }))
})

const Weather = Schema.Struct({
  storms: Schema.Array(Schema.Struct({ storm: Storm, concerned: Schema.Finite, met: Schema.Finite })),
  /** Of the random weather; null without it. */
  seed: Schema.NullOr(Schema.Finite)
})

const RandomWeather = Schema.Struct({
  seed: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  chance: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

const summary = (identifier: string, summary: string) => OpenApi.annotations({ identifier, summary })

export class AdminGroup extends HttpApiGroup.make("emulator")
  .add(
    HttpApiEndpoint.get("requests", "/requests", { success: Schema.Array(Logged) })
      .annotateMerge(summary("listRequests", "Requests so far, in order of arrival")),
    HttpApiEndpoint.get("objects", "/objects", { success: Schema.Array(StoredObject) })
      .annotateMerge(summary("listObjects", "Uploads, and what the storage holds of each")),
    HttpApiEndpoint.get("violations", "/violations", { success: Schema.Array(Schema.String) })
      .annotateMerge(summary("listViolations", "What a client did wrong, in words; empty when all is well")),
    HttpApiEndpoint.get("weather", "/weather", { success: Weather })
      .annotateMerge(summary("getWeather", "The storms, and how many requests each has met")),
    HttpApiEndpoint.post("addWeather", "/weather", {
      payload: Schema.Union([Storm, Schema.Array(Storm)]),
      success: Weather
    }).annotateMerge(summary("addWeather", "Add a storm, or several")),
    HttpApiEndpoint.delete("clearWeather", "/weather", { success: Weather })
      .annotateMerge(summary("clearWeather", "End all weather")),
    HttpApiEndpoint.post("randomWeather", "/weather/random", { payload: RandomWeather, success: Weather })
      .annotateMerge(summary("addRandomWeather", "Bring random weather; the answer has its seed")),
    HttpApiEndpoint.get("snapshot", "/state", { success: Snapshot })
      .annotateMerge(summary("getState", "The whole state, but for the bytes of uploads")),
    HttpApiEndpoint.put("restore", "/state", { payload: Snapshot, success: Snapshot })
      .annotateMerge(summary("putState", "Put a state that was taken before in the place of this one")),
    HttpApiEndpoint.post("seed", "/seed", { payload: Data, success: Snapshot })
      .annotateMerge(summary("seed", "Add builds, tests, test plans, shared steps and runs")),
    HttpApiEndpoint.post("reset", "/reset", { success: Snapshot })
      .annotateMerge(summary("reset", "Be as at the start: state, log and weather")),
    HttpApiEndpoint.get("schema", "/scenario.schema.json", { success: Schema.Record(Schema.String, Schema.Json) })
      .annotateMerge(summary("getScenarioSchema", "The JSON Schema of a scenario file"))
  )
  .prefix("/_emulator")
{}

export class AdminApi extends HttpApi.make("emulator-admin")
  .add(AdminGroup)
  .annotateMerge(OpenApi.annotations({ title: "Emulator of the nunu.ai Public API", version: "1" }))
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
{}
